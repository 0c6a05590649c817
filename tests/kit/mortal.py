"""Lives of a run, one after another: each is some ranks, as processes that may be killed; none imports anything anew."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.kit.ranks import ROOT


@dataclass(frozen=True, kw_only=True)
class Life:
    """`function(*args)` on `world` ranks; it must be importable and pick its own exit code, if not 0."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    world: int = 2


@dataclass(frozen=True, kw_only=True)
class End:
    """How a life ended: exit codes by rank (negative: the signal), what was said, and how long it took."""

    codes: list[int]
    said: list[str]
    seconds: float


def live(lives: Sequence[Life], folder: Path, *, patience: float = 60, timeout: float = 560) -> list[End]:
    """How each ended; ranks that outlive another by `patience` seconds are killed."""
    folder.mkdir(parents=True)
    told = [(life.function.__module__, life.function.__qualname__, life.args, life.world) for life in lives]
    (folder / "lives").write_bytes(pickle.dumps((told, patience)))
    with (folder / "said").open("wb") as said:
        done = subprocess.run(
            [sys.executable, "-m", "tests.kit.mortal", str(folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LOCAL_WORLD_SIZE": "2"},
            stdout=said,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    assert done.returncode == 0, (folder / "said").read_text()[-3000:]
    ends = pickle.loads((folder / "ends").read_bytes())
    return [End(codes=codes, said=said, seconds=seconds) for codes, said, seconds in ends]


def _oversee(folder: Path) -> None:
    import deepspeed  # noqa: F401 - for all children
    import transformers  # noqa: F401

    lives, patience = pickle.loads((folder / "lives").read_bytes())
    ends = []
    for number, (module, name, args, world) in enumerate(lives):
        place = folder / str(number)
        place.mkdir()
        start = time.monotonic()
        children = [_bear(place, rank, world, module, name, args) for rank in range(world)]
        codes = _wait(children, patience)
        said = [(place / f"said{rank}").read_text(errors="replace") for rank in range(world)]
        ends.append((codes, said, time.monotonic() - start))
    (folder / "ends").write_bytes(pickle.dumps(ends))


def _bear(place: Path, rank: int, world: int, module: str, name: str, args: tuple[Any, ...]) -> int:
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        output = os.open(place / f"said{rank}", os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.update(
            {
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": str(world),
                "LOCAL_WORLD_SIZE": str(world),
            }
        )
        from torch import distributed

        meet = f"file://{place}/meet"
        distributed.init_process_group("gloo", init_method=meet, rank=rank, world_size=world)
        getattr(import_module(module), name)(*args)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(children: Sequence[int], patience: float) -> list[int]:
    codes: dict[int, int] = {}
    first_end = float("inf")
    while len(codes) < len(children):
        for child in children:
            if child not in codes:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    codes[child] = os.waitstatus_to_exitcode(status)
                    first_end = min(first_end, time.monotonic())
                elif time.monotonic() - first_end > patience:
                    os.kill(child, signal.SIGKILL)
        time.sleep(0.02)
    return [codes[child] for child in children]


if __name__ == "__main__":
    _oversee(Path(sys.argv[1]))
