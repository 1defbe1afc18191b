#!/bin/bash
# limits 5.8.0 (PyPI), the library below slowapi and Flask-Limiter: a refused batch uses the window up.
#
# Guess: `hit(item, key, cost=n)` that is refused costs nothing, with each strategy alike.
# Seen: the fixed window adds the cost first and looks afterwards. A batch of 6 at "5 per minute" is refused, and
#   so is whatever comes in the rest of the minute, though nothing was let in: `remaining` is 0. Three, a
#   batch of 3 and then one: refused. Single hits do not show it. The moving window and the sliding counter
#   take five after the refused batch. In Redis it is the same as in memory.
# What follows: where a request counts by its events, one batch that is too large locks its sender out, and halving
#   it, as 413 or 429 suggest, does not help before the window ends. Ask `test()` before, or use another strategy.
#
# usage: findings/limits-counts-what-it-refused.sh     needs Python 3.11 or later, PyPI, redis-server
set -euo pipefail

folder=$(mktemp -d)
server=
clean() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check limits==5.8.0 redis==7.1.0

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$folder" >"$folder/log" 2>&1 &
server=$!
for _ in {1..100}; do
  redis-cli -p "$port" ping >/dev/null 2>&1 && break
  sleep 0.1
done

"$folder/venv/bin/python" -W ignore - "$port" <<'PYTHON'
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
    for name, store in (
        ("memory", storage.MemoryStorage()),
        ("Redis", storage.storage_from_string(f"redis://127.0.0.1:{sys.argv[1]}")),
    ):
        limiter = getattr(strategies, f"{kind}RateLimiter")(store)
        # Each strategy has keys of its own: they store other types under them.
        assert not limiter.hit(item, kind, "one batch", cost=6)
        after_batch = sum(limiter.hit(item, kind, "one batch") for _ in range(6))
        three = sum(limiter.hit(item, kind, "three before") for _ in range(3))
        assert not limiter.hit(item, kind, "three before", cost=3)
        after_three = sum(limiter.hit(item, kind, "three before") for _ in range(3))
        seen[kind, name] = (after_batch, three, after_three)
        print(f"{kind} in {name}: {after_batch} let in after a refused 6; {three}, a refused 3, then {after_three}")
expected = {
    (kind, name): (0, 3, 0) if kind == "FixedWindow" else (5, 3, 2)
    for kind in ("FixedWindow", "MovingWindow", "SlidingWindowCounter")
    for name in ("memory", "Redis")
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
