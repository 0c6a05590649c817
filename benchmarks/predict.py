"""Packed, sorted prediction against the Hugging Face Trainer's: `python benchmarks/predict.py [PRECISION ...]`.

The Trainer predicts with the stock classes of `transformers`: examples in the data's order, padded to the longest
of a batch, which is as large as is fastest here. Both have the same weights and say the same. Processor time is
what the ratios are of: on a machine with other work it says more than the clock. Freed memory stays with the
process in our turns, as our commands have it, and goes back to the system in the Trainer's. How much faster ours
could be at the same speed of products is counted beside it: the operations of the one over those of the other.
"""

import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal

from contest.parts import chosen_parts, parts_parser, run_alone
from contest.record import Ratio, Record, Table, median_and_range, publish

from mtl.errors import leave_at_once, run_verb

if TYPE_CHECKING:
    from contest.predictors import PackedPredictor, Scores, TrainersPredictor

    from mtl.data.strip import HeadStore

Precision = Literal["fp32", "bf16"]
MOST_DIFFERENCE: dict[Precision, float] = {"fp32": 1e-4, "bf16": 0.05}
"""Of a score."""
OTHER_LABELS: dict[Precision, float] = {"fp32": 0.0, "bf16": 0.1}
"""Share of words whose best label may differ: the scores of random weights lie close to each other."""
BATCHES = (8, 16, 32)
"""Sizes that the Trainer tries; 8 is its default."""


def main() -> None:
    """Each precision in a process of its own: the Trainer has one a process."""
    arguments = parts_parser(__doc__, "PRECISION", MOST_DIFFERENCE).parse_args()
    names = chosen_parts(arguments, MOST_DIFFERENCE, what="precision")
    if len(names) == 1:
        return publish(measure(names[0], quick=arguments.quick), arguments)
    run_alone(__file__, names, arguments)


def measure(precision: Precision, *, quick: bool) -> Record:
    """Predict every task both ways, in turns."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch
    from contest.made_up import make_rows
    from contest.predictors import PackedPredictor, TrainersPredictor
    from contest.problem import Problem

    examples, rounds, layers, hidden = (32, 1, 1, 64) if quick else (256, 5, 6, 256)
    with tempfile.TemporaryDirectory() as name:
        problem = Problem(
            rows=make_rows(Path(name), examples),
            layers=layers,
            hidden=hidden,
            batch=BATCHES[0],
            rounds=rounds,
            dropout=0.0,
            zero=0,
            precision=precision,
        )
        batch = fastest_batch(
            {size: TrainersPredictor(problem, batch=size) for size in BATCHES}, problem.sources
        )
        theirs, ours = TrainersPredictor(problem, batch=batch), PackedPredictor(problem)
        contests = {
            source.head: contest(theirs, ours, source, precision, rounds=rounds) for source in problem.sources
        }
        tokens = {source.head: source.store.header.num_tokens for source in problem.sources}
        operations = {
            source.head: (theirs.operations(source), ours.operations(source)) for source in problem.sources
        }
    total = Contest.sum(contests.values())
    total_operations = tuple(sum(each) for each in zip(*operations.values(), strict=True))
    rows = [row(name, tokens[name], seconds, operations[name]) for name, seconds in contests.items()]
    rows.append(row("all", sum(tokens.values()), total, total_operations))
    return Record(
        name=f"predict-{precision}",
        title=f"Prediction against the Hugging Face Trainer: {precision}",
        about=f"{problem.rows.title}; {examples} examples a task, an encoder of {layers} x {hidden}, {precision}, "
        f"{torch.get_num_threads()} threads. `Trainer.predict` takes batches of {batch}, the fastest of "
        f"{', '.join(map(str, BATCHES))}, in the data's order, padded to their longest; {rounds} rounds after one to "
        "warm up. Real tokens a second of processor time; both give the same scores. By operations: what the "
        "Trainer's products have to compute over what ours have to.",
        ratios=[
            Ratio.of(f"predicting, nine tasks, {precision}: against the Trainer", total.ratios, at_least=2.5)
        ],
        tables=[
            Table(
                title="",
                columns=("task", "tokens", "Trainer", "packed", "times the Trainer", "by operations"),
                rows=rows,
            )
        ],
    )


def fastest_batch(predictors: "dict[int, TrainersPredictor]", sources: "Sequence[HeadStore]") -> int:
    """The Trainer's best number of examples, all tasks together."""
    seconds = {
        batch: sum(processor_time(predictor, source) for source in sources)
        for batch, predictor in predictors.items()
    }
    return min(seconds, key=seconds.__getitem__)


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Processor seconds of each round."""

    theirs: Sequence[float]
    ours: Sequence[float]

    @classmethod
    def sum(cls, contests: Iterable["Contest"]) -> "Contest":
        """Several tasks' as one's."""
        theirs, ours = zip(*((each.theirs, each.ours) for each in contests), strict=True)
        return cls(
            theirs=[sum(r) for r in zip(*theirs, strict=True)],
            ours=[sum(r) for r in zip(*ours, strict=True)],
        )

    @property
    def ratios(self) -> list[float]:
        """How many times as fast as the Trainer we were in each round."""
        return [a / b for a, b in zip(self.theirs, self.ours, strict=True)]


def contest(
    theirs: "TrainersPredictor",
    ours: "PackedPredictor",
    source: "HeadStore",
    precision: Precision,
    *,
    rounds: int,
) -> Contest:
    """The rivals in turns; the first round warms up, and shows that both say the same."""
    check(theirs.scores(source), ours.predict(source), source.store.header.kind, precision)
    rivals: Sequence[TrainersPredictor | PackedPredictor] = (theirs, ours)
    seconds = [[processor_time(rival, source) for rival in rivals] for _ in range(rounds)]
    return Contest(theirs=[each[0] for each in seconds], ours=[each[1] for each in seconds])


def check(theirs: "Scores", ours: "Scores", kind: str, precision: Precision) -> None:
    """Both did the same work."""
    import numpy as np

    assert len(theirs) == len(ours)
    a, b = (np.concatenate([each.reshape(-1) for each in scores]) for scores in (theirs, ours))
    if kind == "tag":
        share = float((a != b).mean())
        assert share <= OTHER_LABELS[precision], f"{share:.0%} of the labels differ: not the same work"
    else:
        worst = float(np.abs(a - b).max())
        assert worst < MOST_DIFFERENCE[precision], f"scores differ by {worst:.1e}: not the same work"


def processor_time(rival: "TrainersPredictor | PackedPredictor", source: "HeadStore") -> float:
    """Seconds of a task that all threads took together."""
    begun = time.process_time()
    rival.predict(source)
    return time.process_time() - begun


def row(task: str, tokens: int, seconds: Contest, operations: Sequence[float]) -> tuple[str, ...]:
    """A task's row of the table."""
    speeds = [f"{tokens / median(times):,.0f}" for times in (seconds.theirs, seconds.ours)]
    ratios = seconds.ratios
    return (
        task,
        f"{tokens:,}",
        *speeds,
        median_and_range(ratios, ".2f"),
        f"{operations[0] / operations[1]:.2f}",
    )


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
