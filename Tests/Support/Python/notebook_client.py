"""Sends events by the notebook client and prints how many were sent and set aside.

notebook_client.py URL TOKEN COUNT FOLDER: COUNT events in five bursts; ends when all are dealt with.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "clients/python/src"))

from progressbus.client import Client  # noqa: E402
from progressbus.settings import from_environment  # noqa: E402


def main() -> None:
    url, token, count, folder = sys.argv[1:]
    settings, problems = from_environment(
        {
            "PROGRESSBUS_URL": url,
            "PROGRESSBUS_TOKEN": token,
            "PROGRESSBUS_STUDENT": "s-1",
            "PROGRESSBUS_SPOOL_DIR": folder,
        }
    )
    if problems:
        sys.exit("; ".join(problems))
    client = Client(settings, problems, lambda _: "lesson.ipynb")
    for number in range(int(count)):
        client.record("cell_executed", {"execution_count": number})
        if number % (int(count) // 5) == 0:
            time.sleep(0.3)
    troubles = set()
    deadline = time.monotonic() + 120
    while client.state.sent + client.state.set_aside < int(count):
        troubles.add(client.state.trouble)
        if time.monotonic() > deadline:
            sys.exit(f"not all were sent: {client.state}")
        time.sleep(0.05)
    client.finish_close(10)
    print(client.state.sent, client.state.set_aside, "429 from the server" in troubles)


main()
