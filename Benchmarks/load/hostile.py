"""Clients that hold connections or watch the clock, each kind in a process of its own.

hostile.py sockets PORT COUNT      opens COUNT WebSockets of a course where nothing happens, prints `ready`, and
                                   answers pings
hostile.py heads PORT COUNT        keeps COUNT connections open that send half a head
hostile.py bodies PORT COUNT       keeps COUNT POSTs open that send a byte of their body a second
hostile.py senders PORT COUNT SECONDS EVENT_FILE
                                   COUNT addresses send 5 events a second each; prints latencies as JSON

All but the last go on until they are killed.
"""

import json
import selectors
import socket
import sys
import time
from pathlib import Path

PONG = bytes([0x8A, 0x80, 1, 2, 3, 4])


def connect(port: int, number: int) -> socket.socket:
    """From one of many loopback addresses, so that no pair of addresses runs out of ports."""
    connection = socket.socket()
    connection.bind((f"127.0.{1 + number // 5000}.1", 0))
    connection.connect(("127.0.0.1", port))
    return connection


def web_socket(port: int, number: int) -> socket.socket:
    connection = connect(port, number)
    connection.sendall(
        b"GET /ws/dashboard?course_id=idle HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % port
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096) or sys.exit("closed during the handshake")
    if b" 101 " not in answer:
        sys.exit(f"no upgrade: {answer!r}")
    return connection


def sockets(port: int, count: int) -> None:
    selector = selectors.EpollSelector()
    for number in range(count):
        connection = web_socket(port, number)
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            frame = key.fileobj.recv(4096)
            if not frame:
                sys.exit("the server has closed a WebSocket")
            if 0x89 in frame:
                key.fileobj.send(PONG)


def half_open(port: int, count: int, head: bytes, more: bytes) -> None:
    """Sends `head` on each connection and then `more` once a second; one that was closed is opened anew."""
    held: dict[int, socket.socket] = {}
    opened = 0
    while True:
        for number in range(count):
            if number not in held:
                held[number] = connect(port, opened % 40_000)
                opened += 1
                held[number].sendall(head)
                held[number].setblocking(False)
        if opened == count:
            print("ready", flush=True)
        time.sleep(1)
        for number, connection in list(held.items()):
            try:
                connection.send(more)
                if connection.recv(4096) is not None:
                    raise ConnectionError
            except BlockingIOError:
                pass
            except OSError:
                connection.close()
                del held[number]


def senders(port: int, count: int, seconds: float, event: bytes) -> None:
    connections = [connect(port, number) for number in range(count)]
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    latencies: list[float] = []
    statuses: dict[str, int] = {}
    begin = time.monotonic()
    pause = 1 / (5 * count)
    number = 0
    while (due := begin + number * pause) < begin + seconds:
        time.sleep(max(0.0, due - time.monotonic()))
        connection = connections[number % count]
        head = (
            f"POST /student-progress HTTP/1.1\r\nHost: t\r\nContent-Length: {len(event)}\r\n"
            f"X-Forwarded-For: 198.51.100.{number % count}\r\n\r\n"
        )
        sent = time.perf_counter()
        connection.sendall(head.encode() + event)
        answer = b""
        while b"]}" not in answer and b'"detail"' not in answer:
            answer += connection.recv(4096) or sys.exit("closed")
        latencies.append((time.perf_counter() - sent) * 1000)
        status = answer[9:12].decode()
        statuses[status] = statuses.get(status, 0) + 1
        number += 1
    latencies.sort()
    print(
        json.dumps(
            {
                "requests": number,
                "statuses": statuses,
                "p50_ms": latencies[number // 2],
                "p99_ms": latencies[number * 99 // 100],
            }
        )
    )


def main() -> None:
    kind, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if kind == "sockets":
        sockets(port, count)
    elif kind == "heads":
        half_open(port, count, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", b"")
    elif kind == "bodies":
        head = b"POST /student-progress HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n["
        half_open(port, count, head, b" ")
    else:
        senders(port, count, float(sys.argv[4]), Path(sys.argv[5]).read_bytes())


main()
