"""Pieces of matrices on disk: each written whole and once, by one process, and joined by the first one.

No two processes ever write the same file. Hosts that share one over a network bring whole pages of it to the
disk, each as it knows them, so that one's rows are lost below the other's.
"""

import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mtl.files import make_folder, write_atomic


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What already stands in the matrices for good; its pieces may be gone."""

    pieces: int
    num_cut: int


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Pieces in a folder, numbered by their place; each holds the same rows of several matrices."""

    folder: Path
    files: Sequence[Path]
    """The matrices, `.npy`."""
    shape: tuple[int, int]
    dtype: Any
    size: int
    """Rows of each matrix in a piece; the last one may have fewer."""

    def begin(self) -> None:
        """Make the folder, unless there is one to go on with.

        A matrix may be gone where a kill fell between its move to its place and the end of the clearing up.
        """
        make_folder(self.folder)
        if not all(file.is_file() for file in (self._mark, *self.files)):
            self._declare(Joined(pieces=0, num_cut=0))

    @property
    def parts(self) -> list[slice]:
        """The rows of each piece."""
        return [
            slice(first, min(first + self.size, self.shape[0]))
            for first in range(0, self.shape[0], self.size)
        ]

    def missing(self, numbers: Sequence[int]) -> set[int]:
        """Those of the pieces that are still to be made."""
        joined = self.joined().pieces
        return {number for number in numbers if number >= joined and not self._piece(number).is_file()}

    def write(self, number: int, rows: NDArray[Any], *, num_cut: int) -> None:
        """Keep a piece, [matrices, rows, width]: from now on it is not missing."""
        packed = BytesIO()
        np.savez(packed, rows=rows.astype(self.dtype, copy=False), num_cut=num_cut)
        write_atomic(self._piece(number), packed.getvalue())

    def join(self) -> None:
        """Put all pieces into the matrices, in order, and take each away once its rows are on the disk."""
        joined, count = self.joined(), len(self.parts)
        if joined.pieces == count:
            return
        with ExitStack() as opened:
            matrices = [
                opened.enter_context(open_matrix(file, self.shape, self.dtype)) for file in self.files
            ]
            for matrix in matrices:
                matrix.seek(joined.pieces * self.size * self.shape[1] * self.dtype.itemsize, os.SEEK_CUR)
            # The more matrices, the smaller a piece: as many go to the disk at a time.
            for first in range(joined.pieces, count, len(matrices)):
                numbers = range(first, min(first + len(matrices), count))
                num_cut = sum(self._put(number, matrices) for number in numbers)
                for matrix in matrices:
                    matrix.flush()
                    os.fsync(matrix.fileno())
                joined = Joined(pieces=numbers.stop, num_cut=joined.num_cut + num_cut)
                self._declare(joined)
                for number in numbers:
                    self._piece(number).unlink()

    def joined(self) -> Joined:
        """How far `join` has come."""
        return Joined(**json.loads(self._mark.read_text(encoding="utf-8")))

    def _put(self, number: int, matrices: Sequence[BinaryIO]) -> int:
        """Append a piece's rows to the matrices; gives how many of its sentences were cut."""
        with np.load(self._piece(number)) as piece:
            for matrix, rows in zip(matrices, piece["rows"], strict=True):
                matrix.write(rows)
            return int(piece["num_cut"])

    def _declare(self, joined: Joined) -> None:
        write_atomic(self._mark, json.dumps(asdict(joined)))

    @property
    def _mark(self) -> Path:
        return self.folder / "joined.json"

    def _piece(self, number: int) -> Path:
        return self.folder / f"piece-{number:06d}.npz"


def open_matrix(path: Path, shape: tuple[int, ...], dtype: Any) -> BinaryIO:
    """A `.npy` to write to, new or begun, where its first row belongs."""
    path.touch()
    file = path.open("r+b")
    facts = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, facts)
    return file
