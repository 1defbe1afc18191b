"""The programs that make the load."""

import json
import subprocess
from pathlib import Path

from .processes import BenchmarkError, program
from .stack import LOAD, HTTPServer


def compile_load_programs(folder: Path) -> None:
    for name in ("publish", "subscribe", "session_stores"):
        command = [program("gcc"), "-O2", "-pthread", "-o", str(folder / name), str(LOAD / f"{name}.c")]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BenchmarkError(f"{name}.c does not compile:\n{done.stderr}")


def last_json_line(name: str, done: subprocess.CompletedProcess) -> dict:
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise BenchmarkError(f"{name} failed: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(lines[-1])


def wrk(
    target: HTTPServer,
    path: str,
    *,
    method: str,
    body: Path,
    content_type: str,
    connections: int,
    seconds: int,
) -> dict:
    """Posts one body over and over.

    Raises BenchmarkError unless every request was answered with a 2xx.
    """
    command = [program("wrk"), "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(LOAD / "post.lua"), target.url(path), "--", method, str(body), content_type]
    return wrk_result(target, command)


def wrk_get(target: HTTPServer, path: str, *, connections: int, seconds: int) -> dict:
    """Asks for one path over and over.

    Raises BenchmarkError unless every request was answered with a 2xx.
    """
    command = [program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    return wrk_result(target, [*command, "-s", str(LOAD / "get.lua"), target.url(path)])


def wrk_result(target: HTTPServer, command: list[str]) -> dict:
    result = last_json_line("wrk", subprocess.run(command, capture_output=True, text=True))
    if result["failed_answers"] or result["socket_errors"]:
        raise BenchmarkError(
            f"{target.server.name}: of {result['requests']} requests {result['failed_answers']} were "
            f"refused, {result['socket_errors']} had no answer\n{target.server.log_tail()}"
        )
    return result


def fan_out(
    programs: Path,
    target: HTTPServer,
    *,
    publish_path: str,
    subscribe_path: str,
    subscribers: int,
    events: int,
    events_per_second: float,
) -> dict:
    """Publishes events while subscribers listen, and returns what reached them.

    `events_per_second`: 0 publishes at full speed; otherwise the latency is measured too.
    """
    listen = [str(programs / "subscribe"), str(target.port), subscribe_path, str(subscribers)]
    listen += [str(events), "60", "2"] + (["latency"] if events_per_second else [])
    listener = subprocess.Popen(
        listen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        if listener.stdout.readline().strip() != "ready":
            listener.kill()
            raise BenchmarkError(f"the subscribers failed: {listener.stderr.read().strip()}")
        cpu_before = target.server.cpu_seconds()
        publish = [str(programs / "publish"), str(target.port), publish_path, str(events), "8"]
        published = last_json_line(
            "publish",
            subprocess.run([*publish, str(events_per_second)], capture_output=True, text=True),
        )
        output, errors = listener.communicate(timeout=90)
        cpu = target.server.cpu_seconds() - cpu_before
    finally:
        if listener.poll() is None:
            listener.kill()
            listener.wait()
    received = last_json_line(
        "subscribe", subprocess.CompletedProcess(listen, listener.returncode, output, errors)
    )
    if not received["events"]:
        raise BenchmarkError(f"{target.server.name}: no event reached the subscribers")
    received["seconds"] = (received["last_ns"] - published["first_ns"]) / 1e9
    received["cpu_us"] = cpu / received["events"] * 1e6
    return received
