"""What Redis says of the journal and of dead letters (docs/protocol.md, Redis)."""

from __future__ import annotations

import json
from contextlib import suppress

from .listeners import position
from .redis_client import RedisClient

JOURNAL = "progress-events:journal"
DEAD_LETTERS = "progress-events:dead-letters"
#: Their groups have the same names.
SINKS = ("postgres", "influxdb")


def fields(flat: list) -> dict:
    """What Redis sends as a list of names and values."""
    return dict(zip(flat[::2], flat[1::2]))


def groups(client: RedisClient) -> dict[str, dict]:
    found = map(fields, client.call("XINFO", "GROUPS", JOURNAL))
    return {group["name"]: group for group in found}


def lag(client: RedisClient) -> dict[str, int | None]:
    """How many events each sink has not stored yet; None when Redis cannot tell."""
    last = fields(client.call("XINFO", "STREAM", JOURNAL))["last-generated-id"]
    found: dict[str, int | None] = dict.fromkeys(SINKS)
    for name, group in groups(client).items():
        unread = 0 if group["last-delivered-id"] == last else group["lag"]
        if name in found and unread is not None:
            found[name] = unread + group["pending"]
    return found


def dead_letters(client: RedisClient) -> set[tuple[str, str]]:
    """sink, event_id."""
    found: set[tuple[str, str]] = set()
    start = "-"
    while entries := client.call("XRANGE", DEAD_LETTERS, start, "+", "COUNT", 1000):
        for entry_id, flat in entries:
            letter = fields(flat)
            # A letter of sink `bus` need be no event.
            with suppress(ValueError, KeyError):
                found.add((letter["k"], json.loads(letter["e"])["event_id"]))
            start = f"({entry_id}"
    return found


class Waiting:
    """What a sink has not stored yet, or a dashboard not heard, as event_ids. Read while Redis writes
    nothing."""

    def __init__(self, client: RedisClient, heard: list[str]) -> None:
        """`heard`: the last position that each dashboard has heard."""
        self._groups = groups(client)
        self._pending = {
            name: {entry[0] for entry in client.call("XPENDING", JOURNAL, name, "-", "+", 1_000_000)}
            for name in self._groups}
        read = [group["last-delivered-id"] for group in self._groups.values()]
        start = min([*read, *heard, *set().union(*self._pending.values())], key=position, default="-")
        self._entries = {
            entry_id: json.loads(fields(flat)["e"])["event_id"]
            for entry_id, flat in client.call("XRANGE", JOURNAL, start, "+")}

    def for_sink(self, sink: str) -> set[str]:
        pending = self._pending.get(sink, set())
        read = self._groups[sink]["last-delivered-id"] if sink in self._groups else "0-0"
        return self.behind(read) | {
            event_id for entry_id, event_id in self._entries.items() if entry_id in pending}

    def behind(self, place: str) -> set[str]:
        return {
            event_id for entry_id, event_id in self._entries.items()
            if position(entry_id) > position(place)}
