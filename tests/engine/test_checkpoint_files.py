"""Damage to any file of a checkpoint is found and named; a hostile one does nothing but be reported."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.engine.checkpoint_files import (
    MARKER,
    DamagedError,
    bring_back,
    folder_name,
    list_checkpoints,
    marker_text,
    prune,
    read_checkpoint,
    read_weights,
    rename_damaged,
    rename_replaced,
)
from mtl.engine.tensor_file import FileEntry, entry_of
from mtl.errors import UserError
from mtl.sealed import seal
from tests.kit import checkpoints
from tests.kit.checkpoints import HARMS, verified


def test_a_whole_checkpoint_gives_back_what_was_written(tmp_path: Path) -> None:
    written = checkpoints.write(tmp_path, 7)
    found = verified(written.folder)
    assert found == written
    assert (found.step, found.updates["b.weight"]) == (7, 7)
    assert found.records == {"heads": {"a": ["yes", "no"]}, "best": None}
    weights = read_weights(written.folder)
    assert {name: weights.shape(name) for name in weights} == {
        name: shape for shapes in checkpoints.SHARES for name, shape in shapes.items()
    }
    assert torch.equal(weights["a.weight"], torch.full((3, 4), 7.0))


def test_any_reader_of_safetensors_can_read_it(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = checkpoints.write(tmp_path, 2).folder
    assert torch.equal(load_file(folder / "weights-0001.safetensors")["b.weight"], torch.full((5,), 2.0))
    assert json.loads((folder / MARKER).read_text())["step"] == 2


@pytest.mark.parametrize("harm", HARMS)
def test_damage_to_any_file_is_found_and_named(tmp_path: Path, harm: str) -> None:
    names = [*checkpoints.write(tmp_path / "template", 1).files, MARKER]
    assert len(names) == 5
    for name in names:
        folder = checkpoints.write(tmp_path / name, 1).folder
        HARMS[harm](folder / name)
        with pytest.raises(DamagedError, match=f": {name} "):
            verified(folder)


def test_pruning_keeps_the_last_the_wanted_and_no_torn_ones(tmp_path: Path) -> None:
    for step in range(1, 7):
        checkpoints.write(tmp_path, step)
    (tmp_path / ".step-00000007.aside").mkdir()
    (tmp_path / "notes").mkdir()
    prune(tmp_path, keep_last=2, keep={3})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "notes",
        *(folder_name(step) for step in (3, 5, 6)),
    ]


def test_a_pruning_that_is_killed_leaves_no_half_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 2):
        checkpoints.write(tmp_path, step)
    monkeypatch.setattr(shutil, "rmtree", lambda path, **_: next(path.glob("*.safetensors")).unlink())
    prune(tmp_path, keep_last=1)
    assert [verified(folder).step for folder in list_checkpoints(tmp_path)] == [2]
    monkeypatch.undo()
    prune(tmp_path, keep_last=1)
    assert [path.name for path in tmp_path.iterdir()] == [folder_name(2)]


def test_a_kill_between_putting_a_checkpoint_aside_and_its_successor_loses_nothing(tmp_path: Path) -> None:
    written = checkpoints.write(tmp_path, 5)
    rename_replaced(written.folder)
    assert list_checkpoints(tmp_path) == []
    bring_back(tmp_path)
    assert [verified(folder).step for folder in list_checkpoints(tmp_path)] == [5]
    rename_replaced(written.folder)
    checkpoints.write(tmp_path, 5)
    bring_back(tmp_path)  # it came: there is nothing to bring back
    prune(tmp_path, keep_last=1)
    assert [path.name for path in tmp_path.iterdir()] == [folder_name(5)]


def test_what_was_passed_over_is_set_aside_whole_and_counts_no_more(tmp_path: Path) -> None:
    for step in (5, 9, 10):
        checkpoints.write(tmp_path, step)
    asides = rename_damaged(tmp_path, after=5)
    assert sorted(path.name for path in asides) == ["damaged-step-00000009", "damaged-step-00000010"]
    for step in (6, 7):
        checkpoints.write(tmp_path, step)
        prune(tmp_path, keep_last=2)
        assert list_checkpoints(tmp_path)[0].name == folder_name(step)
    assert [verified(path).step for path in sorted(asides)] == [9, 10]
    checkpoints.write(tmp_path, 9)
    assert rename_damaged(tmp_path, after=7) == [tmp_path / "damaged-step-00000009"]


def resign(folder: Path, **changes: Any) -> None:
    """Make a marker that is consistent, as a hostile writer would."""
    old = read_checkpoint(folder)
    fields = {name: getattr(old, name) for name in ("step", "updates", "loss_scale", "records", "files")}
    (folder / MARKER).write_text(marker_text(**{**fields, **changes}), encoding="utf-8")


class Trap:
    """Unpickling it leaves a trace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_pickle_is_reported_and_not_run(tmp_path: Path) -> None:
    written = checkpoints.write(tmp_path, 1)
    part = written.folder / "weights-0000.safetensors"
    for content in (pickle.dumps(Trap(tmp_path / "sprung")), b"\xff" * 64, b""):
        part.write_bytes(content)
        resign(written.folder, files={**written.files, part.name: entry_of(part)})
        with pytest.raises(DamagedError, match=r"weights-0000\.safetensors is no safetensors file"):
            verified(written.folder)
    torch.save({"a.weight": Trap(tmp_path / "sprung")}, part)
    resign(written.folder, files={**written.files, part.name: entry_of(part)})
    with pytest.raises(DamagedError):
        read_weights(written.folder)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "weights-0000.bin", "", "a\0b"])
def test_a_path_that_climbs_out_is_reported_and_not_read(tmp_path: Path, name: str) -> None:
    written = checkpoints.write(tmp_path, 1)
    resign(written.folder, files={**written.files, name: FileEntry(bytes=1, checksum="0")})
    with pytest.raises(DamagedError, match="which is no part of a checkpoint"):
        verified(written.folder)


@pytest.mark.parametrize("bad", [torch.tensor([1.0, float("nan"), 1, 1, 1]), torch.full((5,), torch.inf)])
def test_weights_that_are_not_finite_are_reported(tmp_path: Path, bad: torch.Tensor) -> None:
    folder = checkpoints.write(tmp_path, 1, change={"b.weight": bad}).folder
    with pytest.raises(DamagedError, match=r"weights-0001.safetensors b\.weight is not all finite"):
        verified(folder)


@pytest.mark.parametrize("text", ["", "[]", "7", '{"checksum": 1}', "[" * 100_000, '{"checksum": NaN}', "\0"])
def test_a_marker_of_anything_else_is_reported(tmp_path: Path, text: str) -> None:
    folder = checkpoints.write(tmp_path, 1).folder
    (folder / MARKER).write_text(text)
    with pytest.raises(DamagedError, match=r"checkpoint\.json"):
        read_checkpoint(folder)


@pytest.mark.parametrize("change", [{"step": None}, {"files": 3}, {"updates": [1]}, {"records": None}])
def test_a_marker_with_wrong_types_is_reported(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = checkpoints.write(tmp_path, 1).folder
    body = {**json.loads((folder / MARKER).read_text()), **change}
    del body["checksum"]
    (folder / MARKER).write_text(seal(body))
    with pytest.raises(DamagedError, match="lacks what it should hold"):
        read_checkpoint(folder)


def test_another_format_is_an_error_of_its_own(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path, 1).folder
    body = {**json.loads((folder / MARKER).read_text()), "format": 99}
    del body["checksum"]
    (folder / MARKER).write_text(seal(body))
    with pytest.raises(UserError, match="is of format 99") as caught:
        read_checkpoint(folder)
    assert not isinstance(caught.value, DamagedError)  # which would be passed over
