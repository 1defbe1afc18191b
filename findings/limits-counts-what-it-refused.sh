#!/bin/bash
# limits 5.8.0 (PyPI), the library below slowapi and Flask-Limiter: a refused batch uses the window up.
#
# Guess: `hit(item, key, cost=n)` that is refused costs nothing, with each strategy alike.
# Seen: the fixed window adds the cost first and looks afterwards. A batch of 6 at "5 per minute" is refused, and
#   so is whatever comes in the rest of the minute, though nothing was let in: `remaining` is 0. Three, a
#   batch of 3 and then one: refused. Single hits do not show it. The moving window and the sliding counter
#   take five after the refused batch.
# What follows: where a request counts by its events, one batch that is too large locks its sender out, and halving
#   it, as 413 or 429 suggest, does not help before the window ends. Ask `test()` before, or use another strategy.
#
# usage: findings/limits-counts-what-it-refused.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check limits==5.8.0

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import time
from importlib.metadata import version

from limits import parse, storage, strategies

item = parse("5/minute")
# The sliding counter's windows begin with the minute.
if time.time() % 60 > 50:
    time.sleep(60 - time.time() % 60)
print("limits", version("limits"))
seen = {}
for kind in ("FixedWindow", "MovingWindow", "SlidingWindowCounter"):
    limiter = getattr(strategies, f"{kind}RateLimiter")(storage.MemoryStorage())
    assert not limiter.hit(item, "one batch", cost=6)
    after_batch = sum(limiter.hit(item, "one batch") for _ in range(6))
    three = sum(limiter.hit(item, "three before") for _ in range(3))
    assert not limiter.hit(item, "three before", cost=3)
    after_three = sum(limiter.hit(item, "three before") for _ in range(3))
    seen[kind] = (after_batch, three, after_three)
    print(f"{kind}: {after_batch} let in after a refused 6; {three}, a refused 3, then {after_three}")
expected = {"FixedWindow": (0, 3, 0), "MovingWindow": (5, 3, 2), "SlidingWindowCounter": (5, 3, 2)}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
