"""Content keys: what a file and the code between it and the token store hold, in a few bytes."""

import os
import re
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

_CODE = (
    "data/features/*.py",
    "data/formats/*.py",
    "data/build.py",
    "data/checks.py",
    "data/groups.py",
    "data/masking.py",
    "data/records.py",
    "data/rewrite/*.py",
    "data/sources.py",
    "data/store.py",
    "data/store_header.py",
    "data/writer.py",
    "tasks/declared*.py",
    "tasks/records.py",
    "tasks/shapes.py",
)

_HASH = re.compile(r"[0-9a-f]{32}")


@cache
def code_hash() -> str:
    """A hash of the code between a file's bytes and the arrays."""
    package = Path(__file__).parents[1]
    digest = blake2b(digest_size=16)
    for pattern in _CODE:
        modules = sorted(package.glob(pattern))
        assert modules, f"no module is {pattern}"
        for module in modules:
            digest.update(module.read_bytes())
    return digest.hexdigest()


class FileHashes:
    """Content hashes of source files, remembered by path, size and time: a second start reads no text."""

    def __init__(self, folder: Path) -> None:
        """Remember hashes in `folder`, a small file each, so that several processes may add at once."""
        self._folder = folder

    def of(self, file: Path) -> str:
        """The hash of a file's bytes."""
        status = file.stat()
        name = f"{file.resolve()}|{status.st_size}|{status.st_mtime_ns}"
        known = self._folder / blake2b(name.encode(), digest_size=16).hexdigest()
        with suppress(OSError, UnicodeDecodeError):  # not remembered yet, or nothing can be remembered there
            content = known.read_text()
            if _HASH.fullmatch(content):  # a power cut may leave an empty file under the name
                return content
        content = content_hash(file)
        with suppress(OSError):  # only remembered: a full disk costs another look
            self._folder.mkdir(parents=True, exist_ok=True)
            aside = known.with_name(f".{known.name}.{os.uname().nodename}.{os.getpid()}")
            aside.write_text(content)
            aside.replace(known)
        return content


def content_hash(file: Path) -> str:
    """The hash of a file's bytes."""
    digest = blake2b(digest_size=16)
    with file.open("rb") as stream:
        while block := stream.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()
