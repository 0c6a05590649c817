"""A disk that is full or broken from its n-th call on, for processes that have its library loaded before all others."""

import ctypes
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


def compiler() -> str | None:
    """What could build the library; None where there is nothing."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build(folder: Path) -> dict[str, str]:
    """The environment of a process whose disk may break."""
    library = folder / "broken_disk.so"
    command = [str(compiler()), "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


def breaks(where: str, *, after: int, error: int) -> None:
    """All that writes to paths that begin so fails with `error`, but for the first `after` calls; -1: nothing fails."""
    _library().disk_breaks(where.encode(), ctypes.c_long(after), error)


def calls() -> int:
    """How many calls there have been since."""
    return int(_library().disk_calls())


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)  # itself and all that was loaded before it
