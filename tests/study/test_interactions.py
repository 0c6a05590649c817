"""From files of predictions: a planted interaction is found, one that was not is not, and the page says so."""

from pathlib import Path

import pytest

from mtl.study.analysis import analyse
from mtl.study.page.interactions import interaction_answer
from mtl.study.page.numbers import interactions_csv
from tests.study.test_curves import page_of, rows_of, taken

SKILL = {"none": 0.2, "mnli": 0.75, "switched": 0.75, "both": 0.8}
SWITCH = "{rewrite: {dictionaries: 'dictionaries/en-{lang}.txt'}}"
FOUR = (
    f"augmentations={{switch: {{xnli: {SWITCH}}}}}",
    "arms={none: {}, mnli: {tasks: [mnli]}, switched: {augment: {target: switch}}, "
    "both: {tasks: [mnli], augment: {target: switch}}}",
    "variants={}",
    "interactions=[{both: both, one: mnli, other: switched, neither: none}]",
)


def test_two_measures_that_do_the_same_work_are_found_out(tmp_path: Path) -> None:
    results = taken(tmp_path, SKILL, *FOUR)
    analysis = analyse(results, resamples=300)
    (found,) = analysis.interactions
    evidence = found.evidence
    # English: both 60 points, each alone 55; German half of it.
    assert evidence.value == pytest.approx(0.75 * (60 - 55 - 55), abs=4)
    assert evidence.estimate is not None and evidence.estimate.high < 0
    assert found.adjusted == evidence.estimate.p
    assert (
        evidence.bootstrap is not None and evidence.bootstrap.low < evidence.value < evidence.bootstrap.high
    )
    assert evidence.permutation is not None and evidence.permutation < 0.01
    assert found.kept == pytest.approx(60 / 110, abs=0.1)
    (row,) = rows_of(interactions_csv(analysis))
    assert float(row["p_permutation"]) == evidence.permutation
    assert float(row["interaction"]) == evidence.value and row["both"] == "both"
    shown = f"{evidence.value:.1f}".replace("-", "\N{MINUS SIGN}")
    assert f"an interaction of {shown}" in interaction_answer(analysis.interactions)
    assert "less than the sum" in interaction_answer(analysis.interactions)
    page = page_of(results, analysis)
    assert "Interactions" in page and f"{evidence.value:+.2f}".replace("-", "\N{MINUS SIGN}") in page


def test_without_an_interaction_none_is_claimed(tmp_path: Path) -> None:
    analysis = analyse(
        taken(tmp_path, {"none": 0.3, "mnli": 0.5, "switched": 0.5, "both": 0.7}, *FOUR), resamples=100
    )
    assert "cannot be told from adding up" in interaction_answer(analysis.interactions)
    (found,) = analysis.interactions
    assert found.evidence.permutation is not None and found.evidence.permutation > 0.05
