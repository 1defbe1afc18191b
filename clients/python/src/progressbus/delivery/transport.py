"""One keep-alive connection whose requests end within a deadline, whatever the server does."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from io import BufferedReader, RawIOBase
from socket import IPPROTO_TCP, SHUT_RDWR, SOCK_STREAM, TCP_NODELAY, getaddrinfo, socket
from typing import TYPE_CHECKING, Any, Protocol

from ..originals import BUILTINS, CLOCK
from .answer import Answer
from .endpoint import Endpoint

try:
    from ssl import create_default_context
except ImportError:  # Some builds of Python have no TLS.
    create_default_context = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from ssl import SSLContext

__builtins__ = BUILTINS

#: Bytes; a full batch's answer is a tenth of this.
_MAXIMUM_ANSWER_BYTES = 1024 * 1024


class TransportError(Exception):
    """No answer: the text says why, for `%progressbus status`."""


class Transport(Protocol):
    """The sender's view of the network."""

    def post(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Answer:
        """Post `body`; at most `timeout` seconds in all. Raises `TransportError`."""

    def close(self) -> None:
        """Close the connection."""


class HTTPTransport:
    """The network itself. For one thread, but for `interrupt`."""

    def __init__(self) -> None:
        self._endpoint: Endpoint | None = None
        self._connection: _Connection | None = None
        self._tls: SSLContext | None = None
        self._is_interrupted = False

    def post(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Answer:
        """See `Transport.post`. Redirects are not followed: they would carry the token along."""
        return self._send("POST", endpoint, headers, body, timeout)

    def get(self, endpoint: Endpoint, headers: Mapping[str, str], timeout: float) -> Answer:
        """Ask for `endpoint`; as `post`."""
        return self._send("GET", endpoint, headers, None, timeout)

    def _send(
        self,
        method: str,
        endpoint: Endpoint,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Answer:
        deadline = CLOCK.monotonic() + timeout
        self._is_interrupted = False
        if self._endpoint is None or not self._endpoint.is_reached_like(endpoint):
            self.close()
        was_idle = self._connection is not None
        try:
            return self._exchange(method, endpoint, headers, body, deadline)
        except (ConnectionError, RemoteDisconnected) as error:
            self.close()
            if not was_idle or self._is_interrupted:
                raise TransportError(_describe(error)) from error
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise TransportError(_describe(error)) from error
        # The server closed the idle connection, as it may at any time; events can be sent twice.
        try:
            return self._exchange(method, endpoint, headers, body, deadline)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise TransportError(_describe(error)) from error

    def close(self) -> None:
        """Close the connection; the next `post` opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def interrupt(self) -> None:
        """End the request that is under way, with `TransportError`. Any thread; never blocks."""
        self._is_interrupted = True
        with suppress(Exception):
            # There may be none, or no more.
            self._connection.sock.interrupt()  # type: ignore[union-attr]

    def _exchange(
        self,
        method: str,
        endpoint: Endpoint,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: float,
    ) -> Answer:
        connection = self._connection
        if connection is None:
            self._endpoint = endpoint
            connection = self._connection = self._open(endpoint)
        connection.deadline = deadline
        connection.request(method, endpoint.path, body, dict(headers))
        response = connection.getresponse()
        content = response.read(_MAXIMUM_ANSWER_BYTES + 1)
        if len(content) > _MAXIMUM_ANSWER_BYTES:
            raise HTTPException("the answer is too long")
        if response.length:
            # `read` with a size takes a body cut short for a whole one.
            raise IncompleteRead(content, response.length)
        if response.will_close or not response.isclosed():
            self.close()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, fields, content)

    def _open(self, endpoint: Endpoint) -> _Connection:
        if endpoint.scheme == "http":
            return _Connection(endpoint.host, endpoint.port, None)
        if self._tls is None:
            if create_default_context is None:
                raise OSError("this Python has no TLS")
            self._tls = create_default_context()
        return _Connection(endpoint.host, endpoint.port, self._tls)


class _Connection(HTTPConnection):
    """A connection that applies one deadline to connecting, sending and reading together."""

    # Who wants to see requests sets `HTTPConnection.debuglevel`, and would see the token.
    debuglevel = 0

    def __init__(self, host: str, port: int, tls: SSLContext | None) -> None:
        super().__init__(host, port)
        self._tls = tls
        self.deadline = 0.0

    def connect(self) -> None:
        raw = _connected(self.host, self.port, self.deadline)
        try:
            raw.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            if self._tls is not None:
                raw.settimeout(_remaining(self.deadline))
                raw = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise
        self.sock: Any = _DeadlineSocket(raw, self)


class _DeadlineSocket:
    """The part of a socket that `http.client` uses, with what is left until the deadline.

    A socket's own timeout starts afresh with every byte, so a server that drips would hold on for
    ever.
    """

    def __init__(self, raw: socket, connection: _Connection) -> None:
        self._raw = raw
        self._connection = connection
        self._readers = 0
        self._is_closing = False

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self.arm()
            view = view[self._raw.send(view) :]

    def makefile(self, _mode: str) -> BufferedReader:
        self._readers += 1
        return BufferedReader(_DeadlineReader(self))

    def reader_closed(self) -> None:
        self._readers -= 1
        self._close_if_unused()

    def receive_into(self, buffer: Any) -> int:
        self.arm()
        return self._raw.recv_into(buffer)

    def arm(self) -> None:
        self._raw.settimeout(_remaining(self._connection.deadline))

    def interrupt(self) -> None:
        # As a plain socket: what waits in another thread still needs the TLS around it.
        socket.shutdown(self._raw, SHUT_RDWR)

    def close(self) -> None:
        # `http.client` closes the socket while the answer's body is still to be read.
        self._is_closing = True
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._is_closing and self._readers <= 0:
            self._raw.close()


class _DeadlineReader(RawIOBase):
    def __init__(self, source: _DeadlineSocket) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._source.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._source.reader_closed()


def _connected(host: str, port: int, deadline: float) -> socket:
    """A connection to the first of the host's addresses that answers."""
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in getaddrinfo(host, port, type=SOCK_STREAM):
        raw = socket(family, kind, protocol)
        try:
            raw.settimeout(_remaining(deadline))
            raw.connect(address)
        except OSError as error:
            raw.close()
            failure = error
        else:
            return raw
    raise failure


def _remaining(deadline: float) -> float:
    remaining = deadline - CLOCK.monotonic()
    if remaining <= 0:
        raise TimeoutError("no complete answer in time")
    return remaining


def _describe(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return f"{type(error).__name__}: {text}"[:200]
