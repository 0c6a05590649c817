"""Gains are held to distances: a language is one source, and where the close one gains most that is found."""

from pathlib import Path

import pytest

from mtl.runfolder import StudyFolder
from mtl.study.analysis import analyse
from mtl.study.closeness import find_closeness
from mtl.study.matrix import StudyMatrix
from mtl.study.results import read_results
from tests.study.test_analysis import ITEMS, SKILL, finish, take_test
from tests.study.test_graph import laid_out
from tests.study.test_sources import SOURCES


def finish_all(matrix: StudyMatrix) -> None:
    """Leave what every phase of the study leaves."""
    for number, cell in enumerate(matrix.cells):
        take_test(matrix, number)
        for name in cell.phases[:-1]:
            finish(matrix, name)


def test_a_language_is_one_source_of_each_variant_whatever_its_arms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = ("qaa", "qab", "qac")
    for label in (*codes, *(f"{code}, small" for code in codes), "again", "again, small"):
        monkeypatch.setitem(SKILL, label, 0.9 if label == "again" else 0.6)
    arms = ", ".join(f"{code}: {{tasks: {{udpos: {{language: {code}}}}}}}" for code in codes)
    matrix = laid_out(
        tmp_path,
        f"arms={{none: {{}}, {arms}, again: {{tasks: {{udpos: {{language: qab}}}}, train: {{lr: 1e-4}}}}}}",
        "variants={'': {}, small: {records: 10}}",
        "targets={xnli: {}}",
        "seeds=[0]",
        "distance_to=qae",
        f"out={tmp_path}",
    )
    finish_all(matrix)
    whole, small = find_closeness(read_results(matrix))
    assert (whole.trains_on, small.trains_on) == (("udpos",), ("udpos", "small"))
    for each in (whole, small):
        assert sorted(point.source.language for point in each.points) == list(codes)
    (twice,) = (point for point in whole.points if point.source.language == "qab")
    assert twice.gain == pytest.approx(25, abs=6), "the mean of 10 and 40 points"
    again = next(c for c in matrix.cells if c.row.label == "again")
    StudyFolder(matrix.recipe.folder).phase(again.phases[-1]).scores.write_text("{}")
    alone = next(iter(find_closeness(read_results(matrix))))
    (once,) = (point for point in alone.points if point.source.language == "qab")
    assert once.gain < twice.gain, "an arm without results leaves the language its other one"


def test_where_the_close_source_gains_most_the_page_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skills = {"none": 0.4, "qaa": 0.9, "qac": 0.7, "qad": 0.65, "en": 0.55, "qab": 0.45, "qae": 0.99}
    for label, skill in skills.items():
        monkeypatch.setitem(SKILL, label, skill)
    top = "qae: {tasks: {udpos: {language: qae}}, aside: upper bound}"
    matrix = laid_out(
        tmp_path,
        f"arms={{none: {{}}, {SOURCES}, {top}}}",
        "variants={}",
        "targets={xnli: {}, pawsx: {}}",
        "seeds=[0,1,2]",
        "distance_to=qae",
        "averages={foreign: {languages: [de]}, gap: {languages: [en], less: [de]}, lacking: {languages: [sw]}}",
        f"out={tmp_path}",
    )
    finish_all(matrix)
    analysis = analyse(read_results(matrix), resamples=50)
    whole, *by_target = analysis.closeness
    assert whole.points[0].source.language == "qaa"
    assert "qae" not in [point.source.language for point in whole.points]
    assert max(whole.points, key=lambda point: point.gain).source.language == "qaa"
    assert whole.agreement is not None and whole.agreement.rho < -0.8 and len(by_target) == 2
    assert len(whole.by_seed) == 3
    assert {finding.comparison.arm for finding in analysis.aside} == {"qae"}
    assert "qae" not in {finding.comparison.arm for finding in (*analysis.means, *analysis.averages)}
    assert {finding.family for finding in analysis.aside} == {1}
    by_average = {(f.average, f.comparison.arm): f for f in analysis.averages}
    assert {name for name, _ in by_average} == {"foreign", "gap"}
    foreign = by_average["foreign", "qaa"]
    assert foreign.gain == pytest.approx(50, abs=6) and foreign.evidence.num_items == 2 * ITEMS
    assert foreign.adjusted is not None and foreign.adjusted < 0.05 and foreign.family == 5
    gap = by_average["gap", "qaa"]
    assert abs(gap.gain) < 6 and gap.adjusted is not None and gap.adjusted > 0.05
    assert set(gap.by_language) == {(t, code) for t in ("xnli", "pawsx") for code in ("de", "en")}
