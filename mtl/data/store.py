"""The token store: one split of one task as flat memory-mapped arrays, built once and read by every process.

    tokens        int32 [num_tokens]      all documents, one after another
    doc_starts    int64 [num_documents+1] where each document begins in `tokens`
    doc_second    int32 [num_documents]   where its second text begins
    example_docs  int64 [num_examples+1]  the first document of each example
    sites         int32 [num_sites]       positions that the head reads, from the example's first token
    site_starts   int64 [num_examples+1]
    gold          int32 [num_gold]
    gold_starts   int64 [num_examples+1]
    record        int64 [num_examples]    which record the example comes from
    offsets       int32 [num_tokens, 2]   span only: characters of the context under each token
    used_tokens   int32 [num_used_tokens] the tokens that occur, in ascending order

A folder without a header, or in which a checksum does not hold, does not count and is built anew. Dev and
test splits keep their records beside, for decoding and scoring.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl.data.content import content_hash
from mtl.data.ranges import ranges
from mtl.data.store_header import file_hashes, read_checksums, read_header

RECORDS = "records.jsonl"

DTYPES: dict[str, type[np.int32] | type[np.int64]] = {
    "tokens": np.int32,
    "doc_starts": np.int64,
    "doc_second": np.int32,
    "example_docs": np.int64,
    "sites": np.int32,
    "site_starts": np.int64,
    "gold": np.int32,
    "gold_starts": np.int64,
    "record": np.int64,
    "offsets": np.int32,
    "used_tokens": np.int32,
}


class Store:
    """A finished store, memory-mapped."""

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`."""
        self.folder = folder
        self.header = read_header(folder)

    def _array(self, name: str) -> NDArray[Any]:
        path = self.folder / f"{name}.bin"
        if path.stat().st_size == 0:
            return np.zeros(0, dtype=DTYPES[name])
        return np.memmap(path, dtype=DTYPES[name], mode="r")

    @cached_property
    def tokens(self) -> NDArray[np.int32]:
        """All tokens."""
        return self._array("tokens")

    @cached_property
    def doc_starts(self) -> NDArray[np.int64]:
        """Where each document begins."""
        return self._array("doc_starts")

    @cached_property
    def doc_second(self) -> NDArray[np.int32]:
        """Where each document's second text begins."""
        return self._array("doc_second")

    @cached_property
    def example_docs(self) -> NDArray[np.int64]:
        """The first document of each example."""
        return self._array("example_docs")

    @cached_property
    def sites(self) -> NDArray[np.int32]:
        """The positions that the head reads."""
        return self._array("sites")

    @cached_property
    def site_starts(self) -> NDArray[np.int64]:
        """Where each example's sites begin."""
        return self._array("site_starts")

    @cached_property
    def gold(self) -> NDArray[np.int32]:
        """What the head should say."""
        return self._array("gold")

    @cached_property
    def gold_starts(self) -> NDArray[np.int64]:
        """Where each example's gold begins."""
        return self._array("gold_starts")

    @cached_property
    def record(self) -> NDArray[np.int64]:
        """The record of each example."""
        return self._array("record")

    @cached_property
    def offsets(self) -> NDArray[np.int32]:
        """The characters under each token, [num_tokens, 2]."""
        return self._array("offsets").reshape(-1, 2)

    @cached_property
    def used_tokens(self) -> NDArray[np.int32]:
        """The tokens that occur, in ascending order."""
        return self._array("used_tokens")

    def tokens_of(self, examples: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many tokens each of the examples has, all documents together."""
        first, last = self.example_docs[examples], self.example_docs[examples + 1]
        tokens: NDArray[np.int64] = self.doc_starts[last] - self.doc_starts[first]
        return tokens

    def squares_of(self, examples: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sum of the squared document lengths of each of the examples: what attention costs."""
        first, last = self.example_docs[examples], self.example_docs[examples + 1]
        documents, ends = ranges(first, last - first), np.cumsum(last - first)
        squares = (self.doc_starts[documents + 1] - self.doc_starts[documents]) ** 2
        sums = np.concatenate([[0], np.cumsum(squares)])
        of_each: NDArray[np.int64] = sums[ends] - sums[ends - (last - first)]
        return of_each

    def records(self) -> Iterator[dict[str, Any]]:
        """The records of a dev or test split, in order."""
        with (self.folder / RECORDS).open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def is_whole(folder: Path, hash_of: Callable[[Path], str] = content_hash) -> bool:
    """Whether a store is finished, and every array has the size and the checksum that its header says.

    `hash_of` may remember the hash of a file that has not changed since.
    """
    try:
        header = read_header(folder)
        sizes = {name: (folder / f"{name}.bin").stat().st_size for name in DTYPES}
        ends = {name: _last(folder / f"{name}_starts.bin") for name in ("site", "gold")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    examples, documents = header.num_examples, header.num_documents
    counts = {
        "tokens": header.num_tokens,
        "doc_starts": documents + 1,
        "doc_second": documents,
        "example_docs": examples + 1,
        "sites": ends["site"],
        "site_starts": examples + 1,
        "gold": ends["gold"],
        "gold_starts": examples + 1,
        "record": examples,
        "offsets": 2 * header.num_tokens if header.kind == "span" else 0,
        "used_tokens": header.num_used_tokens,
    }
    fits = all(sizes[name] == count * np.dtype(DTYPES[name]).itemsize for name, count in counts.items())
    return fits and file_hashes(folder, hash_of) == read_checksums(folder)


def _last(path: Path) -> int:
    """The last edge of a ragged array, of whose millions nothing else is read."""
    return int(np.memmap(path, dtype=np.int64, mode="r")[-1])


def used_tokens_of(stores: Sequence[Store]) -> NDArray[np.int32]:
    """The tokens that strips of these stores can hold, in ascending order."""
    special = np.array(stores[0].header.vocabulary.special, dtype=np.int32)
    return np.unique(np.concatenate([special, *(store.used_tokens for store in stores)]))
