#!/bin/bash
# aiolimiter 1.3.0 (PyPI): who asks for much waits for as long as others ask for little.
#
# Guess: those who wait are served in the order in which they came, whatever amount they ask for, as with
#   asyncio's locks and semaphores.
# Seen: nobody's place is kept. With 4 a second and an empty bucket, `acquire(4)` comes first and six times
#   `acquire(1)` after it. The six go at 0.25 s, 0.5 s and so on, and the four last, a second after them. It
#   needs the whole bucket, and whatever drips into it is taken by who needs less.
# What follows: a batch that pays by its events starves beside single events for as long as these keep coming.
#   Pay for a batch one by one, or in parts.
#
# usage: findings/aiolimiter-serves-the-large-last.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check aiolimiter==1.3.0

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

from aiolimiter import AsyncLimiter


async def main():
    limiter = AsyncLimiter(4, 1.0)
    await limiter.acquire(4)
    served = []

    async def ask(name, amount):
        await limiter.acquire(amount)
        served.append(name)

    tasks = [asyncio.create_task(ask("batch of 4", 4))]
    await asyncio.sleep(0.01)
    tasks += [asyncio.create_task(ask("one", 1)) for _ in range(6)]
    await asyncio.gather(*tasks)
    return served


print("aiolimiter", version("aiolimiter"))
seen = asyncio.run(main())
print("asked: batch of 4, then six times one; served:", ", ".join(seen))
sys.exit(0 if seen == ["one"] * 6 + ["batch of 4"] else "this has changed")
PYTHON
