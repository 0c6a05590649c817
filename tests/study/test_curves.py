"""From files of predictions: a planted learning curve is found, and the page draws it."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mtl.evaluate.score import score_task
from mtl.runfolder import StudyFolder
from mtl.study.analysis import Analysis, analyse
from mtl.study.curves import _places, curve_problems, find_curves
from mtl.study.leakage import Leakage
from mtl.study.matrix import StudyMatrix
from mtl.study.page.curves import curves_answer
from mtl.study.page.numbers import curves_csv
from mtl.study.page.page import render
from mtl.study.results import StudyResults, read_results
from mtl.tasks.benchmarks import XTREME
from tests.study.test_analysis import finish
from tests.study.test_graph import laid_out

ITEMS = 300
GROUPS = {"xnli": "near", "pawsx": "near", "copa": None, "udpos": None}
SIZES = (50, 100, 200, 400)
BY_SIZE = {"none": 0.4} | {f"mnli, {size}": 0.45 + 0.1 * place for place, size in enumerate(SIZES)}
CURVE = (
    "arms={none: {}, mnli: {tasks: [mnli]}}",
    "variants={" + ", ".join(f"'{n}': {{records: {n}, curve: steps}}" for n in SIZES) + "}",
    "averages={de less en: {languages: [de], less: [en]}}",
)


def taken(folder: Path, skill: dict[str, float], *overrides: str) -> StudyResults:
    """The results of a study whose arms answer as rightly as told, the German half as much above chance."""
    matrix = laid_out(folder, *overrides, "targets={xnli: {}}", "seeds=[1, 2, 3]", f"out={folder}")
    member = next(member for member in XTREME.members if member.task == "xnli")
    member = replace(member, languages=("de", "en"))
    for number, cell in enumerate(matrix.cells):
        place = StudyFolder(matrix.recipe.folder).phase(cell.phases[-1])
        generator = np.random.default_rng(number)
        for language in member.languages:
            rate = skill[cell.row.label] if language == "en" else 0.2 + skill[cell.row.label] / 2
            said = np.where(generator.random(ITEMS) < rate, "neutral", "entailment")
            for where, lines in ((place.predictions, said), (place.labels, ["neutral"] * ITEMS)):
                file = where / member.file(language)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("".join(f"{line}\n" for line in lines))
        score = score_task(member, place.predictions, place.labels, [])
        assert score is not None
        place.scores.write_text(json.dumps({"xnli": score.as_json()}))
        for name in cell.phases:
            finish(matrix, name)
        if cell.intermediate is not None:
            _write_mixture(matrix, cell.intermediate)
    return read_results(matrix)


def _write_mixture(matrix: StudyMatrix, name: str) -> None:
    records = matrix.recipe.phases[name].tasks["mnli"].records
    file = StudyFolder(matrix.recipe.folder).phase(name).mixture
    file.write_text(json.dumps([{"records": records, "epochs": 3.0}]))


def page_of(results: StudyResults, analysis: Analysis) -> str:
    return render(results, analysis, Leakage(leaks=(), problems=()), commands=[], files=[])


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_a_curve_has_its_slope_its_sizes_and_its_place_on_the_page(tmp_path: Path) -> None:
    results = taken(tmp_path, BY_SIZE, *CURVE)
    analysis = analyse(results, resamples=300)
    difference, whole = analysis.curves
    assert whole.sizes == SIZES and whole.name == "mnli, steps" and whole.where == "xnli"
    assert whole.base == pytest.approx(40, abs=3)
    assert whole.slope is not None and whole.slope.gain == pytest.approx(7.5, abs=1.5)
    assert whole.slope.low > 0 and whole.adjusted is not None and whole.adjusted < 0.05
    assert whole.law is not None and whole.law.saturation.value > SIZES[-1]
    assert difference.is_difference and difference.law is None
    assert difference.slope is not None and difference.slope.gain == pytest.approx(-5, abs=2.5)
    said = curves_answer(analysis.curves)
    assert (
        said.startswith("Of 1 learning curve, 1 rises")
        and "De less en" in said
        and "less for the first" in said
    )
    rows = rows_of(curves_csv(analysis))
    assert len(rows) == 2 * len(SIZES) * 3
    assert {float(row["slope"]) for row in rows if row["where"] == "xnli"} == {whole.slope.gain}
    mean = np.mean(
        [float(row["percent"]) for row in rows if (row["where"], row["records"]) == ("xnli", "400")]
    )
    page = page_of(results, analysis)
    assert f"400: {mean:.1f}</title>" in page and page.count("<circle") >= len(SIZES)


def test_a_size_is_what_training_saw_of_the_records_and_one_for_all_seeds(tmp_path: Path) -> None:
    results = taken(tmp_path, BY_SIZE, *CURVE)
    names = dict.fromkeys(c.intermediate for c in results.matrix.cells if c.row.label == "mnli, 400")
    for name, records in zip(names, (800, 1000, 1200), strict=True):
        file = StudyFolder(results.matrix.recipe.folder).phase(str(name)).mixture
        file.write_text(json.dumps([{"records": records, "epochs": 0.4}, {"records": 100, "epochs": 1.7}]))
    *_, whole = find_curves(results, resamples=50)
    assert whole.sizes == (50, 100, 200, 500) and whole.labels[-1] == "mnli, 400"


def test_three_sizes_carry_a_line_and_no_law(tmp_path: Path) -> None:
    results = taken(
        tmp_path, BY_SIZE, CURVE[0], CURVE[1].replace("'400': {records: 400, curve: steps}", ""), CURVE[2]
    )
    *_, whole = analyse(results, resamples=50).curves
    assert whole.slope is not None and whole.law is None and whole.note is None


def test_arms_of_one_size_are_no_points_of_their_curve_and_are_named(tmp_path: Path) -> None:
    variants = CURVE[1].replace("variants={", "variants={'again': {records: 400, curve: steps}, ")
    results = taken(tmp_path, BY_SIZE | {"mnli, again": 0.3}, CURVE[0], variants)
    (curve,) = find_curves(results, resamples=50)
    assert curve.sizes == SIZES[:-1]
    assert curve_problems(results) == (
        "mnli, again and mnli, 400 have seen 400 records each and are left out of the learning curve mnli, steps: "
        "name their curves apart",
    )


def test_a_target_that_is_its_own_group_is_one_place() -> None:
    targets = {name: SimpleNamespace(group=group) for name, group in GROUPS.items()}
    study = SimpleNamespace(targets=targets, averages={})
    results: Any = SimpleNamespace(
        matrix=SimpleNamespace(study=study), languages=dict.fromkeys(GROUPS, ("en",))
    )
    names = [place.name for place in _places(results)]
    assert names == ["mean of 4 targets", "near", "xnli", "pawsx", "copa", "udpos"]
