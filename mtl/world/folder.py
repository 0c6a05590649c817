"""Folders that are made once: written aside, renamed when complete, left alone where they already are."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mtl.errors import UserError
from mtl.files import aside_of, remove_dead_asides

MARKER = "made.json"
"""Written last: says that the folder is complete, and from which parameters."""
ELSEWHERE = "name another folder with data.cache"
"""The way out of every trouble with a place."""


def make_once(folder: Path, parameters: Mapping[str, Any], write: Callable[[Path], None]) -> bool:
    """Let `write` fill `folder`, unless the same parameters have filled it before; says whether it did.

    One process of a host writes and the others wait. Where hosts share a disk that locks nothing, each writes
    aside, and the first to finish wins.
    """
    from filelock import FileLock

    if _is_made(folder, parameters):
        return False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            return not _is_made(folder, parameters) and _make(folder, parameters, write)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{folder}: cannot be written: {reason}; make room there, or {ELSEWHERE}") from error


def _make(folder: Path, parameters: Mapping[str, Any], write: Callable[[Path], None]) -> bool:
    aside = aside_of(folder)
    try:
        remove_dead_asides(folder)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        write(aside)
        (aside / MARKER).write_text(json.dumps(parameters, sort_keys=True, indent=1) + "\n", encoding="utf-8")
        try:
            aside.rename(folder)
        except OSError:
            if not _is_made(folder, parameters):
                raise
            return False
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return True


def _is_made(folder: Path, parameters: Mapping[str, Any]) -> bool:
    """Whether it is there; a folder with anything else in it is refused, for it is not ours to overwrite."""
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder}: holds something else; remove it, or {ELSEWHERE}") from None
        return False
    if found != json.loads(json.dumps(parameters)):
        raise UserError(f"{folder}: was made from other parameters ({found}); remove it, or {ELSEWHERE}")
    return True
