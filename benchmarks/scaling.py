"""More ranks of one machine, beside what the model of `launchers/plan.py` says: `python benchmarks/scaling.py [--help]`.

One recipe on 1, 2 and 4 ranks of one thread each, in turns. The model knows the layout of the bins, the rate of one rank, and
how many cores the ranks have to share; what they send is taken to take no time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from contest.record import Ratio, Record, Table, add_options, publish

from mtl.errors import run_verb

ROOT = Path(__file__).resolve().parents[1]
RANKS = (1, 2, 4)


def main() -> None:
    """Measure, ask the model, publish."""
    arguments = read_arguments()

    from mtl.run.plan import work_of
    from mtl.run.prepare import prepare
    from mtl.run.recipe import load_recipe
    from mtl.run.scaling import Machine, scale

    rates: dict[int, list[float]] = defaultdict(list)
    memory: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds):
            for ranks in RANKS:
                phase = run(Path(folder), arguments, ranks, f"ranks{ranks}-{number}")
                rate, memory[ranks] = read(phase)
                rates[ranks].append(rate)
        recipe = load_recipe(ROOT / "recipes" / "world_nine.yaml", settings(Path(folder), arguments))
        work = work_of(prepare(recipe, recipe.phase_list()[0], device="cpu"))
        alone = median(rates[1])
        by_the_model = scale(work, Machine(tokens_per_second=alone), RANKS)
    cores = len(os.sched_getaffinity(0))
    rows, ratios = [], []
    for scaled in by_the_model:
        ranks = scaled.ranks
        shared = min(cores / ranks, 1)
        found = [each / one for each, one in zip(rates[ranks], rates[1], strict=True)]
        said = scaled.tokens_per_second / alone * shared
        rows.append(
            [
                str(ranks),
                f"{median(rates[ranks]):,.0f}",
                f"{min(rates[ranks]):,.0f} to {max(rates[ranks]):,.0f}",
                f"{median(found):.2f}",
                f"{said:.2f}",
                f"{memory[ranks]:.2f} GiB",
            ]
        )
        if ranks > 1:
            ratios.append(Ratio.of(f"{ranks} ranks against one, by the model {said:.2f}", found))
    columns = ["ranks", "tokens/s", "range", "speed-up", "by the model", "resident, at most"]
    record = Record(
        name="scaling",
        title="More ranks on one machine",
        about=f"Encoder {arguments.layers} x {arguments.hidden} over the built-in world's nine tasks, {arguments.examples} examples a step, "
        f"ZeRO 1, fp32, one thread a rank, {cores} cores; all take turns. The model knows how the bins are laid out, the rate of "
        "one rank, and how many cores the ranks share; it takes no time for what they send.",
        ratios=ratios,
        tables=[Table(title="", columns=columns, rows=rows)],
    )
    publish(record, arguments)


def settings(folder: Path, arguments: argparse.Namespace) -> list[str]:
    """Of every run, whatever its ranks."""
    return [
        f"out={folder}/runs",
        f"data.cache={folder}/cache",
        "data.world.scale=0.1",
        f"model.config.hidden_size={arguments.hidden}",
        f"model.config.intermediate_size={4 * arguments.hidden}",
        f"model.config.num_hidden_layers={arguments.layers}",
        f"train.examples_per_step={arguments.examples}",
        f"train.steps={arguments.steps}",
        f"train.bins_multiple={max(RANKS)}",
        "train.eval_every=null",
        "train.log_every=1",
        "train.export=false",
        "train.precision=fp32",
        "deepspeed=ds_configs/zero1.json",
    ]


def run(folder: Path, arguments: argparse.Namespace, ranks: int, name: str) -> Path:
    """Train on so many ranks; gives the phase's folder."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(ranks)]
    words = ["launchers/train.py", "recipes/world_nine.yaml", f"name={name}", *settings(folder, arguments)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run([*torchrun, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    return folder / "runs" / name / "intermediate"


def read(phase: Path) -> tuple[float, float]:
    """Tokens a second of all ranks together, and the first rank's memory."""
    lines = [json.loads(line) for line in (phase / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = [line for line in lines if "tokens_per_second" in line][1:]  # the first one warms up
    return median(line["tokens_per_second"] for line in steps), max(line["memory_gib"] for line in steps)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scaling.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    add_options(parser)
    arguments = parser.parse_args()
    small = {"rounds": 1, "hidden": 64, "layers": 1, "examples": 32, "steps": 4}
    full = {"hidden": 256, "layers": 4, "examples": 64, "steps": 12}
    vars(arguments).update(small if arguments.quick else full)
    return arguments


if __name__ == "__main__":
    run_verb(main)
