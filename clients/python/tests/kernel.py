"""Real kernels for the tests."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

TIMEOUT = 180


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """This process's environment with the client's settings."""
    kept = {name: value for name, value in os.environ.items() if "PROGRESSBUS" not in name}
    for name in ("JUPYTERHUB_USER", "JPY_SESSION_NAME"):
        kept.pop(name, None)
    kept.update(
        PROGRESSBUS_URL=url,
        PROGRESSBUS_STUDENT="ada",
        PROGRESSBUS_COURSE="python-1",
        PROGRESSBUS_SPOOL_DIR=str(folder / "spool"),
        IPYTHONDIR=str(folder / "ipython"),
    )
    kept.update(more)
    return kept


def run_notebook(
    sources: list[str], env: dict[str, str], allow_errors: bool = True
) -> nbformat.NotebookNode:
    """Run cells in a new kernel as nbclient does; the executed notebook."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, timeout=TIMEOUT, allow_errors=allow_errors)
    asyncio.run(client.async_execute(env=env))
    return notebook


@dataclass
class Shown:
    """What a front end gets of a cell."""

    stdout: str = ""
    stderr: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)


class Kernel:
    """One kernel, whose client sends what a front end would."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def send(self, code: str, metadata: dict[str, Any] | None = None, **content: Any) -> str:
        """Ask for an execution; the request's id."""
        request = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            # Else the kernel may abort the next cell, too, that comes soon after an error.
            "stop_on_error": False,
            **content,
        }
        message = self.client.session.msg("execute_request", request, metadata=metadata or {})
        self.client.shell_channel.send(message)
        identifier: str = message["header"]["msg_id"]
        return identifier

    def reply(self, identifier: str) -> dict[str, Any]:
        """The answer to a request."""
        while True:
            message = self.client.get_shell_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") == identifier:
                content: dict[str, Any] = message["content"]
                return content

    def run(self, code: str, metadata: dict[str, Any] | None = None, **content: Any) -> Any:
        return self.reply(self.send(code, metadata, **content))

    def wait_for_output(self, identifier: str) -> str:
        """The first text that a request prints."""
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if (
                message["msg_type"] == "stream"
                and message["parent_header"].get("msg_id") == identifier
            ):
                text: str = message["content"]["text"]
                return text

    def output(self, code: str) -> str:
        """What a cell prints and what it shows of errors, in all."""
        shown = self.show(code)
        tracebacks = ["\n".join(error["traceback"]) for error in shown.errors]
        return "".join([shown.stdout, shown.stderr, *tracebacks])

    def show(self, code: str, metadata: dict[str, Any] | None = None, **content: Any) -> Shown:
        """Run a cell; what a front end gets of it."""
        identifier = self.send(code, metadata, **content)
        shown = Shown()
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != identifier:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                if content["name"] == "stdout":
                    shown.stdout += content["text"]
                else:
                    shown.stderr += content["text"]
            elif message["msg_type"] == "error":
                shown.errors.append(content)
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                shown.reply = self.reply(identifier)
                return shown


@contextmanager
def running_kernel(env: dict[str, str]) -> Iterator[Kernel]:
    """A kernel that is shut down as a front end does it."""
    manager = KernelManager()
    manager.start_kernel(env=env)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        if manager.is_alive():
            manager.shutdown_kernel()
        manager.cleanup_resources()
