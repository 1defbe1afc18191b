"""Reading, checking and writing one event, beside Foundation's JSONDecoder reading it."""

import json
import subprocess

from .options import Options
from .processes import BenchmarkError
from .report import Comparison, Table
from .stack import LOAD, Stack
from .spread import Spread

PEER = "Foundation's JSONDecoder (reads only)"


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    rounds = []
    for number in range(options.rounds):
        command = [str(stack.products / "DecoderBenchmark"), str(LOAD / "event.json")]
        command += [str(options.decoder_repetitions)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BenchmarkError(f"DecoderBenchmark: {done.stderr.strip()}")
        rounds.append(json.loads(done.stdout))
        progress(f"JSON, round {number + 1}: {rounds[-1]['normalizer_ns']:,.0f} ns an event")
    ours = [result["normalizer_ns"] for result in rounds]
    theirs = [result["json_decoder_ns"] for result in rounds]
    case = f"JSON of one {rounds[0]['event_bytes']}-byte event (ns)"
    return [Comparison(case, PEER, ours, theirs, higher_is_better=False)], [
        Table(
            "JSON of one event",
            ["", "ns an event"],
            [
                ["ProgressBus: read, check, complete, write", Spread.of(ours).text()],
                [PEER, Spread.of(theirs).text()],
            ],
        )
    ]
