"""The text of `%progressbus status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .originals import BUILTINS, CLOCK
from .recording.notebook_path import UNNAMED_NOTEBOOK

if TYPE_CHECKING:
    from .client import Client
    from .settings import Settings

__builtins__ = BUILTINS


def describe(client: Client) -> str:
    """A few lines about settings and delivery; never the token itself."""
    settings, state, outbox = client.settings, client.state, client.outbox
    notebook = client.notebook_path
    if notebook == UNNAMED_NOTEBOOK:
        notebook += "  (the front end does not say; set PROGRESSBUS_NOTEBOOK)"
    name = f" ({settings.student_name})" if settings.student_name else ""
    lines = [
        ("Server", str(settings.url) if settings.url else "not set: PROGRESSBUS_URL"),
        ("Token", _token(settings)),
        ("Student", f"{settings.student}{name}" if settings.student else _NO_STUDENT),
        ("Course", settings.course or "default"),
        ("Team", settings.team or "none"),
        ("Notebook", notebook),
        ("Code", "sent" if settings.code else "not sent"),
        ("Delivery", _delivery(client)),
        ("Messages", _messages(client)),
        ("Sent", f"{state.sent:,}"),
        ("Waiting", _waiting(client)),
    ]
    if state.set_aside:
        why = f"{state.set_aside:,}, refused for good; the last: {state.last_set_aside_reason}"
        lines.append(("Set aside", why))
    dropped = client.recorder.dropped + outbox.dropped
    if dropped:
        lines.append(("Dropped", f"{dropped:,}, the oldest, because there was no more room"))
    if outbox.damaged:
        lines.append(("Damaged", f"{outbox.damaged:,} lines that a crash left unreadable"))
    if outbox.trouble:
        lines.append(("Disk", f"events are kept in memory only: {outbox.trouble}"))
    lines += [("Problem", problem) for problem in client.problems]
    return "\n".join(f"{label + ':':<11}{text}" for label, text in lines)


_NO_STUDENT = "not set: PROGRESSBUS_STUDENT, or %progressbus join"


def _token(settings: Settings) -> str:
    if settings.token is None and settings.token_file is not None:
        found = "set" if settings.current_token else "none"
        return f"{found}, from {settings.token_file}"
    return "set" if settings.token else "none"


def _delivery(client: Client) -> str:
    state = client.state
    if not client.settings.is_complete:
        return "waits for the settings above"
    if state.missing_thread:
        return (
            f"the system gives the client no thread ({state.missing_thread}); events go to disk "
            "when the kernel ends, and a later kernel sends them"
        )
    if state.trouble:
        seconds = max(0.0, (state.next_attempt_at or 0.0) - CLOCK.unix_seconds())
        what = "the server refuses" if state.is_held else "the server cannot be reached"
        return f"{what} ({state.trouble}); next attempt in {seconds:.0f} s"
    if state.last_sent_at is None:
        return "nothing sent yet"
    return f"works; last {max(0.0, CLOCK.unix_seconds() - state.last_sent_at):.0f} s ago"


def _messages(client: Client) -> str:
    if not client.settings.messages:
        return "not asked for"
    return client.inbox.trouble or f"{client.inbox.waiting} to be shown"


def _waiting(client: Client) -> str:
    outbox = client.outbox
    waiting = client.recorder.waiting + outbox.pending
    folder = outbox.folder
    where = f"; {outbox.pending_bytes:,} bytes in {folder}" if folder and outbox.pending else ""
    return f"{waiting:,}{where}"
