"""A file of vectors: the right rows, also after a kill and on two ranks."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from mtl.errors import UserError
from mtl.retrieval import matrix
from mtl.retrieval.embed import Embedder, EmbedSettings, Reading
from mtl.retrieval.matrix import make_matrices, make_matrix
from mtl.retrieval.pieces import Pieces
from mtl.retrieval.ranks import here
from tests.kit.ranks import run_on_ranks

TEXTS = ["the fox", "a red tower", "jumps " * 50, "", "北京", "a dog and a fox", "nobody knows"]


def embedder(folder: Path) -> Embedder:
    return Embedder.of_encoder(str(folder), EmbedSettings())


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "CHUNK", 3)


def test_rows_are_the_vectors_in_order(model_folder, tmp_path) -> None:
    made = make_matrix(tmp_path / "m.npy", TEXTS, embedder(model_folder))
    assert made.num_cut == 1
    np.testing.assert_allclose(made.rows, embedder(model_folder).embed(TEXTS), atol=1e-6)
    made.move_to(tmp_path / "m.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["m.npy"]
    assert np.load(tmp_path / "m.npy").shape == (7, 32)


def test_a_second_start_goes_on_where_the_first_was_killed(model_folder, tmp_path) -> None:
    class KilledError(Exception):
        pass

    dying, embedded = embedder(model_folder), []
    alive = dying.read

    def read(texts, readings):
        if embedded:
            raise KilledError
        embedded.append(texts)
        return alive(texts, readings)

    dying.read = read  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        make_matrix(tmp_path / "m", TEXTS, dying)

    again = embedder(model_folder)
    alive = again.read
    again.read = lambda texts, readings: embedded.append(texts) or alive(texts, readings)  # type: ignore[method-assign]
    made = make_matrix(tmp_path / "m", TEXTS, again)
    assert embedded == [TEXTS[:3], TEXTS[3:6], TEXTS[6:]]
    assert made.num_cut == 1
    np.testing.assert_allclose(made.rows, embedder(model_folder).embed(TEXTS), atol=1e-6)


def test_several_layers_and_poolings_are_a_file_each(model_folder, tmp_path) -> None:
    everything = Embedder.of_encoder(str(model_folder), EmbedSettings(), all_layers=True)
    readings = [Reading(layer=4, pooling="first"), Reading(layer=1, pooling="mean")]
    made = make_matrices(tmp_path / "m", TEXTS, everything, readings, centre=True)
    for reading, one in zip(readings, made, strict=True):
        alone = Embedder.of_encoder(
            str(model_folder), EmbedSettings(layer=reading.layer, pooling=reading.pooling)
        )
        rows = alone.embed(TEXTS)
        np.testing.assert_allclose(one.rows, rows - rows.mean(0), atol=1e-5)
        assert one.num_cut == 1


def test_whoever_pauses_may_stop_it_between_two_pieces(model_folder, tmp_path) -> None:
    embedded: list[list[str]] = []

    def watched() -> Embedder:
        made = embedder(model_folder)
        alive = made.read
        made.read = lambda texts, readings: embedded.append(texts) or alive(texts, readings)  # type: ignore[method-assign]
        return made

    def pause() -> None:
        if len(embedded) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        make_matrix(tmp_path / "m", TEXTS, watched(), pause=pause)
    made = make_matrix(tmp_path / "m", TEXTS, watched())
    assert embedded == [TEXTS[:3], TEXTS[3:6], TEXTS[6:]]
    np.testing.assert_allclose(made.rows, embedder(model_folder).embed(TEXTS), atol=1e-6)


@pytest.mark.parametrize("change", ["texts", "settings", "half"])
def test_nothing_else_goes_on_with_it(model_folder, tmp_path, change: str) -> None:
    first = make_matrix(tmp_path / "m", TEXTS, embedder(model_folder))
    other = make_matrix(
        tmp_path / "m",
        [*TEXTS[1:], "x"] if change == "texts" else TEXTS,
        Embedder.of_encoder(str(model_folder), EmbedSettings(pooling="first"))
        if change == "settings"
        else embedder(model_folder),
        half=change == "half",
    )
    assert first.file != other.file


def test_half_precision_and_centring(model_folder, tmp_path) -> None:
    full = make_matrix(tmp_path / "m", TEXTS, embedder(model_folder)).rows
    half = make_matrix(tmp_path / "m", TEXTS, embedder(model_folder), half=True, centre=True).rows
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, full - full.mean(0), atol=2e-2)


def make_on_rank(folder: Path, where: Path) -> tuple[np.ndarray, set[str]]:
    """The rows, and the files that this rank has written."""
    written: set[str] = set()

    def watch(event: str, args: tuple) -> None:
        if event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR):
            written.add(os.fspath(args[0]))
        elif event == "os.rename":
            written.update(map(os.fspath, args[:2]))

    sys.addaudithook(watch)
    matrix.CHUNK = 2
    pauses: list[None] = []
    made = make_matrix(where, TEXTS[:6], embedder(folder), centre=True, pause=lambda: pauses.append(None))
    assert len(pauses) == 2, "of three pieces one rank has two and the other one, yet both pause together"
    return np.array(made.rows), {name for name in written if name.startswith(f"{made.file.parent}/")}


def test_ranks_share_the_work_and_no_file_and_see_all_of_it(model_folder, tmp_path) -> None:
    wanted = embedder(model_folder).embed(TEXTS[:6])
    rows, written = zip(*run_on_ranks(make_on_rank, 2, model_folder, tmp_path / "two"), strict=True)
    for each in rows:
        np.testing.assert_allclose(each, wanted - wanted.mean(0), atol=1e-6)
    assert all(written) and not written[0] & written[1]


def fail_on_rank(folder: Path, where: Path, failing: str) -> str:
    """What this rank hears where one of two cannot go on."""
    ranks, matrix.CHUNK = here(), 2
    made = embedder(folder)

    def fail(*_: object) -> None:
        raise UserError("mend it")

    if failing == "begin" and ranks.first:
        where.parent.write_text("a file where a folder should be")
    elif failing == "join" and ranks.first:
        Pieces.join = fail  # type: ignore[method-assign, assignment]
    elif failing == "embed" and not ranks.first:
        made.read = fail  # type: ignore[method-assign, assignment]
    try:
        make_matrix(where, TEXTS[:6], made, pause=lambda: None)
    except UserError as error:
        return str(error)
    return "made"


@pytest.mark.parametrize("failing", ["begin", "embed", "join"])
def test_what_stops_one_rank_is_told_on_every_rank(model_folder, tmp_path, failing: str) -> None:
    first, second = run_on_ranks(
        fail_on_rank, 2, model_folder, tmp_path / "below" / "m", failing, timeout=120
    )
    assert first == second
    assert ("below" if failing == "begin" else "mend it") in first


def test_no_rank_goes_on_before_all_have_opened_the_files(model_folder, tmp_path, monkeypatch) -> None:
    done: list[str] = []
    load = np.load
    monkeypatch.setattr(matrix.np, "load", lambda *args, **how: done.append("load") or load(*args, **how))
    monkeypatch.setattr(matrix, "together", lambda _, make: (make(), done.append("together"))[0])
    make_matrix(tmp_path / "m", TEXTS, embedder(model_folder))
    assert done[-2:] == ["load", "together"]
