"""A run is scored again with the labels that are there by now: in its own folder, or in its data folder."""

import json
from pathlib import Path

import pytest

from mtl.phase_record import Identity, PhaseRecord, write_record
from mtl.run.recipe.read import load_recipe, resolved
from mtl.run.rescoring import score_run
from mtl.runfolder import PhaseFolder, RunFolder

GRAPH = """
model: {name: xlm-roberta-base}
data: {root: ROOT}
phases: {find: {kind: retrieve, tasks: [tatoeba]}}
"""


@pytest.fixture
def phase(tmp_path: Path) -> PhaseFolder:
    """A phase that has found Tatoeba's lines in a language whose labels nobody had."""
    (tmp_path / "graph.yaml").write_text(GRAPH.replace("ROOT", str(tmp_path / "data")))
    folder = RunFolder(tmp_path / "graph")
    folder.root.mkdir()
    folder.recipe.write_text(resolved(load_recipe(tmp_path / "graph.yaml")))
    found = folder.phase("find")
    write(found.predictions / "tatoeba/test-de.tsv", "0\n1\n")
    identity = Identity(settings={}, data={}, start="")
    record = PhaseRecord(
        name="find", kind="retrieve", after=None, arm="none", seed=0, tasks=("tatoeba",),
        identity=identity, done=True,
    )  # fmt: skip
    write_record(found, record)
    return found


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def accuracy(phase: PhaseFolder) -> float:
    score_run(phase.root.parent)
    found: float = json.loads(phase.scores.read_text())["tatoeba"]["de"]["accuracy"]
    return found


def test_labels_that_come_late_or_change_are_brought_from_the_data_folder(
    phase: PhaseFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score_run(phase.root.parent)
    told = capsys.readouterr().out.replace("\n", "")
    assert "tatoeba: no labels, so no scores: de; eval.py looks for" in told
    late = tmp_path / "data/labels/tatoeba/test-de.tsv"
    write(late, "1\n0\n")
    assert accuracy(phase) == 0.0
    write(late, "0\n0\n")
    assert accuracy(phase) == 50.0


def test_labels_may_come_into_the_run_where_its_data_are_gone(phase: PhaseFolder) -> None:
    write(phase.labels / "tatoeba/test-de.tsv", "0\n1\n")
    assert accuracy(phase) == 100.0
