"""A stand-in for the server: the page's files, the read API and the live stream, with faults on demand."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from concurrent.futures import Future
from pathlib import Path

from aiohttp import WSMsgType, web

from .class_model import ClassModel, seconds, timestamp

PAGE = Path(__file__).parents[4] / "Sources/Roles/Pages/Resources/page"
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


NO_OUTLINE = {"notebook_path": None, "version": None, "uploaded_at": None, "entries": []}


def outline(path: str, cells: list[dict], version: int = 1) -> dict:
    """An outline as the API has it: the first line of each cell is the title."""
    entries, number = [], 0
    for index, cell in enumerate(cells):
        title = "".join(cell["source"]).splitlines()[0].lstrip("# ")
        if cell["cell_type"] == "markdown":
            entries.append({"kind": "heading", "level": 1, "title": title, "index": index})
        else:
            number += 1
            entries.append({"kind": "cell", "id": cell["id"], "title": title, "index": index, "number": number})
    return {"notebook_path": path, "version": version, "uploaded_at": timestamp(time.time()), "entries": entries}


def position(text: str) -> tuple[int, int]:
    milliseconds, number = text.split("-")
    return int(milliseconds), int(number)


class ClassServer:
    """Runs on a thread of its own; every public method may be called from the test's thread."""

    def __init__(self):
        self.models: dict[str, ClassModel] = {}
        self.journal: list[dict] = []
        self.trimmed_through = (0, 0)
        self.newest = (0, 0)
        self.sockets: dict[web.WebSocketResponse, str] = {}
        self.is_bus_down = False
        self.is_api_down = False
        self.stored_position: str | None = None
        #: What teachers have sent; None for a server without messages.
        self.messages: list[dict] | None = []
        #: The code of each course; None for a server where nobody joins by one.
        self.joining_codes: dict[str, dict] | None = {}
        #: The outline of each course as the API has it, and the notebooks that pages have sent.
        self.outlines: dict[str, dict] = {}
        self.uploads: list[dict] = []
        #: For how many days each course is kept.
        self.kept_days: dict[str, int] = {}
        #: The roster of each course as the API has it.
        self.rosters: dict[str, dict] = {}
        #: The ids that the page gave them.
        self.message_ids: list[str] = []
        #: Answers to teachers that get lost, after what they did is done.
        self.lost_answers = 0
        #: Answers to teachers wait while this is cleared.
        self.answers_teachers = threading.Event()
        self.answers_teachers.set()
        #: Whether a hand is another teacher's.
        self.refuses_takes = False
        #: The answer of `/comparison`.
        self.comparison: dict | None = None
        self.requests: list[str] = []
        self.loop = asyncio.new_event_loop()
        started: Future = Future()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        self.url = started.result(10)

    # The test's side

    def publish(self, *events: dict, to_live: bool = True, at: float | None = None) -> None:
        self._call(self._publish(events, to_live, at))

    def drop_connections(self) -> None:
        self._call(self._drop())

    def trim_journal(self) -> None:
        """Forgets every event: whoever comes back is told of a gap."""
        self.journal.clear()
        self.trimmed_through = self.newest

    def send_raw(self, text: str) -> None:
        self._call(self._send_raw(text))

    def stop(self) -> None:
        self._call(self._drop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    # The server's side

    def _run(self, started: Future) -> None:
        asyncio.set_event_loop(self.loop)
        application = web.Application()
        application.add_routes([
            web.get("/ws/dashboard", self._websocket),
            web.get("/health/ready", self._ready),
            web.get("/sign-in", self._sign_in),
            web.get("/api/v1/courses", self._courses),
            web.get("/api/v1/courses/{course}/joining-code", self._joining_code),
            web.post("/api/v1/courses/{course}/joining-code", self._make_joining_code),
            web.delete("/api/v1/courses/{course}/joining-code", self._end_joining_code),
            web.get("/api/v1/courses/{course}/retention", self._retention),
            web.get("/api/v1/courses/{course}/roster", self._roster),
            web.put("/api/v1/courses/{course}/roster", self._upload_roster),
            web.delete("/api/v1/courses/{course}/roster", self._delete_roster),
            web.get("/api/v1/courses/{course}/{resource}", self._course),
            web.put("/api/v1/courses/{course}/outline", self._upload_outline),
            web.delete("/api/v1/courses/{course}/outline", self._delete_outline),
            web.post("/api/v1/courses/{course}/messages", self._send_message),
            web.post("/api/v1/courses/{course}/hands/{student}/take", self._take_hand),
            web.get("/api/v1/students/{student}", self._student),
            web.get("/{path:.*}", self._file),
        ])
        runner = web.AppRunner(application, access_log=None)
        self.loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self.loop.run_until_complete(site.start())
        started.set_result(f"http://127.0.0.1:{runner.addresses[0][1]}")
        self.loop.run_forever()
        self.loop.run_until_complete(runner.cleanup())

    def _stamp(self, event: dict, at: float) -> dict:
        milliseconds = int(at * 1000)
        if milliseconds <= self.newest[0]:
            self.newest = (self.newest[0], self.newest[1] + 1)
        else:
            self.newest = (milliseconds, 0)
        return {
            "stream_id": f"{self.newest[0]}-{self.newest[1]}", "event_id": str(uuid.uuid4()),
            "course_id": "default", "occurred_at": timestamp(at), "received_at": timestamp(at),
        } | event

    async def _publish(self, events, to_live, at) -> None:
        stamped = []
        for number, event in enumerate(events):
            event = self._stamp(event, (at or time.time()) + number * 1e-6)
            model = self.models.setdefault(event["course_id"], ClassModel(event["course_id"]))
            if event["event_type"] not in ("hand_taken", "message_sent", "message_shown"):
                model.add(event)
            stamped.append(event)
        self.journal += stamped
        if not to_live:
            return
        for socket, course in list(self.sockets.items()):
            lines = [json.dumps(e) for e in stamped if e["course_id"] == course]
            if lines:
                await socket.send_str("\n".join(lines))

    async def _drop(self) -> None:
        for socket in list(self.sockets):
            await socket.close(code=1012)

    async def _send_raw(self, text: str) -> None:
        for socket in list(self.sockets):
            await socket.send_str(text)

    async def _websocket(self, request):
        self.requests.append(request.path_qs)
        if self.is_bus_down:
            return self._problem(503, "The event bus is away")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        course = request.query["course_id"]
        await socket.send_json({"control": "hello", "stream_id": "%d-%d" % self.newest})
        after = position(request.query["after"]) if "after" in request.query else self.newest
        if (0, 0) < after < self.trimmed_through:
            await socket.send_json({"control": "gap", "after": request.query["after"], "first": None})
        missed = [
            json.dumps(e) for e in self.journal
            if position(e["stream_id"]) > after and e["course_id"] == course
        ]
        if missed:
            await socket.send_str("\n".join(missed))
        self.sockets[socket] = course
        async for message in socket:
            if message.type == WSMsgType.ERROR:
                break
        self.sockets.pop(socket, None)
        return socket

    async def _ready(self, _):
        status = "down" if self.is_bus_down else "ok"
        body = {"status": status, "checks": {"bus": {"status": status}}}
        return web.json_response(body, status=503 if self.is_bus_down else 200)

    async def _courses(self, request):
        self.requests.append(request.path)
        if self.is_api_down:
            return self._problem(503, "PostgreSQL is away")
        courses = [
            {"course_id": course, "learners": 0, "active_learners": 0,
             "first_seen_at": model.events[0]["occurred_at"],
             "last_activity_at": model.events[-1]["occurred_at"]}
            for course, model in sorted(self.models.items())
        ]
        return web.json_response(self._placed({"courses": courses, "next_cursor": None}))

    async def _course(self, request):
        self.requests.append(request.path)
        if self.is_api_down:
            return self._problem(503, "PostgreSQL is away")
        model = self.models.get(request.match_info["course"])
        if model is None:
            return self._problem(404, "no such course")
        notebook, now = request.query.get("notebook"), time.time()
        if "at" in request.query:
            now = seconds(request.query["at"])
            model = model.played_back(now)
            if not model.events:
                return self._problem(400, "at is before the first event")
        match request.match_info["resource"]:
            case "progress":
                answer = model.progress(notebook, now)
            case "students":
                answer = model.students(notebook, now)
                answer.pop("cell_indexes")
            case "exercises":
                answer = {"exercises": []}
            case "outline":
                return web.json_response(self.outlines.get(model.course, NO_OUTLINE))
            case "activity":
                answer = model.activity(now)
            case "lessons":
                begin, end = (int(seconds(model.events[place]["occurred_at"])) for place in (0, -1))
                answer = {"lessons": [{"started_at": timestamp(begin), "ended_at": timestamp(end + 1)}]}
            case "comparison" if self.comparison is not None:
                answer = self.comparison | {"notebook_path": notebook}
            case "messages" if self.messages is not None:
                answer = {"course_id": model.course, "hands": [], "messages": []}
            case other:
                return self._problem(404, f"nothing at {other}")
        return web.json_response(self._placed(answer))

    async def _joining_code(self, request):
        if self.joining_codes is None:
            return self._problem(404, "nothing here")
        course = request.match_info["course"]
        none = {"code": None, "ends_at": None}
        return web.json_response({"course_id": course} | self.joining_codes.get(course, none))

    async def _make_joining_code(self, request):
        course, minutes = request.match_info["course"], (await request.json())["minutes"]
        code = {"code": f"soup-river-{41 + len(self.joining_codes)}",
                "ends_at": timestamp(time.time() + 60 * minutes)}
        self.joining_codes[course] = code
        return web.json_response({"course_id": course} | code, status=201)

    async def _end_joining_code(self, request):
        if self.joining_codes.pop(request.match_info["course"], None) is None:
            return self._problem(404, "the course has no joining code")
        return web.Response(status=204)

    async def _upload_outline(self, request):
        notebook = await request.json()
        if not isinstance(notebook.get("cells"), list):
            return self._problem(422, "cells is missing")
        course, path = request.match_info["course"], request.query["notebook"]
        self.uploads.append(notebook)
        version = (self.outlines.get(course, NO_OUTLINE)["version"] or 0) + 1
        self.outlines[course] = outline(path, notebook["cells"], version)
        return web.json_response({"course_id": course, "notebook_path": path, "version": version, "cells": 1})

    async def _delete_outline(self, request):
        gone = self.outlines.pop(request.match_info["course"])
        assert gone["notebook_path"] == request.query["notebook"]
        return web.json_response({"versions": gone["version"]})

    async def _retention(self, request):
        course = request.match_info["course"]
        return web.json_response({"course_id": course, "days": self.kept_days.get(course), "set_at": None})

    async def _roster(self, request):
        course = request.match_info["course"]
        none = {"listed_at": None, "lesson_began_at": None, "learners": []}
        return web.json_response({"course_id": course} | self.rosters.get(course, none))

    async def _upload_roster(self, request):
        assert request.content_type == "text/csv"
        head, *lines = (await request.text()).splitlines()
        if not head.startswith("student_id,name"):
            return self._problem(422, "line 1: no column is student_id, username, email or id")
        learners = [
            {"student_id": id, "student_name": name or None, "team": None}
            for id, name in (line.split(",") for line in lines)]
        now = time.time()
        self.rosters[request.match_info["course"]] = {
            "listed_at": timestamp(now), "lesson_began_at": timestamp(now - 3000), "learners": learners}
        return web.json_response({"learners": len(learners)})

    async def _delete_roster(self, request):
        gone = self.rosters.pop(request.match_info["course"])
        return web.json_response({"learners": len(gone["learners"])})

    async def _send_message(self, request):
        return await self._teacher_did(request, "message_sent", {})

    async def _take_hand(self, request):
        if self.refuses_takes:
            return self._problem(409, "another teacher has taken the hand")
        asked_at = (await request.json()).get("asked_at") or timestamp(time.time())
        return await self._teacher_did(
            request, "hand_taken", {"student_id": request.match_info["student"], "asked_at": asked_at})

    async def _teacher_did(self, request, kind, fields):
        body = await request.json()
        event_id = body.pop("message_id", None) or str(uuid.uuid4())
        if event_id not in self.message_ids:
            self.messages.append(body | fields)
        self.message_ids.append(event_id)
        recipient = {"recipient": body.pop("to")} if "to" in body else {}
        event = body | fields | recipient | {
            "event_type": kind, "event_id": event_id, "course_id": request.match_info["course"]}
        while not self.answers_teachers.is_set():
            await asyncio.sleep(0.01)
        await self._publish([event], True, None)
        if self.lost_answers > 0:
            self.lost_answers -= 1
            return self._problem(503, "Redis is away")
        return web.json_response({"event_id": event["event_id"]}, status=202)

    async def _student(self, request):
        model = self.models.get(request.query.get("course_id", ""))
        answer = model and model.student(request.match_info["student"], time.time())
        if not answer:
            return self._problem(404, "no such learner")
        return web.json_response(self._placed(answer))

    def _placed(self, answer: dict) -> dict:
        return answer | {"stream_id": self.stored_position or "%d-%d" % self.newest}

    async def _sign_in(self, _):
        return web.json_response({"required": False, "signed_in": False, "subject": None, "scopes": [],
                                  "seconds_left": None, "provider": None})

    async def _file(self, request):
        path = PAGE / (request.match_info["path"] or "index.html")
        if not path.is_file():
            return self._problem(404, "no such file")
        return web.FileResponse(path, headers=SECURITY)

    @staticmethod
    def _problem(status: int, detail: str):
        body = json.dumps({"type": "about:blank", "title": "Problem", "status": status, "detail": detail})
        return web.Response(status=status, text=body, content_type="application/problem+json")
