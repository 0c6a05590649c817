"""Runs a function on several processes that are ranks of one run, and gives their results back: one call."""

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GRACE = 10
"""Seconds that the other ranks have once one has failed."""


def run_on_ranks(
    function: Callable[..., Any],
    world: int,
    *args: Any,
    env: dict[str, str] | None = None,
    timeout: float = 600,
) -> list[Any]:
    """What `function(*args)` gives on each of `world` ranks; a rank that fails fails the caller with its output."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "call").write_bytes(pickle.dumps((function.__module__, function.__qualname__, args)))
        processes = [_start(Path(folder), rank, world, env or {}) for rank in range(world)]
        try:
            codes = _wait(processes, timeout)
        finally:
            for process in processes:
                process.kill()
                process.wait()
        told = [
            f"rank {rank} of {world} ended with {code}:\n"
            + (Path(folder) / f"output{rank}").read_text(errors="replace")[-6000:]
            for rank, code in enumerate(codes)
            if code != 0
        ]
        assert not told, "\n".join(told)
        return [pickle.loads((Path(folder) / f"result{rank}").read_bytes()) for rank in range(world)]


def is_mixed_up(crash: AssertionError) -> bool:
    """Whether ranks ended because what they sent each other did not match: PyTorch or DeepSpeed says so, or one waits forever."""
    return any(sign in str(crash) for sign in ("gloo", "deepspeed/runtime/zero", "ended with None"))


def _wait(processes: list[subprocess.Popen[bytes]], timeout: float) -> list[int | None]:
    """Every process's exit code; None where it had to be given up: where a rank has failed, the others wait in vain."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        codes = [process.poll() for process in processes]
        if None not in codes:
            break
        if any(codes):
            end = min(end, time.monotonic() + GRACE)
        time.sleep(0.05)
    return [process.poll() for process in processes]


def _start(folder: Path, rank: int, world: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "LOCAL_WORLD_SIZE": world}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.kit.ranks", str(folder)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **{key: str(value) for key, value in place.items()},
            **env,
        },
        stdout=(folder / f"output{rank}").open("wb"),  # a pipe that nobody reads would stop the rank
        stderr=subprocess.STDOUT,
    )


def _work(folder: Path) -> None:
    from importlib import import_module

    from torch import distributed

    from mtl.engine.launch import leave_run
    from mtl.errors import leave_at_once

    module, name, args = pickle.loads((folder / "call").read_bytes())
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    # A file, not a port: nothing to collide with.
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=world)
    function = import_module(module)
    for attribute in name.split("."):
        function = getattr(function, attribute)
    (folder / f"result{rank}").write_bytes(pickle.dumps(function(*args)))
    leave_run()
    leave_at_once(0)


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
