"""Files of vectors, `.npy`: made chunk by chunk, by any number of ranks, and gone on with after a kill.

They are made in a folder beside their name, a file for each layer and pooling that is read, with a list of
the chunks. The folder belongs to one model, one list of sentences and one way to embed them, so that nothing
else goes on with it.
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

from mtl.retrieval.embed import Embedder, Reading
from mtl.retrieval.ranks import is_first, my_rank, num_ranks, wait
from mtl.runfolder import make_folder

CHUNK = 4096
"""Vectors between two saves; their sentences are sorted by length among themselves."""
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
    (matrix,) = make_matrices(
        path, texts, embedder, [embedder.reading], half=half, centre=centre, progress=progress
    )
    return matrix


def make_matrices(
    path: Path,
    texts: Sequence[str],
    embedder: Embedder,
    readings: Sequence[Reading],
    *,
    half: bool = False,
    centre: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[Matrix]:
    """The same for several layers and poolings, from one pass through the encoder."""
    facts = {
        "model": embedder.identity,
        "settings": {**asdict(embedder.settings), "layer": 0, "pooling": "", "token_budget": 0, "device": ""},
        "readings": [asdict(reading) for reading in readings],
        "half": half,
        "centre": centre,
    }
    aside = path.with_name(f".{path.name}.{_key(facts, texts)}")
    files = [aside / f"rows-{number}.npy" for number in range(len(readings))]
    if is_first():
        _begin(aside, files, (len(texts), embedder.width), np.float16 if half else np.float32)
    wait()
    _fill(aside, files, texts, embedder, readings, progress)
    wait()
    if centre:
        for file in files[my_rank() :: num_ranks()]:
            _centre(file)
    wait()
    num_cut = int(np.memmap(aside / "chunks", dtype=np.int32, mode="r").sum())
    made = [_centred(file) for file in files] if centre else files
    return [Matrix(rows=np.load(file, mmap_mode="r"), num_cut=num_cut, file=file) for file in made]


def _begin(aside: Path, files: Sequence[Path], shape: tuple[int, int], dtype: Any) -> None:
    if (aside / "chunks").is_file():
        return
    make_folder(aside)
    for file in files:
        _reserve(file, shape, dtype)
    todo = np.full(-(-shape[0] // _chunk(files)), _TO_DO, dtype=np.int32)
    todo.tofile(aside / "making")
    (aside / "making").replace(aside / "chunks")


def _reserve(path: Path, shape: tuple[int, ...], dtype: Any) -> Any:
    """A mapped file with all its room on the disk: a full one is an error here, and not a bus error later."""
    made = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return made


def _fill(
    aside: Path,
    files: Sequence[Path],
    texts: Sequence[str],
    embedder: Embedder,
    readings: Sequence[Reading],
    progress: Callable[[int], None] | None,
) -> None:
    """Embed this rank's share of the chunks that are missing."""
    rank, world = my_rank(), num_ranks()
    cut = np.memmap(aside / "chunks", dtype=np.int32, mode="r+")
    matrices = [np.load(file, mmap_mode="r+") for file in files]
    size = _chunk(files)
    for number in range(rank, len(cut), world):
        part = slice(number * size, min((number + 1) * size, len(texts)))
        if cut[number] == _TO_DO:
            before = embedder.num_cut
            for matrix, rows in zip(matrices, embedder.read(texts[part], readings), strict=True):
                matrix[part] = rows
                matrix.flush()
            cut[number] = embedder.num_cut - before
            cut.flush()
        if progress is not None:
            progress((part.stop - part.start) * (world if number + world <= len(cut) else 1))


def _chunk(files: Sequence[Path]) -> int:
    return max(CHUNK // len(files), 1)


def _centre(file: Path) -> None:
    """Write another file, of the vectors less their mean."""
    rows = np.load(file, mmap_mode="r")
    made = _reserve(_centred(file), rows.shape, rows.dtype)
    parts = [slice(first, first + CHUNK) for first in range(0, len(rows), CHUNK)]
    mean = np.sum([rows[part].sum(0, dtype=np.float64) for part in parts], axis=0) / len(rows)
    for part in parts:
        made[part] = rows[part] - mean
    made.flush()


def _centred(file: Path) -> Path:
    return file.with_name(f"centred-{file.name}")


def _key(facts: Mapping[str, Any], texts: Sequence[str]) -> str:
    digest = blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8)
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()
