"""More ranks of one machine, beside what the model of `launchers/plan.py` says: `python benchmarks/scaling.py [--help]`.

One recipe on 1, 2 and 4 ranks of one thread each, in turns. The model knows how bins are packed, the rate of one rank, and
how many cores the ranks have to share; what they send is taken to take no time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from contest.record import Ratio, Record, Table, add_options, publish

from mtl.errors import run_verb

ROOT = Path(__file__).resolve().parents[1]
RANKS = (1, 2, 4)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is done."""

    rounds: int
    layers: int
    hidden: int
    examples: int
    steps: int


FULL = Scale(rounds=3, layers=4, hidden=256, examples=64, steps=12)
QUICK = Scale(rounds=1, layers=1, hidden=64, examples=32, steps=4)


def main() -> None:
    """Measure, ask the model, publish."""
    parser = argparse.ArgumentParser(prog="scaling.py", description=__doc__)
    add_options(parser)
    arguments = parser.parse_args()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    publish(measure(QUICK if arguments.quick else FULL), arguments)


def measure(scale: Scale) -> Record:
    """All numbers of ranks in turns, then what the model says of each."""
    rates: dict[int, list[float]] = defaultdict(list)
    memory: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(scale.rounds):
            for ranks in RANKS:
                phase = run(Path(folder), scale, ranks, f"ranks{ranks}-{number}")
                rate, memory[ranks] = read(phase)
                rates[ranks].append(rate)
        alone = median(rates[1])
        by_the_model = ask_the_model(Path(folder), scale, alone)
    cores = len(os.sched_getaffinity(0))
    rows, ratios = [], []
    for ranks in RANKS:
        found = [each / one for each, one in zip(rates[ranks], rates[1], strict=True)]
        said = by_the_model[ranks] / alone * min(cores / ranks, 1)
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
    return Record(
        name="scaling",
        title="More ranks on one machine",
        about=f"Encoder {scale.layers} x {scale.hidden} over the built-in world's nine tasks, {scale.examples} examples a step, "
        f"ZeRO 1, fp32, one thread a rank, {cores} cores; all take turns. The model knows how the bins are laid out, the rate of "
        "one rank, and how many cores the ranks share; it takes no time for what they send.",
        ratios=ratios,
        tables=[Table(title="", columns=columns, rows=rows)],
    )


def ask_the_model(folder: Path, scale: Scale, rate: float) -> dict[int, float]:
    """Tokens a second by the number of ranks, if one rank has that rate."""
    from mtl.run import scaling
    from mtl.run.places import prepare_worlds
    from mtl.run.plan import work_of
    from mtl.run.prepare import prepare
    from mtl.run.recipe.read import load_recipe

    recipe = load_recipe(ROOT / "recipes" / "world_nine.yaml", settings(folder, scale))
    (phase,) = recipe.phase_list()
    prepare_worlds(recipe, [phase])
    work = work_of(prepare(recipe, phase, device="cpu"))
    scaled = scaling.scale(work, scaling.Machine(tokens_per_second=rate), RANKS)
    return {each.ranks: each.tokens_per_second for each in scaled}


def settings(folder: Path, scale: Scale) -> list[str]:
    """Of every run, whatever its ranks."""
    return [
        f"out={folder}/runs",
        f"data.cache={folder}/cache",
        "data.world.scale=0.1",
        f"model.config.hidden_size={scale.hidden}",
        f"model.config.intermediate_size={4 * scale.hidden}",
        f"model.config.num_hidden_layers={scale.layers}",
        f"train.examples_per_step={scale.examples}",
        f"train.steps={scale.steps}",
        f"train.bins_multiple={max(RANKS)}",
        "train.eval_every=null",
        "train.log_every=1",
        "train.export=false",
        "train.precision=fp32",
        "deepspeed=ds_configs/zero1.json",
    ]


def run(folder: Path, scale: Scale, ranks: int, name: str) -> Path:
    """Train on so many ranks; gives the phase's folder."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(ranks)]
    words = ["launchers/train.py", "recipes/world_nine.yaml", f"name={name}", *settings(folder, scale)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run([*torchrun, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    return folder / "runs" / name / "intermediate"


def read(phase: Path) -> tuple[float, float]:
    """Tokens a second of all ranks together, and the first rank's memory."""
    lines = [json.loads(line) for line in (phase / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = [line for line in lines if "tokens_per_second" in line][1:]  # the first one warms up
    return median(line["tokens_per_second"] for line in steps), max(line["memory_gib"] for line in steps)


if __name__ == "__main__":
    run_verb(main)
