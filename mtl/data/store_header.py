"""The header of a token store: what is known of a split without its arrays, and the mark that it is finished.

It is written last, with the checksum of every file beside it and its own.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from mtl.data.content import content_hash
from mtl.data.features.template import SpecialTokens
from mtl.data.packing import Largest
from mtl.errors import UserError
from mtl.sealed import seal, unseal
from mtl.tasks.task import Kind

HEADER = "header.json"


class Stretch(NamedTuple):
    """Records that were read one after another out of one file in one language."""

    file: str
    language: str
    records: int


@dataclass(frozen=True, kw_only=True)
class Header:
    """What is known of a split without touching its arrays."""

    task: str
    split: str
    language: str | None
    kind: Kind
    labels: tuple[str, ...] | None
    num_choices: int | None
    num_records: int
    num_examples: int
    num_documents: int
    num_tokens: int
    num_used_tokens: int
    max_document: int
    """Tokens of the longest document: the positions that an encoder must have."""
    max_example: int
    """Tokens of the longest example: the smallest possible budget."""
    max_example_where: str
    softmaxes: float
    """The mean number of softmaxes of an example: the constant by which its loss is divided."""
    vocabulary: SpecialTokens
    stretches: tuple[Stretch, ...]
    """Of all records, in the order of the store."""
    drops: dict[str, int] = field(default_factory=dict)
    cuts: dict[str, int] = field(default_factory=dict)
    rewriting: dict[str, int] = field(default_factory=dict)
    """What became of the words of copies, if there are any."""

    @property
    def largest(self) -> Largest:
        """The largest example; of an embed task it is a group."""
        return Largest(
            task=self.task,
            where=self.max_example_where,
            num_tokens=self.max_example,
            key=f"tasks.{self.task}.{'group' if self.kind == 'embed' else 'max_length'}",
        )


def read_header(folder: Path) -> Header:
    """The header of a finished store."""
    raw = _read(folder)
    raw.pop("checksums")
    raw["labels"] = None if raw["labels"] is None else tuple(raw["labels"])
    vocabulary = raw["vocabulary"]
    raw["vocabulary"] = SpecialTokens(**{**vocabulary, "special": tuple(vocabulary["special"])})
    raw["stretches"] = tuple(Stretch(*stretch) for stretch in raw["stretches"])
    return Header(**raw)


def read_checksums(folder: Path) -> dict[str, str]:
    """The checksum that each file had when the store was finished."""
    checksums: dict[str, str] = _read(folder)["checksums"]
    return checksums


def write_header(folder: Path, header: Header) -> None:
    """Declare the store in `folder` finished."""
    body = {**asdict(header), "checksums": file_hashes(folder)}
    with (folder / HEADER).open("w", encoding="utf-8") as file:
        file.write(seal(body))
        file.flush()
        os.fsync(file.fileno())


def file_hashes(folder: Path, hash_of: Callable[[Path], str] = content_hash) -> dict[str, str]:
    """The checksum of each of a store's files but the header."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != HEADER)
    return {path.name: hash_of(path) for path in files}


def _read(folder: Path) -> dict[str, Any]:
    body = unseal((folder / HEADER).read_text(encoding="utf-8"))
    if body is None:
        raise ValueError(f"{folder / HEADER}: its checksum does not hold")
    return body


def report(header: Header) -> str:
    """One line that says what the store holds and what was dropped, cut or rewritten on the way."""
    changed = Counter(header.drops) + Counter(header.cuts) + Counter(header.rewriting)
    language = f" {header.language}" if header.language else ""
    line = (
        f"{header.task} {header.split}{language}: {header.num_records:,} records, "
        f"{header.num_examples:,} examples, {header.num_tokens:,} tokens"
    )
    return line + "".join(f"; {count:,} {what}" for what, count in sorted(changed.items()) if count)


def check_positions(header: Header, positions: int) -> None:
    """Refuse documents that have more tokens than the encoder has positions."""
    if header.max_document > positions:
        raise UserError(
            f"tasks.{header.task}.max_length: a document of {header.split} has {header.max_document} tokens, "
            f"the encoder has {positions} positions; set tasks.{header.task}.max_length={positions} or less"
        )
