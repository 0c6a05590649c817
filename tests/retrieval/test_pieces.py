"""Pieces of matrices: joined in order with bounded room, and none is lost or wanted again, wherever a kill falls."""

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.retrieval.pieces import Joined, Pieces

ROWS = np.arange(2 * 14 * 4, dtype=np.float16).reshape(2, 14, 4)


class KilledError(BaseException):
    """Nothing is tidied up after it."""


def pieces_in(folder: Path) -> Pieces:
    files = [folder / "a.npy", folder / "b.npy"]
    return Pieces(folder=folder, files=files, shape=(14, 4), dtype=np.dtype(np.float16), size=3)


def make(pieces: Pieces) -> list[int]:
    """All that is missing, then the matrices; gives what was missing."""
    pieces.begin()
    missing = sorted(pieces.missing(range(5)))
    for number in missing:
        pieces.write(number, ROWS[:, pieces.parts[number]].astype(np.float32), num_cut=number)
    pieces.join()
    return missing


def check(pieces: Pieces) -> None:
    for file, rows in zip(pieces.files, ROWS, strict=True):
        made = np.load(file, mmap_mode="r")
        assert made.dtype == np.float16
        np.testing.assert_array_equal(made, rows)
    assert pieces.joined() == Joined(pieces=5, num_cut=0 + 1 + 2 + 3 + 4)


def test_pieces_become_matrices_and_go(tmp_path: Path) -> None:
    pieces = pieces_in(tmp_path / "m")
    assert make(pieces) == [0, 1, 2, 3, 4]
    check(pieces)
    assert sorted(path.name for path in pieces.folder.iterdir()) == ["a.npy", "b.npy", "joined.json"]
    assert make(pieces) == []
    check(pieces)


def test_a_kill_at_any_moment_loses_no_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for moment in count(1):
        pieces, left = pieces_in(tmp_path / str(moment)), moment

        def killing(call: Callable[..., Any]) -> Callable[..., Any]:
            def killed(*args: Any, **kwargs: Any) -> Any:
                nonlocal left
                left -= 1
                if not left:
                    raise KilledError
                return call(*args, **kwargs)

            return killed

        with monkeypatch.context() as patch:
            for where, name in ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "touch")):
                patch.setattr(where, name, killing(getattr(where, name)))
            try:
                make(pieces)
                break
            except KilledError:
                pass
        begun = (pieces.folder / "joined.json").is_file()
        there = {int(path.stem[-6:]) for path in pieces.folder.glob("piece-*.npz")}
        done = there | set(range(pieces.joined().pieces)) if begun else set()
        assert done == set(range(len(done)))
        assert make(pieces) == sorted(set(range(5)) - done)
        check(pieces)
    assert moment > 30


def test_pieces_and_matrices_together_never_take_much_more_room_than_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces, seen = pieces_in(tmp_path / "m"), []
    put = Pieces._put

    def watched(self: Pieces, number: int, matrices: Any) -> int:
        cut = put(self, number, matrices)
        seen.append(len(list(self.folder.glob("piece-*.npz"))))
        return cut

    monkeypatch.setattr(Pieces, "_put", watched)
    make(pieces)
    assert seen == [5, 5, 3, 3, 1]


def test_where_a_matrix_is_gone_all_is_made_again(tmp_path: Path) -> None:
    pieces = pieces_in(tmp_path / "m")
    make(pieces)
    pieces.files[1].unlink()  # the first of what was cleared up, and then came the kill
    assert make(pieces) == [0, 1, 2, 3, 4]
    check(pieces)
