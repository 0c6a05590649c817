"""The manifest of a data folder, `manifest.json`: each file's size, hash, rows, origin and licence."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from mtl.errors import UserError
from mtl.files import write_json

NAME = "manifest.json"
VERSION = 1
"""Of the manifest's form."""
MODELS = "models"
"""The folder of fetched models below the data folder, each under its name on the hub."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of a file."""

    size: int
    sha256: str
    rows: int | None
    """None where a file has no rows (a model's)."""
    origin: str
    """Where it came from; empty where the user brought it."""
    licence: str

    def __post_init__(self) -> None:
        """Refuse what a damaged manifest may hold."""
        texts = (self.sha256, self.origin, self.licence)
        numbers = (self.size, 0 if self.rows is None else self.rows)
        if not all(isinstance(one, str) for one in texts) or not all(type(one) is int for one in numbers):
            raise TypeError("an entry's size or rows is no number, or another value of it no text")


@dataclass
class Manifest:
    """The files of a data folder by their paths below it."""

    root: Path
    files: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> "Manifest":
        """The folder's manifest; an empty one where there is none yet."""
        path = root / NAME
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            version = raw.get("version", 1)
            if version == VERSION:
                return cls(root, {name: Entry(**entry) for name, entry in raw["files"].items()})
        except FileNotFoundError:
            return cls(root)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(f"{path}: is damaged ({error}); remove it and prepare again") from error
        raise UserError(
            f"{path}: is of version {version!r}, and this program reads version {VERSION}; use the program "
            "that wrote it, or remove it and prepare again"
        )

    def add(self, path: str, *, rows: int | None, origin: str, licence: str) -> None:
        """Take down a file that is there, and write the manifest."""
        size, digest = size_and_hash(self.root / path)
        self.files[path] = Entry(size=size, sha256=digest, rows=rows, origin=origin, licence=licence)
        self._write()

    def drop_own(self) -> list[str]:
        """Strike out the user's own files that are gone; return their paths."""
        own = [path for path, entry in self.files.items() if not entry.origin]
        gone = [path for path in own if not (self.root / path).is_file()]
        for path in gone:
            del self.files[path]
        if gone:
            self._write()
        return gone

    def _write(self) -> None:
        files = {name: asdict(entry) for name, entry in sorted(self.files.items())}
        raw = {"version": VERSION, "files": files}
        write_json(self.root / NAME, raw)

    def trouble(self, path: str) -> str:
        """What is wrong with a file that the manifest names; empty if nothing is."""
        entry, file = self.files[path], self.root / path
        if not file.is_file():
            return "missing"
        if file.stat().st_size != entry.size:
            return f"damaged: {file.stat().st_size:,} bytes, not {entry.size:,}"
        return "" if size_and_hash(file)[1] == entry.sha256 else "damaged: its hash is another"

    def is_sound(self, path: str) -> bool:
        """Whether a file is listed, and as it was then."""
        return path in self.files and not self.trouble(path)

    def troubles(self) -> Iterator[tuple[str, str]]:
        """Every file, and what is wrong with it."""
        for path in self.files:
            yield path, self.trouble(path)


def size_and_hash(file: Path) -> tuple[int, str]:
    """A file's size and SHA-256."""
    digest = sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 22):
            digest.update(block)
    return file.stat().st_size, digest.hexdigest()
