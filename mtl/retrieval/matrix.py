"""Files of vectors, `.npy`: made chunk by chunk, by any number of ranks, and gone on with after a kill.

They are made in a folder beside their name, a file for each layer and pooling that is read, out of pieces.
The folder belongs to one model, one list of sentences and one way to embed them, so that nothing else goes on
with it.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl.retrieval.embed import Embedder, Reading
from mtl.retrieval.pieces import Pieces, open_matrix
from mtl.retrieval.ranks import here
from mtl.together import on_first, together

CHUNK = 4096
"""Vectors between two saves; their sentences are sorted by length among themselves."""


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
    pause: Callable[[], None] | None = None,
) -> Matrix:
    """The vectors of the sentences, fp32 or half, less their mean if `centre`; all ranks call it.

    All call `pause` before each piece, equally often and together: it may raise, and a second call goes on.
    """
    (matrix,) = make_matrices(
        path, texts, embedder, [embedder.reading], half=half, centre=centre, progress=progress, pause=pause
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
    pause: Callable[[], None] | None = None,
) -> list[Matrix]:
    """The same for several layers and poolings, from one pass through the encoder."""
    facts = {
        "model": embedder.identity,
        "settings": {**asdict(embedder.settings), "layer": 0, "pooling": "", "token_budget": 0, "device": ""},
        "readings": [asdict(reading) for reading in readings],
        "half": half,
        "centre": centre,
        "chunk": _chunk(readings),
    }
    aside = path.with_name(f".{path.name}.{_key(facts, texts)}")
    pieces = Pieces(
        folder=aside,
        files=[aside / f"rows-{number}.npy" for number in range(len(readings))],
        shape=(len(texts), embedder.width),
        dtype=np.dtype(np.float16 if half else np.float32),
        size=_chunk(readings),
    )
    ranks = here()
    on_first(ranks, pieces.begin)
    _fill(pieces, texts, embedder, readings, progress, pause)
    on_first(ranks, pieces.join)
    made = pieces.files
    if centre:
        together(ranks, partial(_centre, made[ranks.rank :: ranks.world]))
        made = [_centred(file) for file in made]
    # Whoever moves the files does so once all ranks have opened them.
    return together(ranks, partial(_open, pieces, made))


def _fill(
    pieces: Pieces,
    texts: Sequence[str],
    embedder: Embedder,
    readings: Sequence[Reading],
    progress: Callable[[int], None] | None,
    pause: Callable[[], None] | None,
) -> None:
    """Embed this rank's share of the chunks, where they are missing."""
    ranks, parts = here(), pieces.parts
    mine = range(ranks.rank, len(parts), ranks.world)
    missing = together(ranks, partial(pieces.missing, mine))
    for first in range(0, len(parts), ranks.world):
        if pause is not None:
            pause()
        number = first + ranks.rank
        # After each round, not at the end: else a rank that fails would be heard of hours later.
        together(ranks, partial(_make, pieces, missing & {number}, texts, embedder, readings))
        if progress is not None and number in mine:  # in the last round some have none
            part = parts[number]
            progress((part.stop - part.start) * (ranks.world if number + ranks.world <= len(parts) else 1))


def _make(
    pieces: Pieces,
    numbers: Iterable[int],
    texts: Sequence[str],
    embedder: Embedder,
    readings: Sequence[Reading],
) -> None:
    """Embed the sentences of pieces, and keep them."""
    for number in numbers:
        before = embedder.num_cut
        rows = embedder.read(texts[pieces.parts[number]], readings)
        pieces.write(number, rows, num_cut=embedder.num_cut - before)


def _open(pieces: Pieces, files: Sequence[Path]) -> list[Matrix]:
    num_cut = pieces.joined().num_cut
    return [Matrix(rows=np.load(file, mmap_mode="r"), num_cut=num_cut, file=file) for file in files]


def _chunk(readings: Sequence[Reading]) -> int:
    return max(CHUNK // len(readings), 1)


def _centre(files: Iterable[Path]) -> None:
    """Write another file beside each, of the vectors less their mean."""
    for file in files:
        rows = np.load(file, mmap_mode="r")
        parts = [slice(first, first + CHUNK) for first in range(0, len(rows), CHUNK)]
        mean = np.sum([rows[part].sum(0, dtype=np.float64) for part in parts], axis=0) / len(rows)
        with open_matrix(_centred(file), rows.shape, rows.dtype) as made:
            for part in parts:
                made.write((rows[part] - mean).astype(rows.dtype))


def _centred(file: Path) -> Path:
    return file.with_name(f"centred-{file.name}")


def _key(facts: Mapping[str, Any], texts: Sequence[str]) -> str:
    digest = blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8)
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()
