"""On the built-in world the truth is known: the page of a study finds it, with the settings of the small versions."""

from pathlib import Path

import pytest

from tests.study.test_studies import rows_of, start

SWITCHED = "{augment: {target: dictionaries}}"
SHUFFLED = "{augment: {target: shuffled dictionaries}}"


@pytest.mark.slow
def test_true_dictionaries_help_more_than_shuffled_ones(tmp_path: Path) -> None:
    """The same words, at the same rate, in the same steps; only what they mean differs."""
    start(
        "augmentation_small",
        tmp_path,
        f"arms={{none: {{}}, dictionaries: {SWITCHED}, shuffled dictionaries: {SHUFFLED}}}",
        "comparisons=[{arm: dictionaries, against: shuffled dictionaries}]",
        "interactions=[]",
        "targets={udpos: {}}",
    )
    folder = tmp_path / "augmentation_small"
    (row,) = rows_of(folder / "gains.csv")
    assert float(row["low"]) > 0 and float(row["p_holm"]) < 0.05
    assert "“dictionaries” gains most over “shuffled dictionaries”" in (folder / "study.html").read_text()


@pytest.mark.slow
def test_more_questions_help_a_target_that_asks_the_same_kind(tmp_path: Path) -> None:
    """TyDiQA has a hundred records of its own here; SQuAD's passages and questions are made alike."""
    sizes = ", ".join(f"'{size}': {{records: {size}, curve: three epochs}}" for size in (62, 250, 1000, 2000))
    start(
        "scale_small",
        tmp_path,
        f"variants={{{sizes}}}",
        "targets={tydiqa: {tasks: {tydiqa: {records: 100}}}}",
        "averages={}",
    )
    rows = rows_of(tmp_path / "scale_small" / "curves.csv")
    assert {float(row["slope_low"]) > 0 for row in rows} == {True}
