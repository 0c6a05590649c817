"""How cost grows, on this machine: `python benchmarks/growth.py [BY ...]`.

    size      tokens/s of training by the size of the encoder
    length    ... by the length of documents
    heads     ... by the number of tasks, of which a step holds at most 16
    examples  start and memory by the number of rows

Settings of one kind take turns, round by round. By the number of processes: `benchmarks/scaling.py`.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from contest.parts import chosen_parts, parts_parser, run_alone
from contest.record import Bars, Ratio, Record, Table, median_and_range, publish
from contest.trials import Trials, many_tasks

from mtl.errors import leave_at_once, run_verb

SIZES = ((2, 128), (4, 256), (6, 384), (8, 512))
LENGTHS = (32, 64, 128, 256, 512)
TOKENS = 4096
"""Of a step whose documents are equally long."""
HEADS = (9, 50, 200)
ENCODERS = ((4, 256), (12, 768))
"""Under so many heads."""
EXAMPLES = (10**3, 10**4, 10**5, 10**6, 10**7)
PAIR = 12
"""Tokens of a row, where rows are many."""
ROWS = "Made-up rows of nine tasks, mixed, 8,000 pieces, fp32, ZeRO 1, one process"


def main() -> None:
    """Each in a process of its own."""
    arguments = read_arguments()
    if arguments.start is not None:
        from contest.many_rows import start

        return print(*start(arguments.start))
    names = chosen_parts(arguments, GROWTHS, what="growth")
    if len(names) == 1:
        return publish(GROWTHS[names[0]](arguments.quick), arguments)
    run_alone(__file__, names, arguments)


def read_arguments() -> argparse.Namespace:
    """What should grow."""
    parser = parts_parser(__doc__, "BY", GROWTHS)
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def grow_size(quick: bool) -> Record:
    """Tokens/s, and the share of what the processor can multiply."""
    import numpy as np
    import torch

    from mtl.data.costs import example_costs
    from mtl.engine.speed import measure_matmul

    peaks, flops = {}, {}
    with Trials(quick=quick, batch=8) as trials:
        for layers, hidden in SIZES[:2] if quick else SIZES:
            trials.add(f"{layers} x {hidden}", layers=layers, hidden=hidden)
        speeds = trials.run()
        stores = [source.store for source in trials.rows.sources]
        everything = [(store, np.arange(store.header.num_examples)) for store in stores]
        tokens = sum(store.header.num_tokens for store in stores)
        for name, problem in trials.problems.items():
            costs = problem.model().config.costs
            forward = sum(
                float(example_costs(store, costs, examples).sum()) for store, examples in everything
            )
            flops[name] = 3 * forward / tokens
            peaks[name] = measure_matmul(
                hidden=problem.hidden,
                intermediate=4 * problem.hidden,
                dtype=torch.float32,
                device=torch.device("cpu"),
            ).flops
    shares = {name: [speed * flops[name] / peaks[name] for speed in speeds[name]] for name in speeds}
    return Record(
        name="growth-size",
        title="Growth: training by the size of the encoder",
        about=f"{ROWS}, 8 examples a step. Beside tokens/s, the encoder's floating-point operations as a share of the rate that was measured "
        "for its widest matrix product.",
        tables=[
            Table(
                title="",
                columns=("layers x hidden", "real tokens/s", "of the matrix product's rate"),
                rows=[
                    (name, median_and_range(speeds[name], ",.0f"), median_and_range(shares[name], ".0%"))
                    for name in speeds
                ],
            )
        ],
        plots=[bars("Training by size of the encoder", "tokens/s", speeds)],
    )


def grow_length(quick: bool) -> Record:
    """Tokens/s at equal tokens a step."""
    from contest.made_up import Lengths, make_task

    with Trials(quick=quick, batch=8) as trials:
        for length in LENGTHS[-2:] if quick else LENGTHS:
            batch = TOKENS // length
            rows = make_task(trials.folder / str(length), "mnli", Lengths(length, 0.0, length), 16 * batch)
            trials.add(f"{length} tokens", rows=rows, batch=batch)
        speeds = trials.run()
    about = f"Pairs of equal length, {TOKENS:,} tokens a step, {trials.encoder}, 8,000 pieces, fp32, ZeRO 1, one process."
    return training("length", "length of documents", about, speeds)


def grow_heads(quick: bool) -> Record:
    """Tokens/s with heads that are idle, under a small encoder, where they weigh most, and a common one."""
    counts = HEADS[:2] if quick else HEADS
    with Trials(quick=quick, batch=16) as trials:
        for layers, hidden in ENCODERS[:1] if quick else ENCODERS:
            for count in counts:
                trials.add(
                    f"{layers} x {hidden}, {count} heads",
                    rows=many_tasks(trials.rows, count),
                    layers=layers,
                    hidden=hidden,
                )
        speeds = trials.run()
    names = list(speeds)
    ratios = [
        Ratio.of(
            f"training, {names[i]}: tokens/s against {counts[0]}",
            [
                many / few
                for many, few in zip(speeds[names[i]], speeds[names[i - i % len(counts)]], strict=True)
            ],
        )
        for i in range(len(names))
        if i % len(counts)
    ]
    about = (
        f"{ROWS}, 16 examples a step. The nine tasks stand under several names, each with a head of its own."
    )
    return training("heads", "number of heads", about, speeds, ratios)


def grow_examples(quick: bool) -> Record:
    """Start and memory, each time in a new process."""
    from contest.many_rows import write_pairs

    counts = {f"{count:,}": count for count in (EXAMPLES[:2] if quick else EXAMPLES)}
    seconds: dict[str, list[float]] = {name: [] for name in counts}
    memory: dict[str, list[float]] = {name: [] for name in counts}
    with tempfile.TemporaryDirectory() as folder:
        for name, count in counts.items():
            write_pairs(Path(folder) / name, count, PAIR)
        for _ in range(1 if quick else 5):
            for name in counts:
                command = [sys.executable, __file__, "--start", Path(folder) / name]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                took, grew = map(float, done.stdout.split())
                seconds[name].append(took)
                memory[name].append(grew)
    return Record(
        name="growth-examples",
        title="Growth: start and memory by the number of rows",
        about=f"A token store of made-up pairs of {PAIR} tokens: the time to open it, plan a run over it and have the first step's "
        "strips, and the most that a second start in the same process allocates.",
        tables=[
            Table(
                title="",
                columns=("rows", "seconds", "MiB"),
                rows=[
                    (name, median_and_range(seconds[name], ".3f"), median_and_range(memory[name], ",.1f"))
                    for name in counts
                ],
            )
        ],
        plots=[
            bars("Start by number of rows", "s", seconds),
            bars("Memory of the start by number of rows", "MiB", memory),
        ],
    )


def training(
    name: str, by: str, about: str, speeds: Mapping[str, Sequence[float]], ratios: Sequence[Ratio] = ()
) -> Record:
    """Tokens/s by something."""
    rows = [(setting, median_and_range(values, ",.0f")) for setting, values in speeds.items()]
    return Record(
        name=f"growth-{name}",
        title=f"Growth: training by the {by}",
        about=about,
        ratios=ratios,
        tables=[Table(title="", columns=("", "real tokens/s"), rows=rows)],
        plots=[bars(f"Training by {by}", "tokens/s", speeds)],
    )


def bars(title: str, unit: str, values: Mapping[str, Sequence[float]]) -> Bars:
    """The medians as a plot."""
    return Bars(title=title, unit=unit, values={name: median(each) for name, each in values.items()})


GROWTHS: Mapping[str, Callable[[bool], Record]] = {
    "size": grow_size,
    "length": grow_length,
    "heads": grow_heads,
    "examples": grow_examples,
}


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
