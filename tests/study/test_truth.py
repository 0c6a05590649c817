"""On the built-in world the truth is known, and the page of a study finds it."""

from pathlib import Path

import pytest

from tests.study.test_studies import rows_of, start

SWITCHED = "{augment: {target: dictionaries}}"
SHUFFLED = "{augment: {target: shuffled dictionaries}}"


@pytest.mark.slow
def test_true_dictionaries_help_more_than_shuffled_ones(tmp_path: Path) -> None:
    """The same words, at the same rate, in the same steps; only what they mean differs.

    The encoder has hardly read any text before, so dictionaries are all that it knows of other languages.
    """
    start(
        "augmentation_small",
        tmp_path,
        f"arms={{none: {{}}, dictionaries: {SWITCHED}, shuffled dictionaries: {SHUFFLED}}}",
        "comparisons=[{arm: dictionaries, against: shuffled dictionaries}]",
        "interactions=[]",
        "before={pretrain: {tasks: [text], train: {steps: 20, examples_per_step: 64}}}",
        "targets={udpos: {train: {steps: 160}}}",
    )
    folder = tmp_path / "augmentation_small"
    (row,) = rows_of(folder / "gains.csv")
    assert float(row["low"]) > 0 and float(row["p_holm"]) < 0.05
    assert "“dictionaries” gains most over “shuffled dictionaries”" in (folder / "study.html").read_text()
