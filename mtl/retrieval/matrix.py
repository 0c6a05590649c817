"""A file of vectors, `.npy`: made chunk by chunk, by any number of ranks, and gone on with after a kill.

It is made in a folder beside its name, with a list of its chunks. The folder belongs to one model, one list
of sentences and one way to embed them, so that nothing else goes on with it.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl.retrieval.embed import Embedder
from mtl.retrieval.ranks import place, wait
from mtl.runfolder import make_folder

CHUNK = 4096
"""Sentences between two saves; sorted by length among themselves."""
_TO_DO = -1


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Vectors on disk."""

    rows: NDArray[Any]
    """[sentences, width], mapped from the file."""
    num_cut: int
    """Sentences that were longer than the encoder was allowed to read."""
    file: Path

    def move_to(self, path: Path) -> None:
        """Give the file its place, once, and take away what its making has left; for the first rank."""
        self.file.replace(path)
        shutil.rmtree(self.file.parent)


def make_matrix(
    path: Path,
    texts: Sequence[str],
    embedder: Embedder,
    *,
    half: bool = False,
    centre: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Matrix:
    """The vectors of the sentences, fp32 or half, less their mean if `centre`; all ranks call it."""
    facts = {
        "model": embedder.identity,
        "settings": {**asdict(embedder.settings), "layer": embedder.layer, "token_budget": 0, "device": ""},
        "half": half,
        "centre": centre,
    }
    aside = path.with_name(f".{path.name}.{_key(facts, texts)}")
    rank, world = place()
    if rank == 0:
        _begin(aside, (len(texts), embedder.width), np.float16 if half else np.float32)
    wait()
    rows = np.load(aside / "rows.npy", mmap_mode="r+")
    cut = np.memmap(aside / "chunks", dtype=np.int32, mode="r+")
    for number in range(rank, len(cut), world):
        part = slice(number * CHUNK, min((number + 1) * CHUNK, len(texts)))
        if cut[number] == _TO_DO:
            before = embedder.num_cut
            rows[part] = embedder.embed(texts[part])
            rows.flush()
            cut[number] = embedder.num_cut - before
            cut.flush()
        if progress is not None:
            progress((part.stop - part.start) * (world if number + world <= len(cut) else 1))
    wait()
    if rank == 0 and centre:
        _centre(aside)
    wait()
    file = aside / ("centred.npy" if centre else "rows.npy")
    return Matrix(rows=np.load(file, mmap_mode="r"), num_cut=int(cut.sum()), file=file)


def _begin(aside: Path, shape: tuple[int, int], dtype: Any) -> None:
    if (aside / "chunks").is_file():
        return
    make_folder(aside)
    _reserve(aside / "rows.npy", shape, dtype)
    todo = np.full(-(-shape[0] // CHUNK), _TO_DO, dtype=np.int32)
    todo.tofile(aside / "making")
    (aside / "making").replace(aside / "chunks")


def _reserve(path: Path, shape: tuple[int, ...], dtype: Any) -> Any:
    """A mapped file with all its room on the disk: a full one is an error here, and not a bus error later."""
    made = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return made


def _centre(aside: Path) -> None:
    """Write another file, of the vectors less their mean."""
    rows = np.load(aside / "rows.npy", mmap_mode="r")
    made = _reserve(aside / "centred.npy", rows.shape, rows.dtype)
    parts = [slice(first, first + CHUNK) for first in range(0, len(rows), CHUNK)]
    mean = np.sum([rows[part].sum(0, dtype=np.float64) for part in parts], axis=0) / len(rows)
    for part in parts:
        made[part] = rows[part] - mean
    made.flush()


def _key(facts: Mapping[str, Any], texts: Sequence[str]) -> str:
    digest = blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8)
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()
