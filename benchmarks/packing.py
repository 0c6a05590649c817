"""Packed against padded training, side by side on this machine's CPU: `python benchmarks/packing.py [--help]`.

Three rivals start from the same weights and take turns, round by round: a stock loop (the classes of
`transformers` around one encoder, a padded batch of one task a step, SDPA attention), our engine on the very
same steps, and our engine on mixed steps. Every rival draws the same examples in a round; the losses of the
first two must be equal step by step, so the work is.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mtl.errors import leave_at_once, run_verb

if TYPE_CHECKING:
    from contest.problem import Problem, Rows
    from contest.result import Result

MOST_DIFFERENCE = 1e-4
"""Two rivals whose losses of a step differ by a larger share did not do the same work."""


def main() -> None:
    """Hold the contest on each kind of rows that is asked for and there."""
    arguments = read_arguments()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from contest.made_up import make_rows
    from contest.result import report
    from contest.samples import FOLDER, open_samples

    from mtl.engine.launch import part

    with tempfile.TemporaryDirectory() as name:
        cache, num_examples = Path(name), arguments.batch * (arguments.rounds + 1)
        found: dict[str, Callable[[], Rows | None]] = {
            "made-up": lambda: make_rows(cache / "made-up", num_examples),
            "samples": lambda: open_samples(cache / "samples"),
        }
        for which, make in found.items():
            if arguments.rows not in (which, "both"):
                continue
            rows = make()
            if rows is None:
                print(f"no samples of the real data at {FOLDER}: no contest on them")
                continue
            print(report(compete(problem(rows, arguments))), flush=True)
    part()


def read_arguments() -> argparse.Namespace:
    """What to measure; the defaults take a few minutes on two cores."""
    parser = argparse.ArgumentParser(description="Packed against padded training, side by side on the CPU.")
    parser.add_argument("--rows", choices=("made-up", "samples", "both"), default="both")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--batch", type=int, default=32, help="examples of an optimizer step (default: 32)")
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds, after one that warms up")
    parser.add_argument("--dropout", type=float, default=0.0, help="with any, losses cannot be compared")
    parser.add_argument("--zero", type=int, choices=(0, 1), default=1, help="our engine's ZeRO stage")
    return parser.parse_args()


def problem(rows: "Rows", arguments: argparse.Namespace) -> "Problem":
    """The contest's task: these rows, and the encoder that the command line asks for."""
    from contest.problem import Problem

    return Problem(
        rows=rows,
        layers=arguments.layers,
        hidden=arguments.hidden,
        batch=arguments.batch,
        rounds=arguments.rounds,
        dropout=arguments.dropout,
        zero=arguments.zero,
    )


def compete(problem: "Problem") -> "Result":
    """Let the rivals take turns; the first round warms up and does not count."""
    from contest.packed import PackedLoop
    from contest.result import Result
    from contest.stock import StockLoop

    from mtl.engine.launch import join_run

    ranks = join_run()
    rivals = [
        StockLoop(problem),
        PackedLoop(problem, ranks, by="step"),
        PackedLoop(problem, ranks, by="example"),
    ]
    rounds = []
    for number in range(problem.rounds + 1):
        steps = range(number * problem.round_steps, (number + 1) * problem.round_steps)
        rounds.append({rival.name: rival.run(steps) for rival in rivals})
    for rival in rivals:
        rival.close()
    result = Result(problem=problem, rounds=tuple(rounds))
    assert problem.dropout or result.difference < MOST_DIFFERENCE, (
        f"stock and packed losses differ by {result.difference:.1e} of their size: not the same work"
    )
    return result


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
