"""A ProgressBus server as far as a client sees it, with faults on demand."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qsl, urlsplit

Fault = Callable[["Handler"], None]


@dataclass
class Request:
    """One POST that was answered as documented."""

    path: str
    headers: dict[str, str]
    size: int
    events: list[dict[str, Any]]
    answered: int


@dataclass
class Record:
    """What arrived."""

    requests: list[Request] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    posts: int = 0


class RecordingServer:
    """Answers 202, 207 and 422 like the real one; `faults` are used up first, one a request."""

    def __init__(self, port: int = 0) -> None:
        self.record = Record()
        self.lock = threading.Lock()
        self.faults: deque[Fault] = deque()
        self.standing_fault: Fault | None = None
        self.rejects: Callable[[dict[str, Any]], str | None] = lambda _: None
        self.maximum_events = 1_000
        self.stopping = threading.Event()
        #: What GET /api/v1/messages gives out; None for a server without.
        self.messages: list[dict[str, Any]] | None = None
        #: The course of each code by which learners join.
        self.codes: dict[str, str] = {}
        self.seconds_left = 3600
        #: What those who joined have sent.
        self.joins: list[dict[str, str]] = []
        #: Seconds for which a request for them waits.
        self.patience = 2.0
        #: The queries of those who asked for them.
        self.asked: list[dict[str, str]] = []
        self._http = _Server(("127.0.0.1", port), Handler)
        self._http.recorder = self
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def use_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS on connections from now on; the handshake is the handler thread's."""
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )

    def stop(self) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> RecordingServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def events(self) -> list[dict[str, Any]]:
        with self.lock:
            return list(self.record.accepted)

    def of_type(self, event_type: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event_type"] == event_type]

    def arrivals(self) -> Counter[str]:
        return Counter(event["event_id"] for event in self.events)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    recorder: RecordingServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is part of the test."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # Headers and body in one packet, else Nagle and delayed ACK cost 40 ms an answer.
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.has_posted = False

    def do_GET(self) -> None:
        """Messages behind a position, waited for a moment; 404 where there are none to be."""
        recorder = self.server.recorder
        url = urlsplit(self.path)
        if recorder.messages is None or url.path != "/api/v1/messages":
            return self.problem(404, "Not Found")
        query = dict(parse_qsl(url.query))
        with recorder.lock:
            recorder.asked.append(query)
        after = int(query["after"])
        for _ in range(int(recorder.patience * 10)):
            found = recorder.messages[after:]
            if found or recorder.stopping.wait(0.1):
                break
        answer = {"messages": found, "after": str(after + len(found))}
        return self.answer(200, json.dumps(answer))

    def do_POST(self) -> None:
        recorder = self.server.recorder
        if not self.has_posted:
            self.has_posted = True
            with recorder.lock:
                recorder.record.connections += 1
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.size = len(self.body)
        if self.headers.get("Content-Encoding") == "gzip":
            self.body = gzip.decompress(self.body)
        with recorder.lock:
            recorder.record.posts += 1
            fault = recorder.faults.popleft() if recorder.faults else recorder.standing_fault
        if fault is None and self.path == "/api/v1/join":
            self.join()
        elif fault is None:
            self.ingest()
        else:
            fault(self)

    def join(self) -> None:
        """A learner of a name of their own; the same one for the token that was given."""
        recorder = self.server.recorder
        asked = json.loads(self.body)
        course = recorder.codes.get(asked["code"])
        if course is None:
            body = json.dumps({"title": "Not Found", "detail": "no lesson has this code now"})
            return self.answer(404, body, "application/problem+json")
        with recorder.lock:
            recorder.joins.append(asked)
            student = asked.get("token", "").partition("token-of-")[2]
            student = student or f"joined-{len(recorder.joins)}"
        place = {
            "course_id": course,
            "student_id": student,
            "student_name": asked["student_name"],
            "token": f"token-of-{student}",
            "ends_at": "2099-01-01T00:00:00.000000Z",
            "seconds_left": recorder.seconds_left,
        }
        return self.answer(201, json.dumps(place))

    def ingest(self) -> None:
        """As the server's documentation says."""
        recorder = self.server.recorder
        if len(self.body) > 1024 * 1024:
            return self.problem(413, "Content Too Large")
        events = json.loads(self.body)
        if len(events) > recorder.maximum_events:
            return self.problem(413, "Content Too Large")
        accepted, rejected = [], []
        for index, event in enumerate(events):
            code = recorder.rejects(event)
            if code is None:
                accepted.append({"index": index, "event_id": event["event_id"]})
            else:
                errors = [{"pointer": "/event_type", "code": code, "message": "no"}]
                rejected.append({"index": index, "errors": errors})
        status = 422 if not accepted else 207 if rejected else 202
        with recorder.lock:
            recorder.record.accepted += [events[item["index"]] for item in accepted]
            request = Request(self.path, dict(self.headers), self.size, events, status)
            recorder.record.requests.append(request)
        return self.answer(status, json.dumps({"accepted": accepted, "rejected": rejected}))

    def problem(self, status: int, title: str) -> None:
        self.answer(status, json.dumps({"title": title}), "application/problem+json")

    def answer(
        self,
        status: int,
        body: str,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def status(code: int, headers: dict[str, str] | None = None, body: str = "") -> Fault:
    return lambda handler: handler.answer(code, body, "text/html", headers)


def hang(handler: Handler) -> None:
    handler.server.recorder.stopping.wait(60)
    handler.close_connection = True


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\x00\xff\x17 what? " * 50 + b"\r\n\r\n")
    handler.wfile.flush()
    handler.close_connection = True


def garbage_json(handler: Handler) -> None:
    handler.answer(202, '{"accepted": "everything", "rejected": 3}')


def cut(handler: Handler) -> None:
    """Takes the events, then breaks off in the middle of the answer."""
    handler.wfile.write(b'HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{"accepted":[')
    handler.wfile.flush()
    handler.close_connection = True


def drip(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100000\r\n\r\n")
    while not handler.server.recorder.stopping.is_set():
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def flood(handler: Handler) -> None:
    """An answer without an end."""
    handler.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 99999999999\r\n\r\n")
    while not handler.server.recorder.stopping.is_set():
        handler.wfile.write(b"x" * 65536)


def close_at_once(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def accept_but_close(handler: Handler) -> None:
    """Takes the events and closes the connection behind the keep-alive client's back."""
    handler.ingest()
    handler.close_connection = True
