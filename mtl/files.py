"""The one way to write a file that lasts: whole or not at all, and on the disk."""

import glob
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mtl.errors import UserError

ELSEWHERE = "name another folder"
"""The way out where a place cannot be written."""


def make_folder(path: Path, *, key: str = "") -> Path:
    """The folder, made with its parents where it is missing; a UserError where it cannot be written.

    `key` is what names it in a recipe, for whoever must name another.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise unwritable(path, error, f"{ELSEWHERE} with {key}" if key else ELSEWHERE) from None
    return path


def check_new(folder: Path) -> None:
    """Refuse to write over a folder that is there."""
    if folder.exists():
        raise UserError(f"{folder}: exists already; name a new folder")


def make_room_for(file: Path, *, beside: Iterable[Path]) -> None:
    """Make the folder of a file that is to come; a UserError where it could not be written when it does.

    It must not be one of those that are read, which it would replace.
    """
    if file.is_dir():
        raise UserError(f"{file}: is a folder; name a file to write")
    if file.exists() and any(file.samefile(other) for other in beside if other.exists()):
        raise UserError(f"{file}: is to be read and to be written; name another file to write")
    make_folder(file.parent)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file so that nobody ever sees half of it: aside, to the disk, then renamed."""
    aside = aside_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise unwritable(path, error) from None


def write_json(path: Path, facts: Any) -> None:
    """Write facts as JSON that people can read, whole or not at all."""
    write_atomic(path, json_text(facts))


def json_text(facts: Any) -> str:
    """Facts as JSON that people can read: a line each, and letters of every script as they are."""
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


@contextmanager
def replacing(folder: Path, *, way_out: str = ELSEWHERE) -> Iterator[Path]:
    """A folder to write into, which takes the place of `folder` once that is done."""
    aside = aside_of(folder)
    old = aside.with_suffix(".old")
    remove_dead_asides(folder)
    try:
        for left in (aside, old):  # by a dead process of the same number, as in another container
            shutil.rmtree(left, ignore_errors=True)
        aside.mkdir(parents=True)
        yield aside
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise unwritable(folder, error, way_out) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def aside_of(path: Path) -> Path:
    """Where this process writes what will be renamed to `path`."""
    return path.with_name(f".{path.name}.{os.uname().nodename}.{os.getpid()}.aside")


def remove_dead_asides(path: Path) -> None:
    """Remove what processes of this host that are no more had begun to write for `path`, or to replace."""
    begin = f".{path.name}.{os.uname().nodename}."
    for left in path.parent.glob(f"{glob.escape(begin)}*"):
        number, _, end = left.name.removeprefix(begin).partition(".")
        if end in ("aside", "old") and number.isdecimal() and not Path(f"/proc/{number}").exists():
            shutil.rmtree(left, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Bring a rename to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError, way_out: str = ELSEWHERE) -> UserError:
    """The error for a place that cannot be written."""
    return UserError(f"{path}: cannot be written: {error.strerror or error}; {way_out}")
