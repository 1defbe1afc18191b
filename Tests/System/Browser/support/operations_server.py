"""A stand-in for the server behind the operators' page, with whatever state a test wants to see."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from concurrent.futures import Future

from aiohttp import web

from .class_server import PAGE, SECURITY

TABLES = [
    "agent_metrics", "ai_summary_cache", "detection_logs", "dialogue_sessions", "learning_history",
    "learning_profile_snapshots", "progress_events", "training_sessions",
]


def worker(name: str, **fields) -> dict:
    return {
        "worker": name, "started_at": "2026-04-01T09:00:00.000000Z", "heard_seconds_ago": 1,
        "is_silent": False, "state": "up", "in_flight": 0, "written": 1000, "retries": 0, "dead_lettered": 0,
        "last_error": None, "last_error_at": None,
    } | fields


def sink(name: str, *workers: dict, **fields) -> dict:
    return {
        "sink": name, "state": "up", "group": name, "lag": 0, "pending": 0, "undelivered": 0,
        "last_delivered_stream_id": "1775034000000-0", "oldest_pending_seconds": None, "written": 1000,
        "retries": 0, "dead_lettered": 0, "expired": 0, "limit": None, "last_error": None, "last_error_at": None,
        "workers": list(workers) or [worker("host-1-a")],
    } | fields


def letter(number: int, sink: str = "postgres", reason: str = "no_such_course refuses it", **fields) -> dict:
    return {
        "id": f"1775034{number:06}-0", "dead_lettered_at": "2026-04-01T09:00:00.123000Z", "sink": sink,
        "event_type": "cell_executed", "event_id": f"01890f3e-7b1c-7cc3-98c4-{number:012}", "source_table": None, "attempts": 3, "reason": reason,
        "full_reason": reason, "source_key": None, "payload": json.dumps({"student_id": f"s-{number}"}),
    } | fields


def in_trouble(server: OperationsServer) -> None:
    """A day that an operator opens the page for: every panel has something to say."""
    server.bus["redis"] |= {"memory_policy": "allkeys-lru", "append_only": False}
    server.bus["journal"]["entries"] = 820_000
    server.sinks = [
        sink("influxdb", worker("host-1-a", state="down", last_error="connection refused"), state="down",
             lag=1204, pending=1000, undelivered=204, oldest_pending_seconds=42,
             last_error="connection refused", last_error_at="2026-04-01T09:00:00.000000Z"),
        sink("postgres", worker("host-2-b", is_silent=True, heard_seconds_ago=95), state="unserved", lag=None),
    ]
    server.letters = [letter(number) for number in range(60)] + [
        letter(100, "bus", "no JSON: a character stands where it may not", event_type=None, event_id=None, payload="garbage"),
        letter(101, "bigquery", "invalid: duration_ms", event_type=None, source_table="progress_events"),
    ]
    server.failed = {"progress_events": 7}
    server.problems = ["7 rows were given up, more than 5"]


class OperationsServer:
    """Runs on a thread of its own. The tests change its state directly: each answer is made from it."""

    def __init__(self):
        self.bus = {
            "generated_at": "2026-04-01T09:00:00.000000Z",
            "faults": [],
            "redis": {"version": "7.0.15", "memory_policy": "noeviction", "append_only": True,
                      "used_memory_bytes": 1_541_368, "memory_limit_bytes": 0},
            "channel": {"name": "progress-events", "subscribers": 2},
            "journal": {"name": "progress-events:journal", "entries": 4321, "capacity": 1_000_000,
                        "first_stream_id": "1775033000000-0", "last_stream_id": "1775034000000-0"},
            "dead_letters": {"name": "progress-events:dead-letters", "count": 0},
        }
        self.sinks = [sink("influxdb"), sink("postgres")]
        self.letters: list[dict] = []
        self.is_mirror_on = True
        self.failed: dict[str, int] = {}
        self.problems: list[str] = []
        self.problem: str | None = None
        self.requests: list[str] = []
        self.loop = asyncio.new_event_loop()
        started: Future = Future()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        self.port = started.result(10)
        self.url = f"http://127.0.0.1:{self.port}/ops"

    def stop(self) -> None:
        self.disconnect()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def disconnect(self) -> None:
        """Nothing answers any more, until `reconnect`."""
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(30)

    def reconnect(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(30)

    def _run(self, started: Future) -> None:
        asyncio.set_event_loop(self.loop)
        self.port = 0
        self.loop.run_until_complete(self._listen())
        started.set_result(self.runner.addresses[0][1])
        self.loop.run_forever()

    async def _listen(self) -> None:
        application = web.Application(middlewares=[self._note])
        application.add_routes([
            web.get("/api/v1/bus", self._bus),
            web.get("/api/v1/sinks", self._sinks),
            web.get("/api/v1/dead-letters", self._list),
            web.get("/api/v1/dead-letters/count", self._count),
            web.post("/api/v1/dead-letters/{action:replay|purge}", self._order),
            web.get("/api/v1/dead-letters/{id}", self._content),
            web.post("/api/v1/dead-letters/{id}/replay", self._replay_one),
            web.delete("/api/v1/dead-letters/{id}", self._purge_one),
            web.get("/api/bq-sync/status", self._mirror),
            web.get("/api/bq-sync/health", self._health),
            web.post("/api/bq-sync/flush", self._flush),
            web.post("/api/bq-sync/retry", self._retry),
            web.get("/sign-in", self._sign_in),
            web.get("/foreign", self._foreign),
            web.get("/{path:.*}", self._file),
        ])
        self.runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()

    @web.middleware
    async def _note(self, request, handler):
        self.requests.append(f"{request.method} {request.path}")
        if self.problem is not None and request.path.startswith("/api/v1/"):
            return self._problem(503, self.problem)
        return await handler(request)

    @staticmethod
    async def _json(body: dict, status: int = 200):
        return web.json_response(copy.deepcopy(body), status=status)

    async def _bus(self, _):
        self.bus["dead_letters"]["count"] = len([each for each in self.letters if each["sink"] != "bigquery"])
        return await self._json(self.bus)

    async def _sinks(self, _):
        return await self._json({"generated_at": "2026-04-01T09:00:00.000000Z", "sinks": self.sinks})

    def _meant(self, sink: str | None, reason: str | None) -> list[dict]:
        return [
            each for each in self.letters
            if (not sink or each["sink"] == sink) and (not reason or reason.lower() in each["reason"].lower())
        ]

    async def _list(self, request):
        limit = int(request.query.get("limit", 200))
        meant = self._meant(request.query.get("sink"), request.query.get("reason"))
        hidden = {"full_reason", "source_key", "payload"}
        shown = [{name: value for name, value in each.items() if name not in hidden} for each in meant[:limit]]
        cursor = "more" if len(meant) > limit else None
        return await self._json({
            "generated_at": "", "dead_letters": shown, "next_cursor": cursor,
            "sinks": ["bus", "postgres", "influxdb", "bigquery"],
        })

    async def _count(self, request):
        """In two answers, as a count that takes long is."""
        meant = self._meant(request.query.get("sink"), request.query.get("reason"))
        half = len(meant) // 2
        if "cursor" in request.query or half == 0:
            count = len(meant) - half if half else len(meant)
            last = meant[-1]["id"] if meant else "0-0"
            return await self._json({"count": count, "through": last, "next_cursor": None})
        return await self._json({"count": half, "through": meant[half - 1]["id"], "next_cursor": "half"})

    async def _order(self, request):
        if request.content_type != "application/json":
            return self._problem(415, "Content-Type must be application/json")
        order = await request.json()
        meant = [each for each in self._meant(order.get("sink"), order.get("reason"))
                 if each["id"] <= order["through"]]
        invalid = []
        if request.match_info["action"] == "replay":
            invalid = [each for each in meant if each["event_type"] is None]
        gone = {each["id"] for each in meant} - {each["id"] for each in invalid}
        self.letters = [each for each in self.letters if each["id"] not in gone]
        if request.match_info["action"] == "purge":
            return await self._json({"purged": len(gone), "next_cursor": None})
        return await self._json({
            "replayed": len(gone), "still_invalid": len(invalid), "next_cursor": None,
            "invalid": [{"id": each["id"], "reason": each["reason"]} for each in invalid]})

    def _take(self, request, remove: bool = True) -> dict | None:
        found = [each for each in self.letters if each["id"] == request.match_info["id"]]
        if found and remove:
            self.letters.remove(found[0])
        return found[0] if found else None

    async def _content(self, request):
        found = self._take(request, remove=False)
        return await self._json(found) if found else self._problem(404, "there is no such dead letter")

    async def _replay_one(self, request):
        found = self._take(request, remove=False)
        if found is None:
            return self._problem(404, "there is no such dead letter")
        if found["event_type"] is None:
            invalid = [{"id": found["id"], "reason": found["reason"]}]
            return await self._json({"replayed": 0, "still_invalid": 1, "invalid": invalid, "next_cursor": None})
        self.letters.remove(found)
        return await self._json({"replayed": 1, "still_invalid": 0, "invalid": [], "next_cursor": None})

    async def _purge_one(self, request):
        if self._take(request) is None:
            return self._problem(404, "there is no such dead letter")
        return await self._json({"purged": 1, "next_cursor": None})

    async def _mirror(self, _):
        tables = [
            {"source_table": table, "enqueued": 100, "synced": 100 - self.failed.get(table, 0), "pending": 0,
             "failed": self.failed.get(table, 0), "oldest_pending_seconds": None,
             "last_success_at": "2026-04-01T09:00:00.000000Z",
             "last_error": "400 invalid" if table in self.failed else None,
             "last_error_at": "2026-04-01T09:00:00.000000Z" if table in self.failed else None}
            for table in (TABLES if self.is_mirror_on else [])
        ]
        totals = {name: sum(table[name] for table in tables)
                  for name in ("enqueued", "synced", "pending", "failed")}
        return await self._json({
            "enabled": self.is_mirror_on, "state": "running" if self.is_mirror_on else "off", "reason": None, "since": None,
            "tables": tables, "totals": totals})

    async def _health(self, _):
        status = "unhealthy" if self.problems else "healthy" if self.is_mirror_on else "disabled"
        body = {"status": status, "pending": 0, "failed": 0, "warnings": [], "problems": self.problems}
        return await self._json(body, status=503 if self.problems else 200)

    async def _flush(self, _):
        return await self._json({"synced": 12, "retried": 3, "failed": 0, "pending": 3})

    async def _retry(self, _):
        count = sum(self.failed.values())
        self.failed = {}
        return await self._json({"requeued": count})

    @staticmethod
    async def _foreign(_):
        """A page that may do whatever a browser lets any page do."""
        return web.Response(text="<!doctype html><title>Foreign</title>", content_type="text/html")

    async def _sign_in(self, _):
        return web.json_response({"required": False, "signed_in": False, "subject": None, "scopes": [],
                                  "seconds_left": None, "provider": None})

    async def _file(self, request):
        path = request.match_info["path"]
        file = PAGE / {"": "index.html", "ops": "ops.html"}.get(path, path)
        if not file.is_file():
            return self._problem(404, "no such file")
        return web.FileResponse(file, headers=SECURITY)

    @staticmethod
    def _problem(status: int, detail: str):
        body = json.dumps({"type": "about:blank", "title": "Problem", "status": status, "detail": detail})
        return web.Response(status=status, text=body, content_type="application/problem+json")
