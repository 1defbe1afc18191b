"""What faults are, and what they work on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from .journal import SINKS
from .listeners import Listener
from .senders import Class
from .stack import Stack


@dataclass
class Lost:
    """What was in Redis alone when it was emptied. It may be missing at the end, and nothing else."""

    of_sink: dict[str, set[str]] = field(default_factory=lambda: {sink: set() for sink in SINKS})
    #: Accepted, and the listener had not heard it yet.
    of_listener: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class Scene:
    """What faults work on, and what they leave for the account."""

    stack: Stack
    class_: Class
    listeners: list[Listener]
    draw: random.Random
    lost: Lost = field(default_factory=Lost)
    #: sink, event_id: of letters that went away with an emptied Redis.
    dead_letters: set[tuple[str, str]] = field(default_factory=set)
    #: What the fault saw itself and should not have.
    complaints: list[str] = field(default_factory=list)


class Wait(Enum):
    """Seconds, with time to spare for a busy machine."""

    NOT = 5
    FOR_A_MOMENT = 8
    #: And 10 s more.
    WHILE_IT_LASTS = None


@dataclass(frozen=True)
class Fault:
    name: str
    summary: str
    senders_wait: Wait
    apply: Callable[[Scene], None]

    def longest_wait(self, seconds: float) -> float:
        """How long senders may be refused, and dashboards be late, when it lasted so many seconds."""
        return seconds + 10 if self.senders_wait is Wait.WHILE_IT_LASTS else self.senders_wait.value


FAULTS: dict[str, Fault] = {}
#: How long most faults last, in seconds: shorter and longer than the program's time-outs.
SHORTEST, LONGEST = 3.0, 12.0


def fault(name: str, summary: str, senders_wait: Wait = Wait.NOT):
    """Registers a function as a fault."""

    def register(function: Callable[[Scene], None]) -> None:
        FAULTS[name] = Fault(name, summary, senders_wait, function)

    return register


def last(scene: Scene) -> None:
    time.sleep(scene.draw.uniform(SHORTEST, LONGEST))


def last_longer_than_a_moment(scene: Scene) -> None:
    last(scene)
    time.sleep(Wait.FOR_A_MOMENT.value)
