"""What a small team would write first: FastAPI checks the event, redis-py publishes it."""

import os
from datetime import datetime
from typing import Literal
from uuid import UUID

import redis.asyncio as redis
from fastapi import FastAPI
from pydantic import BaseModel, Field

# The pool's own limit of 100 connections fails requests when one worker gets many at once.
bus = redis.from_url(os.environ["REDIS_URL"], max_connections=1024)
app = FastAPI()


class NotebookEvent(BaseModel):
    event_type: Literal[
        "cell_executed", "notebook_opened", "notebook_saved", "notebook_closed", "help", "help_stop"
    ]
    student_id: str = Field(min_length=1, max_length=128)
    notebook_path: str = Field(min_length=1, max_length=1024)
    event_id: UUID | None = None
    occurred_at: datetime | None = None
    course_id: str = Field(default="default", max_length=128)
    team: str | None = Field(default=None, max_length=128)
    session_id: str | None = Field(default=None, max_length=128)
    cell_id: str | None = Field(default=None, max_length=128)
    cell_index: int | None = Field(default=None, ge=0)
    cell_type: Literal["code", "markdown", "raw"] | None = None
    execution_count: int | None = Field(default=None, ge=0)
    has_error: bool | None = None
    duration_ms: float | None = Field(default=None, ge=0)


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": bool(await bus.ping())}


@app.post("/student-progress", status_code=202)
async def publish(event: NotebookEvent) -> dict[str, bool]:
    await bus.publish("progress-events", event.model_dump_json(exclude_none=True))
    return {"accepted": True}
