"""Results are read from a study's folder; what is missing there is named, and costs nothing else."""

import json
from pathlib import Path

from mtl.runfolder import StudyFolder
from mtl.study.analysis import analyse
from mtl.study.page.numbers import scores_csv
from mtl.study.results import read_results
from tests.study.test_analysis import study


def test_a_language_that_a_result_lacks_is_named_and_in_no_mean(tmp_path: Path) -> None:
    matrix = study(tmp_path, "seeds=[0]")
    cell = next(c for c in matrix.cells if (c.row.label, c.target) == ("mnli", "xnli"))
    file = StudyFolder(matrix.recipe.folder).phase(cell.phases[-1]).scores
    scores = json.loads(file.read_text())
    del scores["xnli"]["de"]
    file.write_text(json.dumps(scores))
    results = read_results(matrix)
    assert results.problems == (
        f"mnli, xnli, seed 0: phase {cell.phases[-1]} has no scores in de, so no mean and no test of xnli has it",
    )
    (other,) = results.over_seeds("none", "xnli")
    assert set(other.by_language) == {"de", "en"} and results.score(other) == other.by_language["en"]
    assert f"none,none,xnli,avg,0,{other.by_language['en']!r}" in scores_csv(results)


def test_what_is_missing_is_named_and_the_rest_is_compared(tmp_path: Path) -> None:
    matrix = study(tmp_path, "seeds=[0,1,2,3]")
    lost = next(c for c in matrix.cells if (c.row.label, c.target, c.seed) == ("mnli", "xnli", 3))
    (StudyFolder(matrix.recipe.folder).phase(lost.phases[-1]).root / "phase.json").unlink()
    results = read_results(matrix)
    assert results.problems == (f"mnli, xnli, seed 3: phase {lost.phases[-1]} is not done",)
    trained = StudyFolder(matrix.recipe.folder).phase(lost.phases[0]).root
    (trained / "collapsed.json").write_text('{"mnli": 119}\n', encoding="utf-8")
    collapsed, missing = read_results(matrix).problems
    assert collapsed.startswith(f"phase {trained.name}: mnli had learned nothing by step 119")
    assert (missing,) == results.problems
    by_target = {(f.comparison.arm, f.targets): f.seeds for f in analyse(results, resamples=50).single}
    assert by_target["mnli", ("xnli",)] == (0, 1, 2)
    assert by_target["mnli", ("pawsx",)] == (0, 1, 2, 3)
