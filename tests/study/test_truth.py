"""On the built-in world the truth is known, and the page of a study finds it.

The encoders have read nothing: dictionaries, or a sister of the target, are all that they know of it. So what is
true shows after few steps, and embeddings must not be frozen.
"""

from pathlib import Path

import pytest

from tests.study.test_studies import rows_of, start

SMALL = (
    "before={}",
    "model.config.hidden_size=64",
    "train.freeze.embeddings=false",
    "data.world.scale=0.2",
    "data.workers=1",
)
SWITCHED = "{augment: {target: dictionaries}}"
SHUFFLED = "{augment: {target: shuffled dictionaries}}"


@pytest.mark.slow
def test_true_dictionaries_help_more_than_shuffled_ones(tmp_path: Path) -> None:
    """The same words, at the same rate, in the same steps; only what they mean differs."""
    start(
        "augmentation_small",
        tmp_path,
        *SMALL,
        f"arms={{dictionaries: {SWITCHED}, shuffled dictionaries: {SHUFFLED}}}",
        "control=shuffled dictionaries",
        "comparisons=[{arm: dictionaries, against: shuffled dictionaries}]",
        "interactions=[]",
        "targets={udpos: {train: {steps: 100}}}",
    )
    folder = tmp_path / "augmentation_small"
    (row,) = rows_of(folder / "gains.csv")
    assert float(row["low"]) > 0 and float(row["p_holm"]) < 0.05
    assert "“dictionaries” gains most over “shuffled dictionaries”" in (folder / "study.html").read_text()


@pytest.mark.slow
def test_the_sister_of_the_target_is_the_source_that_gains_most(tmp_path: Path) -> None:
    """Three sources of equal size, in equal steps; `qaa` alone has words and grammar of `qae`."""
    sources = (f"{code}: {{tasks: {{udpos: {{language: {code}}}}}}}" for code in ("qaa", "qab", "qac"))
    start(
        "finnish_small",
        tmp_path,
        *SMALL,
        f"arms={{none: {{}}, {', '.join(sources)}}}",
        "variants={'': {records: 400, train: {steps: 100}}}",
        "targets={udpos: {}}",
    )
    folder = tmp_path / "finnish_small"
    gains = {row["arm"]: row for row in rows_of(folder / "gains.csv")}
    sister = gains.pop("qaa")
    assert float(sister["low"]) > max(0.0, *(float(other["high"]) for other in gains.values()))
    assert float(sister["p_holm"]) < 0.05
    assert "“qaa” gains most over “none”" in (folder / "study.html").read_text()
