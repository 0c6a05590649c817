"""Training on the nine-task mixture against the Hugging Face Trainer: `python benchmarks/trainer.py [CONTEST ...]`.

Both start from the same weights and take turns, round by round, on the same examples with the same optimizer
mathematics. The Trainer has a batch of one task at a time, padded to its longest document; each round has a part
whose examples are drawn at random, as by default, and one whose examples its sampler has grouped by length. We
train on the same examples of each part, in steps that mix all tasks, or on the Trainer's very steps. A Trainer's
user who changes nothing trains with dropout 0.1, as XLM-R's configuration has it. Freed memory
stays with the process in our turns, as our commands have it, and goes back to the system in the Trainer's.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contest.parts import chosen_parts, parts_parser, run_alone
from contest.record import Record, publish

from mtl.errors import leave_at_once, run_verb

XLMR = 250_002
WANTED = {"random": 2.5, "grouped": 1.25}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One contest."""

    layers: int
    hidden: int
    rows: Literal["made-up", "samples"] = "made-up"
    vocabulary: int = XLMR
    precision: Literal["fp32", "bf16"] = "fp32"
    batch: int = 16
    """Examples of an optimizer step."""
    tuning: tuple[int, ...] = (8, 16)
    rounds: int = 5
    dropout: float = 0.0
    same_steps: bool = True
    """Whether ours does the Trainer's very steps as well, so that their losses are seen to be equal."""


SETTINGS = {
    "6x256-fp32": Setting(layers=6, hidden=256),
    "6x256-bf16": Setting(layers=6, hidden=256, precision="bf16"),
    "6x256-samples": Setting(layers=6, hidden=256, rows="samples"),
    "6x256-fp32-dropout": Setting(layers=6, hidden=256, dropout=0.1, same_steps=False),
    "6x256-bf16-dropout": Setting(layers=6, hidden=256, dropout=0.1, precision="bf16", same_steps=False),
    "6x256-samples-dropout": Setting(layers=6, hidden=256, rows="samples", dropout=0.1, same_steps=False),
    "12x768-fp32": Setting(layers=12, hidden=768, batch=8, tuning=(4, 8), same_steps=False),
    "12x768-bf16": Setting(layers=12, hidden=768, batch=8, tuning=(4, 8), precision="bf16", same_steps=False),
    "12x768-fp32-dropout": Setting(
        layers=12, hidden=768, batch=8, tuning=(4, 8), dropout=0.1, same_steps=False
    ),
    "12x768-bf16-dropout": Setting(
        layers=12, hidden=768, batch=8, tuning=(4, 8), dropout=0.1, precision="bf16", same_steps=False
    ),
}
QUICK = Setting(layers=2, hidden=256, vocabulary=8000, batch=8, tuning=(), rounds=2)


def main() -> None:
    """Hold each contest in a process of its own."""
    arguments = parts_parser(__doc__, "CONTEST", SETTINGS).parse_args()
    if arguments.quick and not arguments.parts:
        return hold("quick", arguments)
    names = chosen_parts(arguments, SETTINGS, what="contest")
    if len(names) == 1:
        return hold(names[0], arguments)
    run_alone(__file__, names, arguments)


def hold(name: str, arguments: argparse.Namespace) -> None:
    """One contest, and its record."""
    setting = QUICK if name == "quick" else SETTINGS[name]
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from contest.contest import compete
    from contest.made_up import make_rows
    from contest.problem import Problem
    from contest.samples import FOLDER, open_samples
    from contest.schedule import POOL

    from mtl.engine.launch import join_run, leave_run

    with tempfile.TemporaryDirectory() as folder:
        if setting.rows == "samples":
            rows = open_samples(Path(folder))
        else:
            rows = make_rows(Path(folder), POOL * setting.batch, vocabulary=setting.vocabulary)
        if rows is None:
            sys.stdout.write(f"no samples of the real data at {FOLDER}: no contest on them\n")
            return
        problem = Problem(
            rows=rows,
            layers=setting.layers,
            hidden=setting.hidden,
            batch=setting.batch,
            rounds=setting.rounds,
            dropout=setting.dropout,
            # There is one process and nothing to shard; half precision wants stage 1 for its fp32 gradients.
            zero=0 if setting.precision == "fp32" else 1,
            precision=setting.precision,
            tuning=setting.tuning,
        )
        result = compete(problem, join_run(), same_steps=setting.same_steps)
        leave_run()
    tuned = ", ".join(f"{size} for {sampling} ones" for sampling, size in result.best.items())
    tried = f" (tried: {', '.join(map(str, setting.tuning))})" if setting.tuning else ""
    starts = ", ".join(f"{rival} {seconds:.1f} s" for rival, seconds in result.start.items())
    publish(
        Record(
            name=f"trainer-{name}",
            title=f"Training against the Hugging Face Trainer: {name}",
            about=(
                f"{rows.title}; {len(rows.tasks)} tasks equally often, {setting.batch} examples a step, an encoder of "
                f"{setting.layers} x {setting.hidden} with {problem.vocabulary:,} pieces, {setting.precision}, dropout "
                f"{setting.dropout}; {setting.rounds} rounds of {len(rows.tasks)} steps with each sampling. The Trainer's batches have "
                f"the best number of examples{tried}: {tuned}; gradients of several are added up to a step. Operations are "
                "the encoder's, forward and backward, for each real token."
            ),
            ratios=result.summary(name, wanted=WANTED),
            tables=[result.speeds()],
            plots=result.plots(),
            notes=[
                *([f"No step's loss differs by more than {result.difference:.1e} of its size between the Trainer and "
                   "ours on the same steps."] if setting.same_steps else []),
                f"The first round took longer by: {starts}.",
            ],
        ),
        arguments,
    )  # fmt: skip


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
