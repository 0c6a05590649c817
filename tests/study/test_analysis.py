"""From files of predictions to an answer: an effect that was planted is found, one that was not is not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl.evaluate.score import score_task
from mtl.phase_record import write_record
from mtl.run.identity import identity_of
from mtl.run.new_record import new_record
from mtl.runfolder import StudyFolder
from mtl.study.analysis import analyse
from mtl.study.matrix import StudyMatrix
from mtl.study.page.cells import score_cell
from mtl.study.results import read_results
from mtl.tasks.benchmarks import XTREME
from tests.study.test_graph import laid_out

LABELS = ("contradiction", "entailment", "neutral")
ITEMS = 200
SKILL = {"none": 0.5, "mnli": 0.75, "ccg": 0.5}
"""By arm: how often it is right."""
ARMS = "arms={none: {}, mnli: {tasks: [mnli]}, ccg: {tasks: [ccg]}}"


def study(folder: Path, *overrides: str) -> StudyMatrix:
    """A study whose tests have all been taken, with answers of that skill, in two languages and two tasks."""
    matrix = laid_out(
        folder, ARMS, "variants={}", "targets={xnli: {}, pawsx: {}}", f"out={folder}", *overrides
    )
    for number, cell in enumerate(matrix.cells):
        take_test(matrix, number)
        for name in cell.phases[:-1]:
            finish(matrix, name)
    return matrix


def take_test(matrix: StudyMatrix, number: int) -> None:
    cell = matrix.cells[number]
    generator = np.random.default_rng(number)
    folder = StudyFolder(matrix.recipe.folder).phase(cell.phases[-1])
    member = next(member for member in XTREME.members if member.task == cell.target)
    member = replace(member, languages=("de", "en"))
    labels = LABELS if cell.target == "xnli" else ("0", "1")
    for language in member.languages:
        true = [labels[i % len(labels)] for i in range(ITEMS)]
        other = [labels[(i + 1) % len(labels)] for i in range(ITEMS)]
        is_right = generator.random(ITEMS) < SKILL[cell.row.label]
        said = [t if right else o for t, o, right in zip(true, other, is_right, strict=True)]
        for place, lines in ((folder.predictions, said), (folder.labels, true)):
            file = place / member.file(language)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{line}\n" for line in lines))
    score = score_task(member, folder.predictions, folder.labels, [])
    assert score is not None
    folder.scores.write_text(json.dumps({cell.target: score.as_json()}))
    finish(matrix, cell.phases[-1])


def finish(matrix: StudyMatrix, name: str) -> None:
    phase = matrix.recipe.phases[name]
    record = new_record(matrix.recipe, phase, identity_of(phase, data={}, start=""))
    folder = StudyFolder(matrix.recipe.folder).phase(name)
    folder.root.mkdir(parents=True, exist_ok=True)
    write_record(folder, replace(record, done=True, seconds=2.0))


def test_a_planted_gain_is_found_and_nothing_else(tmp_path: Path) -> None:
    analysis = analyse(read_results(study(tmp_path, "seeds=[0,1,2]")), resamples=300)
    mnli, ccg = analysis.means
    assert (mnli.comparison.arm, ccg.comparison.arm) == ("mnli", "ccg")
    assert mnli.gain == pytest.approx(25, abs=5) and mnli.adjusted is not None and mnli.adjusted < 0.01
    assert ccg.gain == pytest.approx(0, abs=5) and ccg.adjusted is not None and ccg.adjusted > 0.05
    assert (
        mnli.evidence.bootstrap is not None
        and mnli.evidence.bootstrap.p < 0.01
        and mnli.evidence.permutation is not None
    )
    assert mnli.evidence.permutation < 0.01 < (ccg.evidence.permutation or 0)
    assert {finding.family for finding in analysis.means} == {2}
    assert {finding.family for finding in analysis.single} == {4}


def test_translations_are_one_cluster_and_gains_by_language_add_up(tmp_path: Path) -> None:
    analysis = analyse(read_results(study(tmp_path, "seeds=[0,1,2]")), resamples=100)
    for finding in analysis.single:
        assert (finding.evidence.num_items, finding.evidence.num_clusters) == (2 * ITEMS, ITEMS)
        assert np.mean(list(finding.by_language.values())) == pytest.approx(finding.gain)
    assert {finding.evidence.num_clusters for finding in analysis.means} == {2 * ITEMS}  # two targets


def test_targets_that_share_data_are_left_out_in_a_second_look(tmp_path: Path) -> None:
    analysis = analyse(read_results(study(tmp_path, "seeds=[0,1,2]")), {("mnli", "xnli")}, resamples=100)
    (apart,) = analysis.clean
    assert apart.comparison.arm == "mnli" and apart.targets == ("pawsx",)


def test_arms_and_targets_are_factors_of_models_that_stand_on_all_targets(tmp_path: Path) -> None:
    effects = {
        e.name: e for e in analyse(read_results(study(tmp_path, "seeds=[0,1,2]")), resamples=50).effects
    }
    assert {name: effect.freedom for name, effect in effects.items()} == {
        "arm": 2,
        "seeds of an arm": 6,
        "target": 1,
        "arm x target": 2,
        "rest": 6,
    }
    assert effects["arm"].p is not None and effects["arm"].p < 1e-4


def test_an_average_over_targets_without_a_common_seed_is_left_out(tmp_path: Path) -> None:
    matrix = study(tmp_path, "seeds=[0,1]", "averages={german: {languages: [de]}}")
    for target, seed in (("xnli", 0), ("pawsx", 1)):
        lost = next(c for c in matrix.cells if (c.row.label, c.target, c.seed) == ("mnli", target, seed))
        (StudyFolder(matrix.recipe.folder).phase(lost.phases[-1]).root / "phase.json").unlink()
    analysis = analyse(read_results(matrix), resamples=50)
    assert {finding.comparison.arm for finding in analysis.averages} == {"ccg"}


def test_too_few_seeds_are_compared_but_not_tested(tmp_path: Path) -> None:
    analysis = analyse(read_results(study(tmp_path, "seeds=[0,1]")), resamples=50)
    findings = (*analysis.means, *analysis.single)
    assert findings
    for finding in findings:
        assert finding.evidence.estimate is None and finding.adjusted is None and finding.family == 0
        assert "2 random seeds, 3 are needed" in str(finding.note)
        assert finding.evidence.bootstrap is not None


@pytest.mark.parametrize(("vary", "seeds", "arms"), [("target", (0,), None), ("all", (0, 1, 2), 2)])
def test_a_model_that_no_seed_trains_anew_counts_once(
    tmp_path: Path, vary: str, seeds: tuple[int, ...], arms: int | None
) -> None:
    targets = "targets={xnli: {}, pawsx: {kind: retrieve}}"
    analysis = analyse(read_results(study(tmp_path, targets, "seeds=[0,1,2]", f"vary={vary}")), resamples=50)
    trained, found = (
        next(f for f in analysis.single if (f.comparison.arm, f.targets) == ("mnli", (target,)))
        for target in ("xnli", "pawsx")
    )
    assert trained.seeds == (0, 1, 2) and trained.evidence.estimate is not None
    assert found.seeds == seeds and (found.evidence.estimate is None) == (found.note is not None) == (
        vary == "target"
    )
    scattered = {spread.target: spread.num_arms for spread in analysis.spreads}
    assert scattered == {"xnli": 3} | ({} if arms is None else {"pawsx": arms}), "the control is one model"
    assert analysis.effects == ()
    results = read_results(study(tmp_path, targets, "seeds=[0,1,2]", f"vary={vary}"))
    assert "±" not in score_cell(results, "none", ("pawsx",)).text, "one model has no deviation"
    assert "±" in score_cell(results, "none", ("xnli",)).text
