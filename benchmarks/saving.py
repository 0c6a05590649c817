"""What a checkpoint costs: `python benchmarks/saving.py [--help]`.

Training waits while a checkpoint is copied (the stall); a thread writes it. Both are timed on two ranks, beside a
plain write of the same bytes to the same disk, and the steps of training which the writing takes place beside.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from contest.record import Ratio, Record, Table, add_options, publish

from mtl.errors import leave_at_once, run_verb

if TYPE_CHECKING:
    from contest.problem import Problem

RANKS, EVERY = 2, 1000
"""Processes; steps between two checkpoints, where a recipe does not say how many."""


def main() -> None:
    """Start the ranks, or be one."""
    arguments = read_arguments()
    if arguments.rank:
        return measure(arguments)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={RANKS}"]
    subprocess.run([*launcher, __file__, "--rank", *sys.argv[1:]], check=True)


def measure(arguments: argparse.Namespace) -> None:
    """Time steps, saves and loads of one model."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from contest.made_up import make_rows
    from contest.packed import PackedLoop
    from contest.problem import Problem
    from contest.schedule import POOL, Schedule

    from mtl.engine.checkpoint import Save, load_state, open_checkpoint
    from mtl.engine.launch import join_run, leave_run
    from mtl.together import on_first

    ranks, rounds = join_run(), 2 if arguments.quick else 5
    with tempfile.TemporaryDirectory(dir=arguments.disk) as name:
        problem = Problem(
            rows=make_rows(Path(name) / "rows" / str(ranks.rank), POOL * 16),
            layers=arguments.layers,
            hidden=arguments.hidden,
            batch=16,
            rounds=rounds,
            dropout=0.0,
            zero=arguments.stage,
        )
        if arguments.quick:
            problem = replace(problem, layers=1, hidden=64)
        loop = PackedLoop(problem, ranks, Schedule(problem).mixed(), name="ours", lazy_heads=False)
        root = Path(on_first(ranks, lambda: name))
        times: dict[str, list[float]] = {
            "step": [],
            "copy (the stall)": [],
            "copy and write": [],
            "verify and load": [],
        }
        for number in range(rounds + 1):  # the first warms up, and makes the optimizer's state
            seconds = [step.seconds for step in loop.run(range(2 * number, 2 * number + 2))]
            start = time.perf_counter()
            save = Save(loop.engine, root, step=number, records={})
            stall = time.perf_counter() - start
            folder = save.finish()
            written = time.perf_counter() - start
            start = time.perf_counter()
            load_state(loop.engine, open_checkpoint(folder, ranks))
            loaded = time.perf_counter() - start
            if number:
                for what, took in zip(times, (median(seconds), stall, written, loaded), strict=True):
                    times[what].append(took)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
        times["plain write, fsync"] = [on_first(ranks, lambda: time_copy(folder, root / "copy"))]
        if ranks.first:
            publish(record(problem, loop.num_parameters, size, times), arguments)
        loop.close()
        leave_run()


def record(problem: "Problem", parameters: int, size: float, times: dict[str, list[float]]) -> Record:
    """What was measured; a rate where something is read or written."""
    shares = [
        stall / (EVERY * step) for stall, step in zip(times["copy (the stall)"], times["step"], strict=True)
    ]
    rows = [
        (
            what,
            f"{median(took):.3f}",
            f"{min(took):.3f} to {max(took):.3f}",
            "" if what == "step" else f"{size / median(took):,.0f}",
        )
        for what, took in times.items()
    ]
    return Record(
        name="saving",
        title="What a checkpoint costs",
        about=f"{parameters / 1e6:,.0f} million parameters ({problem.layers} x {problem.hidden}), ZeRO {problem.zero}, {RANKS} ranks, "
        f"{size:,.0f} MiB. Training waits for the copy; a thread writes it.",
        ratios=[
            Ratio.of(
                f"checkpoint every {EVERY:,} steps: share of the time that is stall", shares, at_most=0.05
            )
        ],
        tables=[Table(title="", columns=("", "seconds", "range", "MiB/s"), rows=rows)],
    )


def time_copy(folder: Path, target: Path) -> float:
    """Seconds to write the same bytes, from memory, without a hash."""
    contents = [path.read_bytes() for path in folder.iterdir()]
    start = time.perf_counter()
    with target.open("wb") as file:
        for content in contents:
            file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - start


def read_arguments() -> argparse.Namespace:
    """What to measure; the defaults take half a minute on two cores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--stage", type=int, choices=(0, 1, 2, 3), default=1)
    parser.add_argument("--disk", type=Path, help="a folder on the disk to measure (default: the system's)")
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
