"""A run's predictions become one submission: each task from the phase that is meant, under the benchmark's name."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.recipe.read import load_recipe, resolved
from mtl.run.submitting import submit_run
from mtl.tasks.benchmarks import XTREME, XTREME_R, Benchmark

GRAPH = """
model: {name: xlm-roberta-base}
data: {root: data}
train: {steps: 1}
phases:
  nine: {arm: nine, tasks: [mnli]}
  squad: {after: nine, tasks: [squad_v1]}
  xnli: {kind: evaluate, after: nine, tasks: [xnli]}
  other: {kind: evaluate, after: nine, arm: other, tasks: [xnli]}
  pawsx: {kind: evaluate, after: nine, tasks: [pawsx]}
  retrieval: {kind: retrieve, after: nine, tasks: [tatoeba]}
  retrieval-xtreme-r: {kind: retrieve, after: squad, tasks: [tatoeba_squad]}
"""
ANSWERS = {
    "xnli": {"xnli/test-en.tsv": "neutral\n"},
    "other": {"xnli/test-en.tsv": "entailment\n"},
    "pawsx": {"pawsx/test-en.tsv": "0\n"},
    "retrieval": {"tatoeba/test-de.tsv": "1\n"},
    "retrieval-xtreme-r": {"tatoeba/test-de.tsv": "2\n"},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with two arms that hold XNLI, and one that holds Tatoeba twice, before and after SQuAD."""
    (tmp_path / "graph.yaml").write_text(GRAPH)
    root = tmp_path / "graph"
    root.mkdir()
    (root / "recipe.yaml").write_text(resolved(load_recipe(tmp_path / "graph.yaml")))
    for phase, files in ANSWERS.items():
        for name, text in files.items():
            file = root / phase / "predictions" / name
            file.parent.mkdir(parents=True)
            file.write_text(text)
    return root


def small(benchmark: Benchmark, languages: Mapping[str, str]) -> Benchmark:
    """Some tasks of a benchmark in one language each, by folder."""
    members = (one for one in benchmark.members if one.folder in languages)
    return replace(
        benchmark, groups={"all": tuple(replace(one, languages=(languages[one.folder],)) for one in members)}
    )


def test_of_a_task_in_two_arms_the_last_one_named_counts(run: Path, tmp_path: Path) -> None:
    benchmark = small(XTREME, {"pawsx": "en", "xnli": "en"})
    with pytest.raises(
        UserError, match=r"xnli was predicted by xnli and by other.*--arm 'nine' or --arm 'other'"
    ):
        submit_run(run, tmp_path / "out", benchmark)
    assert submit_run(run, tmp_path / "out", benchmark, arms=["nine"]) == 2
    assert (tmp_path / "out/xnli/test-en.tsv").read_text() == "neutral\n"
    assert submit_run(run, tmp_path / "mixed", benchmark, arms=["nine", "other"]) == 2
    assert (tmp_path / "mixed/xnli/test-en.tsv").read_text() == "entailment\n"


@pytest.mark.parametrize(("benchmark", "answer"), [(XTREME, "1\n"), (XTREME_R, "2\n")])
def test_each_benchmark_gets_its_own_tatoeba_of_one_arm(
    run: Path, tmp_path: Path, benchmark: Benchmark, answer: str
) -> None:
    assert submit_run(run, tmp_path / "out", small(benchmark, {"tatoeba": "de"}), arms=["nine"]) == 1
    assert (tmp_path / "out/tatoeba/test-de.tsv").read_text() == answer


def test_what_no_phase_has_predicted_is_named(run: Path, tmp_path: Path) -> None:
    whole = small(XTREME_R, {"xnli": "en", "tatoeba": "de"})
    message = f"^{run}: no phase of these arms has predicted tatoeba_squad; xtreme-r wants all"
    with pytest.raises(UserError, match=message):
        submit_run(run, tmp_path / "out", whole, arms=["other"])
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_wrong_and_an_arm_that_is_not_there_are_named(run: Path, tmp_path: Path) -> None:
    benchmark = small(XTREME, {"xnli": "en"})
    (run / "xnli/predictions/xnli/test-en.tsv").write_text("neutrl\n")
    with pytest.raises(UserError, match=rf"^{run}: xnli/test-en.tsv:1: "):
        submit_run(run, tmp_path / "wrong", benchmark, arms=["nine"])
    with pytest.raises(UserError, match="unknown arm 'nin'; did you mean nine"):
        submit_run(run, tmp_path / "again", benchmark, arms=["nin"])


def test_what_was_predicted_of_a_dev_split_is_no_answer_to_the_test(run: Path, tmp_path: Path) -> None:
    (run / "other/predictions/xnli/test-en.tsv").rename(run / "other/predictions/xnli/dev-en.tsv")
    assert submit_run(run, tmp_path / "out", small(XTREME, {"xnli": "en"})) == 1
    assert (tmp_path / "out/xnli/test-en.tsv").read_text() == "neutral\n"


def test_two_phases_of_one_arm_that_predict_a_task_are_named_by_their_folders(
    run: Path, tmp_path: Path
) -> None:
    recipe = (run / "recipe.yaml").read_text()
    (run / "recipe.yaml").write_text(recipe.replace("arm: other", "arm: nine"))
    message = (
        f"xnli was predicted by xnli and by other, both of the arm 'nine'; move one aside: "
        f"{run}/xnli/predictions/xnli or {run}/other/predictions/xnli$"
    )
    for arms in ([], ["nine"]):
        with pytest.raises(UserError, match=message):
            submit_run(run, tmp_path / "out", small(XTREME, {"xnli": "en"}), arms=arms)
