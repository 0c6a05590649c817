"""What sharding and starting cost: `python benchmarks/sharding.py [PART ...]`.

    ranks   on two ranks, ZeRO 0 to 3 against plain DDP, on the same strips
    one     on one rank, DeepSpeed at stage 0 against a bare PyTorch loop
    start   from the command to the first step, token stores being there, against importing the libraries

Rivals take turns on the same steps, from the same weights, and their losses must be equal.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from contest.parts import chosen_parts, parts_parser
from contest.record import Ratio, Record, Table, median_and_range, passed_on, publish

from mtl.errors import leave_at_once, run_verb

if TYPE_CHECKING:
    from contest.problem import Problem, Step

    from mtl.engine.launch import Ranks

ROOT = Path(__file__).resolve().parents[1]
MOST_DIFFERENCE = 1e-4
LIBRARIES = "import torch, transformers, deepspeed, pydantic, tensorboard"


def main() -> None:
    """Each part in processes of its own."""
    arguments = read_arguments()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if arguments.rank:
        return work(arguments.parts[0], arguments)
    for name in chosen_parts(arguments, PARTS, what="part"):
        if name == "start":
            publish(starting(arguments), arguments)
            continue
        ranks = {"ranks": 2, "one": 1}[name]
        launcher = [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            f"--nproc_per_node={ranks}",
        ]
        subprocess.run([*launcher, __file__, name, "--rank", *passed_on(arguments)], check=True)


PARTS = ("ranks", "one", "start")


def read_arguments() -> argparse.Namespace:
    """Which parts."""
    parser = parts_parser(__doc__, "PART", PARTS)
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def work(name: str, arguments: argparse.Namespace) -> None:
    """One rank of a contest."""
    from contest.made_up import make_rows
    from contest.problem import Problem
    from contest.schedule import POOL

    from mtl.engine.launch import join_run, leave_run

    quick, ranks = arguments.quick, join_run()
    layers, hidden, batch = (1, 64, 4) if quick else (6, 256, 16) if name == "ranks" else (12, 768, 4)
    with tempfile.TemporaryDirectory() as folder:
        problem = Problem(
            rows=make_rows(Path(folder), POOL * batch),
            layers=layers,
            hidden=hidden,
            batch=batch,
            rounds=2 if quick else 9,
            dropout=0.0,
            zero=0,
        )
        record = compare(name, problem, ranks, steps=2 if quick else 3)
        if ranks.first:
            publish(record, arguments)
        leave_run()


def compare(name: str, problem: "Problem", ranks: "Ranks", *, steps: int) -> Record:
    """Rivals in turns, on the first steps of each round."""
    from contest.packed import PackedLoop
    from contest.plain import PlainLoop
    from contest.result import speed
    from contest.schedule import Schedule

    schedule = Schedule(problem)
    mixed = schedule.mixed()
    plain = "plain DDP" if ranks.world > 1 else "bare loop"
    rivals: list[PlainLoop | PackedLoop] = [PlainLoop(problem, ranks, mixed, name=plain)]
    for stage in (0, 1, 2, 3) if ranks.world > 1 else (0,):
        sharded = replace(problem, zero=stage)
        rivals.append(PackedLoop(sharded, ranks, mixed, name=f"ZeRO {stage}", lazy_heads=False))
    rounds: list[dict[str, list[Step]]] = []
    for number in range(problem.all_rounds):
        part = schedule.steps(number, "random")[:steps]
        rounds.append({rival.name: rival.run(part) for rival in rivals})
    for rival in rivals:
        rival.close()
    difference = max(
        abs(a.loss - b.loss) / abs(a.loss)
        for round_ in rounds
        for done in round_.values()
        for a, b in zip(round_[plain], done, strict=True)
    )
    assert difference < MOST_DIFFERENCE, f"losses differ by {difference:.1e} of their size: not the same work"
    timed = rounds[-problem.rounds :]
    times = {rival.name: [speed(r[plain]) / speed(r[rival.name]) for r in timed] for rival in rivals}
    speeds = {rival.name: [speed(r[rival.name]) for r in timed] for rival in rivals}
    shape = f"{problem.layers} x {problem.hidden}"
    told = f"{ranks.world} ranks, {shape}" if ranks.world > 1 else f"one rank, {shape}"
    wanted = {"ZeRO 1": 1.10} if ranks.world > 1 else {"ZeRO 0": 1.05}
    return Record(
        name=f"sharding-{name}",
        title=f"ZeRO against {plain}: {told}",
        about=(
            f"{problem.rows.title}; nine tasks mixed, {problem.batch} examples a step, an encoder of {shape} with "
            f"{problem.vocabulary:,} pieces, fp32; {problem.rounds} rounds of {steps} steps. All train the same model on "
            f"the same strips; no step's loss differs by more than {difference:.1e} of its size."
        ),
        ratios=[
            Ratio.of(f"{told}: time of {rival} against {plain}", times[rival], at_most=most)
            for rival, most in wanted.items()
        ],
        tables=[
            Table(
                title="",
                columns=("", "real tokens/s", f"time against {plain}"),
                rows=[
                    (r, median_and_range(speeds[r], ",.0f"), median_and_range(times[r], ".2f")) for r in times
                ],
            )
        ],
    )


def starting(arguments: argparse.Namespace) -> Record:
    """Seconds from a command to its first step, and of importing the libraries, in turns."""
    rounds = 1 if arguments.quick else 5
    imports, starts = [], []
    with tempfile.TemporaryDirectory() as name:
        for number in range(rounds + 1):  # the first fills the caches
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", LIBRARIES], check=True, capture_output=True)
            imports.append(time.perf_counter() - begun)
            starts.append(first_step(Path(name), number))
    ratios = [start / imported for start, imported in zip(starts[1:], imports[1:], strict=True)]
    return Record(
        name="sharding-start",
        title="From the command to the first step",
        about=(
            "One process, a tiny encoder, the nine tasks of the built-in world, whose token stores are there already: "
            "the time until the first step is in the diary. Beside it a process that imports "
            f"`{LIBRARIES.removeprefix('import ')}`."
        ),
        ratios=[
            Ratio.of("first step, warm cache: time against importing the libraries", ratios, at_most=1.5)
        ],
        tables=[
            Table(
                title="",
                columns=("", "seconds"),
                rows=[
                    ("first step", median_and_range(starts[1:], ".2f")),
                    ("importing the libraries", median_and_range(imports[1:], ".2f")),
                    ("first step, before any token store was there", f"{starts[0]:.2f}"),
                ],
            )
        ],
    )


RECIPE = """
model: {config: {family: xlm-roberta, hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {seed: 1, scale: 0.05}, cache: %s}
tasks: [anli, mnli, qqp, squad_v2, squad_v1, hellaswag, ccg, cosmosqa, commonsenseqa]
train: {steps: 2, examples_per_step: 16, precision: fp32, warmup: 0, export: false, log_every: 1}
"""


def first_step(folder: Path, number: int) -> float:
    """Start a run, and wait for the first line of its diary."""
    (folder / "start.yaml").write_text(RECIPE % (folder / "cache"), encoding="utf-8")
    command = [sys.executable, ROOT / "launchers" / "train.py", folder / "start.yaml", f"name=start{number}"]
    begun = time.perf_counter()
    run = subprocess.Popen(
        [*command, f"out={folder / 'runs'}"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    diary = folder / "runs" / f"start{number}" / "intermediate" / "metrics.jsonl"
    while not (diary.exists() and diary.stat().st_size):
        if run.poll() is not None:
            break
        time.sleep(0.01)
    took = time.perf_counter() - begun
    output, _ = run.communicate()
    assert run.returncode == 0, output.decode()
    return took


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
