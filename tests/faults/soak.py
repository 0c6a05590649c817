"""One training under random faults, which must end with the weights of an undisturbed one, bit for bit.

    python -m tests.faults.soak [--faults 100] [--seed 0] [--out FOLDER]

Ranks are killed, stopped for good, or told to stop; the disk fills or breaks; files are damaged; the run's folder
vanishes: whichever, wherever and whenever dice say. After each the run is started again as a person would, with --resume.
"""

import argparse
import errno
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from tests.kit import broken_disk, small_run
from tests.kit.checkpoints import HARMS, verified
from tests.kit.mortal import End, Life, live

STEPS_FOR_A_FAULT = 15
"""How long the training is: about as long as it takes to come so far against so many faults."""
LONGEST, LONGEST_EARLY = 0.6, 2.5
"""Seconds within which a fault befalls: after training has begun, or, one time in four, after the process has started."""
Befall = Callable[[Path, int], None]
"""What a fault does, to a run's folder, by a throw of dice."""
ENDS = {0, 1, 2, 75, -signal.SIGKILL, -signal.SIGABRT}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What befalls one of two ranks, so long after it has started, or has started to train."""

    kind: str
    rank: int
    early: bool
    seconds: float
    dice: int


def run(recipe: Path, name: str, steps: int, fault: Fault | None) -> None:
    """A life of the training."""
    from mtl.engine import watch
    from mtl.errors import run_verb
    from mtl.run.running import run_recipe
    from mtl.run.training import Training

    begun, train = threading.Event(), Training.train

    def noted(self: Training, state: Any) -> None:
        begun.set()
        train(self, state)

    Training.train = noted  # type: ignore[method-assign]
    watch.INTERVAL, watch.SILENT, watch.GRACE = 0.1, 10.0, 1.0
    if fault is not None and os.environ["RANK"] == str(fault.rank):
        befall = partial(FAULTS[fault.kind], recipe.parent / "runs" / name, fault.dice)
        threading.Thread(target=later, args=(fault, begun, befall), daemon=True).start()
    settings = [f"name={name}", f"train.steps={steps}", "train.eval_every=20", "train.checkpoint_every=3"]
    run_verb(partial(run_recipe, recipe, settings, resume=True), leave=os._exit)


def later(fault: Fault, begun: threading.Event, befall: Callable[[], None]) -> None:
    if not fault.early:
        begun.wait()
    time.sleep(fault.seconds)
    befall()


def sends(number: int) -> Befall:
    return lambda folder, dice: os.kill(os.getpid(), number)


def disk(number: int) -> Befall:
    return lambda folder, dice: broken_disk.breaks(f"{folder}/", after=dice % 20, error=number)


def vanishes(folder: Path, dice: int) -> None:
    if folder.exists():
        folder.rename(away(folder))


def away(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.away")


def bring_back(folder: Path) -> None:
    """As a volume that is mounted again; what was written meanwhile lies below it, and is not seen."""
    if away(folder).exists():
        shutil.rmtree(folder, ignore_errors=True)
        away(folder).rename(folder)


def damage(folder: Path, dice: int) -> None:
    """Harm a file of the newest checkpoint, where there is an older one, or of a token store."""
    checkpoints = sorted(folder.glob("intermediate/checkpoints/step-*"))
    files = [file for each in checkpoints[1:][-1:] for file in sorted(each.iterdir())]
    files += sorted(folder.parents[1].glob("cache/stores/*/*.bin"))
    chance = random.Random(dice)
    if files:
        chance.choice(sorted(HARMS.items()))[1](chance.choice(files))


FAULTS: dict[str, Befall] = {
    "killed": sends(signal.SIGKILL),
    "stopped for good": sends(signal.SIGSTOP),
    "SIGTERM": sends(signal.SIGTERM),
    "SIGUSR1": sends(signal.SIGUSR1),
    "disk full": disk(errno.ENOSPC),
    "disk broken": disk(errno.EIO),
    "disk read-only": disk(errno.EROFS),
    "folder gone": vanishes,
    "file damaged": sends(signal.SIGKILL),  # once it has gone on in spite of the damage
}


@dataclass(frozen=True, kw_only=True)
class Soaked:
    """What befell the training, and what became of it."""

    faults: list[Fault]
    ends: list[End]
    same: bool


def soak(folder: Path, *, faults: int, seed: int) -> Soaked:
    """Let so many faults befall a training, then let it end."""
    recipe = small_run.write(folder)
    dice, steps = random.Random(seed), STEPS_FOR_A_FAULT * faults
    kinds = [kind for kind in FAULTS if broken_disk.compiler() or not kind.startswith("disk")]
    # Every kind about as often, in any order.
    drawn = [kinds[number % len(kinds)] for number in range(faults)]
    dice.shuffle(drawn)
    befall = [
        Fault(
            kind=kind,
            rank=dice.randrange(2),
            early=(early := dice.random() < 0.25),
            seconds=dice.uniform(0, LONGEST_EARLY if early else LONGEST),
            dice=dice.randrange(10**6),
        )
        for kind in drawn
    ]
    if broken_disk.compiler():
        os.environ.update(broken_disk.build(folder))
    last = Life(function=run, args=(recipe, "disturbed", steps, None))
    whole = Life(function=run, args=(recipe, "whole", steps, None))
    lives = [life for fault in befall for life in lives_of(fault, recipe, steps)]
    try:
        ends = live([*lives, last, whole], folder / "lives", patience=40, timeout=120 * len(lives) + 240)
    finally:
        os.environ.pop("LD_PRELOAD", None)
    weights = [result(folder, name) for name in ("disturbed", "whole")]
    same = all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])
    told = [end for end, life in zip(ends, [*lives, last, whole], strict=True) if life.function is run]
    return Soaked(faults=befall, ends=told, same=same)


def lives_of(fault: Fault, recipe: Path, steps: int) -> Iterator[Life]:
    folder = recipe.parent / "runs" / "disturbed"
    if fault.kind == "file damaged":
        yield Life(function=damage, args=(folder, fault.dice), world=1)
    yield Life(function=run, args=(recipe, "disturbed", steps, fault))
    if fault.kind == "folder gone":
        yield Life(function=bring_back, args=(folder,), world=1)


def result(folder: Path, name: str) -> dict[str, torch.Tensor]:
    """Weights and averages at the end."""
    from mtl.engine.checkpoint_files import AVERAGES, WEIGHTS, Tensors, list_checkpoints

    newest, *_ = list_checkpoints(folder / "runs" / name / "intermediate" / "checkpoints")
    checkpoint = verified(newest)
    return {
        **Tensors(checkpoint, WEIGHTS),
        **Tensors(checkpoint, AVERAGES),
        "step": torch.tensor(checkpoint.step),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=100, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the dice (0)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="a new folder; default: a temporary one")
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        soaked = soak(options.out or Path(temporary), faults=options.faults, seed=options.seed)
    ways = Counter(
        (fault.kind, tuple(end.codes)) for fault, end in zip(soaked.faults, soaked.ends, strict=False)
    )
    for (kind, codes), count in sorted(ways.items()):
        print(f"{kind:18} {count:4} times, exit codes {', '.join(map(str, codes))}")
    print(f"{len(soaked.faults)} faults in {time.monotonic() - start:.0f} s; ", end="")
    print("the weights are those of the undisturbed run" if soaked.same else "OTHER WEIGHTS than undisturbed")
    sys.exit(0 if soaked.same else 1)


if __name__ == "__main__":
    from tests.faults import soak as itself  # by a name under which other processes find it

    itself.main()
