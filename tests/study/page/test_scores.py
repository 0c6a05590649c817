"""A cell of the scores is the mean over seeds; its gain is over the seeds that the control has as well."""

from dataclasses import replace
from statistics import mean, stdev

import pytest

from mtl.report.tables import MISSING, Cell, Table
from mtl.study.page.scores import language_table, scores_table
from mtl.study.results import StudyResults, read_results
from tests.study.test_analysis import study


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    return read_results(study(tmp_path_factory.mktemp("study"), "seeds=[0,1,2]"))


def without(results: StudyResults, label: str, target: str, *seeds: int) -> StudyResults:
    lost = {(label, target, seed) for seed in seeds}
    return replace(results, by_cell={key: each for key, each in results.by_cell.items() if key not in lost})


def scores_of(results: StudyResults, label: str, target: str) -> dict[int, float]:
    return {each.cell.seed: results.score(each) for each in results.over_seeds(label, target)}


def cell_of(table: Table, label: str, column: str) -> Cell:
    (row,) = (row for row in table.rows if row.label == label)
    return row.cells[[each.label for each in table.columns].index(column)]


def test_a_seed_that_the_control_lacks_counts_for_the_mean_and_not_for_the_gain(
    results: StudyResults,
) -> None:
    table = scores_table(without(results, "none", "xnli", 2))
    control, scores = scores_of(results, "none", "xnli"), scores_of(results, "mnli", "xnli")
    cell = cell_of(table, "mnli", "xnli")
    assert cell.text == f"{mean(scores.values()):.1f} ±{stdev(scores.values()):.1f}"
    assert cell.delta == pytest.approx(mean(scores[seed] - control[seed] for seed in (0, 1)))
    assert cell_of(table, "none", "xnli").delta is None


def test_the_mean_is_of_seeds_that_have_every_target(results: StudyResults) -> None:
    table = scores_table(without(results, "mnli", "pawsx", 1))
    xnli, pawsx = (scores_of(results, "mnli", target) for target in ("xnli", "pawsx"))
    whole = mean((xnli[seed] + pawsx[seed]) / 2 for seed in (0, 2))
    assert cell_of(table, "mnli", "mean").text.startswith(f"{whole:.1f} ")


def test_what_nobody_tested_is_missing_there_and_in_the_mean(results: StudyResults) -> None:
    table = scores_table(without(results, "mnli", "xnli", 0, 1, 2))
    assert cell_of(table, "mnli", "xnli").text == cell_of(table, "mnli", "mean").text == MISSING
    assert cell_of(table, "mnli", "pawsx").text != MISSING


def test_a_language_has_a_line_of_its_own(results: StudyResults) -> None:
    table = language_table(results, "xnli")
    assert [row.label for row in table.rows] == ["de", "en"]
    german = [each.by_language["de"] for each in results.over_seeds("ccg", "xnli")]
    assert cell_of(table, "de", "ccg").text.startswith(f"{mean(german):.1f} ")
