"""Lines of text files: UTF-8 and nothing else, plain or gzipped, numbered from 1."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from mtl.errors import UserError

BROKEN = (OSError, EOFError, zlib.error)
"""What a file that cannot be opened, or whose compression is damaged, raises."""


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines without their ends. Only a line feed ends one: other separators may stand inside a text."""
    lines = enumerate(read_whole_lines(path), start=1)
    return ((number, line.removesuffix("\n").removesuffix("\r")) for number, line in lines)


def read_whole_lines(path: Path) -> Iterator[str]:
    """The lines with their ends."""
    try:
        with open_bytes(path) as file:
            for number, raw in enumerate(file, start=1):
                yield decode(raw, path, number)
    except BROKEN as error:
        raise unreadable(path, error) from error


def open_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file, decompressed where its name ends in `.gz`."""
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def decode(raw: bytes, path: Path, number: int) -> str:
    """The text of some bytes whose first line is line `number` of the file."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = number + raw.count(b"\n", 0, error.start)
        wrong = raw[error.start]
        trouble = f"{path}:{line}: byte 0x{wrong:02x} is not UTF-8"
        raise UserError(f"{trouble}; convert the file, say with: iconv -t UTF-8") from error
    return text.removeprefix("\ufeff") if number == 1 else text


def unreadable(path: Path, error: Exception) -> UserError:
    """The error for a file that cannot be read to its end."""
    reason = " ".join(str(getattr(error, "strerror", None) or error).split())
    return UserError(f"{path}: cannot be read: {reason}; check the file, or fetch it again")
