"""A file's text, strictly: UTF-8 without a byte-order mark, not empty; complaints name file and line."""

import codecs
import json
from collections import Counter
from pathlib import Path
from typing import Any

from mtl.errors import UserError


def read_text(path: Path) -> str:
    """The whole text, with every kind of line end as a newline."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); look at its rights and its disk"
        ) from error
    if data.startswith(codecs.BOM_UTF8):
        raise UserError(f"{path}: starts with a byte-order mark; save it as UTF-8 without one")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        bad = data[error.start]
        raise UserError(f"{path}:{line}: not UTF-8 (byte 0x{bad:02x}); save the file as UTF-8") from error
    if not text.strip():
        raise UserError(f"{path}: is empty; write it again")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_lines(path: Path) -> list[str]:
    """The lines without the space around them; number n of the file is item n - 1."""
    return [line.strip() for line in read_text(path).removesuffix("\n").split("\n")]


def parse_json(text: str, path: Path, *, line: int = 1) -> Any:
    """The JSON value in a text that starts on this line of the file; a key that occurs twice is an error."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}:{line + error.lineno - 1}: not JSON ({error.msg}); mend that line"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}:{line}: JSON that cannot be used ({error}); mend it") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"key {twice!r} occurs twice")
    return result
