"""A save looks first whether the run is still where it was; what a phase saves after damage is there to go on from."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mtl.engine.checkpoint_files import MARKER
from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.evaluate.dev import DevScores, StoppingState
from mtl.files import write_atomic
from mtl.run import keeping
from mtl.run.keeping import DRAW, TRAINING, Keeper
from mtl.run.terminal import Terminal
from mtl.run.training_state import TrainingState
from mtl.runfolder import PhaseFolder
from tests.kit import checkpoints
from tests.kit.checkpoints import HARMS

ALONE = Ranks.alone()
UNUSED = cast("Any", None)
STATE = TrainingState(
    measures={},
    stopping=StoppingState(best=0.5, best_step=4999, since=1),
    guard={},
    first={"loss": 1.0},
    last={},
    scores=DevScores(by_task={}, mean=0.5),
    evaluation_due=False,
)
RECORDS = {DRAW: "drawn so", TRAINING: STATE.record()}


def test_a_folder_that_has_vanished_is_not_made_anew_without_its_past(tmp_path: Path) -> None:
    mount = tmp_path / "run"
    mount.mkdir()  # the empty place at which a volume was
    keeper = Keeper(UNUSED, UNUSED, PhaseFolder(mount / "phase"), UNUSED, ALONE)
    with pytest.raises(UserError, match=r"run/phase: is no longer there.*bring it back.*--resume"):
        keeper.save(3, STATE)
    assert list(mount.iterdir()) == []


def keeper_of(folder: PhaseFolder, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """A keeper of two checkpoints of a phase that has begun; its engine is none."""

    def save(engine: Any, root: Path, *, step: int, records: Any) -> Any:
        return SimpleNamespace(finish=partial(checkpoints.write, root, step, records=RECORDS))

    monkeypatch.setattr(keeping, "Save", save)
    monkeypatch.setattr(keeping, "load_state", lambda engine, checkpoint: None)
    write_atomic(folder.record, "{}")
    prepared: Any = SimpleNamespace(
        heads=(),
        hf_config=SimpleNamespace(to_dict=dict),
        tokenizer="",
        steps=SimpleNamespace(fingerprint=RECORDS[DRAW]),
        phase=SimpleNamespace(train=SimpleNamespace(keep_checkpoints=2)),
    )
    return Keeper(UNUSED, prepared, folder, Terminal(enabled=True), ALONE)


def test_what_is_saved_after_damage_is_kept_and_what_was_damaged_is_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = PhaseFolder(tmp_path / "phase")
    for step in (5000, 9000, 10000):
        checkpoints.write(folder.checkpoints, step, records=RECORDS)
    for step in (9000, 10000):
        HARMS["missing"](folder.checkpoints / f"step-{step:08d}" / MARKER)
    keeper = keeper_of(folder, monkeypatch)
    assert keeper.resume(begun=True, insist=False) == STATE
    said = capsys.readouterr().out.replace("\n", "")
    assert "damaged-step-00009000" in said and "damaged-step-00010000" in said
    for step in (6000, 7000, 8000):
        keeper.save(step, STATE)
        keeper.settle()
        assert (folder.checkpoints / f"step-{step:08d}" / MARKER).is_file()
    assert sorted(path.name for path in folder.checkpoints.iterdir()) == [
        *("damaged-step-00009000", "damaged-step-00010000"),
        *("step-00005000", "step-00007000", "step-00008000"),
    ]


def test_a_resume_that_is_refused_sets_nothing_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = PhaseFolder(tmp_path / "phase")
    for step in (1, 2):
        checkpoints.write(folder.checkpoints, step, records={**RECORDS, DRAW: "drawn otherwise"})
    HARMS["missing"](folder.checkpoints / "step-00000002" / MARKER)
    with pytest.raises(UserError, match="draws by other rules"):
        keeper_of(folder, monkeypatch).resume(begun=True, insist=False)
    assert (folder.checkpoints / "step-00000002").is_dir()


def test_a_best_evaluation_whose_checkpoint_is_gone_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Training could not declare it its result."""
    folder = PhaseFolder(tmp_path / "phase")
    checkpoints.write(folder.checkpoints, 6000, records=RECORDS)
    assert keeper_of(folder, monkeypatch).resume(begun=True, insist=False) == STATE.without_best()
    said = capsys.readouterr().out.replace("\n", "")
    assert "step-00005000: was the best so far and is gone" in said
