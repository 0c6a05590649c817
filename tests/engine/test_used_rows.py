"""With the rows that texts touch alone in the model, a run is the one with the whole table, also through checkpoints."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mtl.engine import used_rows
from mtl.engine.optimizer import rate
from mtl.engine.used_rows import TABLE, UsedRows
from tests.kit import cells
from tests.kit.cells import WORDS, Cell
from tests.kit.legs import SAVED, Leg, Walked, walk_all
from tests.kit.ranks import run_on_ranks

STEPS = 6
SPARE = 300
CELLS = {
    "zero0": Cell(0, steps=STEPS, dropout=0.1, spare_words=SPARE),
    "zero1": Cell(1, 170, steps=STEPS, dropout=0.1, spare_words=SPARE),
    "zero3": Cell(3, 170, steps=STEPS, spare_words=SPARE),
    **{f"{half}-1": Cell(1, precision=half, steps=STEPS, spare_words=SPARE) for half in cells.HALVES},
    "lazy": Cell(1, by="step", lazy=True, steps=STEPS, spare_words=SPARE),
}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Walked]:
    stores, root = tmp_path_factory.mktemp("stores"), tmp_path_factory.mktemp("runs")
    cells.make_stores(stores)
    legs = []
    for name, cell in CELLS.items():
        trimmed = replace(cell, trim=True)
        legs += [Leg(f"{name} whole", cell, save=True), Leg(f"{name} trimmed", trimmed, save=True)]
        legs.append(Leg(f"{name} trimmed, resumed", trimmed, load=f"{name} trimmed"))
    legs.append(Leg("trimmed from whole", replace(CELLS["zero1"], trim=True), load="zero1 whole"))
    legs.append(Leg("whole from trimmed", replace(CELLS["zero3"], stage=1), load="zero3 trimmed"))
    return dict(run_on_ranks(walk_all, 2, legs, stores, root)[0])


def waiting_rows(walked: Walked) -> torch.Tensor:
    return walked.state[TABLE][np.setdiff1d(np.arange(cells.VOCABULARY + SPARE), WORDS)]


def assert_same(ours: Walked, theirs: Walked) -> None:
    """To the bit where nothing was ever summed up; elsewhere but for the order of sums in the gradient's norm."""
    assert torch.equal(waiting_rows(ours), waiting_rows(theirs))
    assert ours.losses == pytest.approx(theirs.losses[-len(ours.losses) :], rel=1e-5)
    assert ours.state.keys() == theirs.state.keys()
    for name, value in theirs.state.items():
        assert torch.allclose(ours.state[name], value, rtol=1e-3, atol=2e-5), name


@pytest.mark.parametrize("name", CELLS)
def test_a_trimmed_run_is_the_whole_one(walked: dict[str, Walked], name: str) -> None:
    assert_same(walked[f"{name} trimmed"], walked[f"{name} whole"])


@pytest.mark.parametrize("name", CELLS)
def test_a_trimmed_run_goes_on_bit_for_bit(walked: dict[str, Walked], name: str) -> None:
    whole, resumed = walked[f"{name} trimmed"], walked[f"{name} trimmed, resumed"]
    assert resumed.losses == whole.losses[SAVED:]
    assert [key for key in whole.state if not torch.equal(whole.state[key], resumed.state[key])] == []


def test_checkpoints_know_nothing_of_trimming(walked: dict[str, Walked]) -> None:
    assert_same(walked["trimmed from whole"], walked["zero1 whole"])
    assert_same(walked["whole from trimmed"], walked["zero3 whole"])


def test_rows_that_wait_decay(walked: dict[str, Walked]) -> None:
    start = cells.make_model(CELLS["zero1"]).encoder.embeddings.word.weight.detach()
    share = (
        waiting_rows(walked["zero1 trimmed"]).norm()
        / start[np.setdiff1d(np.arange(len(start)), WORDS)].norm()
    )
    settings = cells.settings(CELLS["zero1"])
    kept = np.prod([1 - settings.weight_decay * rate(settings, step) for step in range(STEPS)])
    assert kept < 1
    assert float(share) == pytest.approx(kept, rel=1e-6)


def test_a_word_that_no_store_names_is_refused() -> None:
    rows = UsedRows(cells.make_model(Cell(0)), WORDS, dtype=torch.float32)
    assert rows.find(np.array([0, 2, 5])).tolist() == [0, 1, 2]
    with pytest.raises(AssertionError, match="does not name"):
        rows.find(np.array([0, 3]))


@pytest.mark.parametrize("factors", [[], [0.999], [1 - 1e-7, 1 - 3e-7] * 4])
@pytest.mark.parametrize("most", [0, used_rows.MANTISSAS], ids=["by mantissa", "one by one"])
def test_products_are_rounded_after_each_factor(
    monkeypatch: pytest.MonkeyPatch, factors: list[float], most: int
) -> None:
    values = torch.randn(20_000, generator=torch.Generator().manual_seed(0)) * torch.logspace(-20, 3, 20_000)
    values[::100] = 0.0
    one_by_one = values.clone()
    for factor in factors:
        one_by_one *= factor
    monkeypatch.setattr(used_rows, "FEW", most)
    used_rows.multiply(values, factors)
    assert torch.equal(values, one_by_one)
