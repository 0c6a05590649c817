"""Full disks and checkpoints of other models: the error says what to do, and nothing that was good is lost."""

import json
import os
import subprocess
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.kit import cells
from tests.kit.cells import Cell
from tests.kit.mortal import Life, live

SIZE_MIB = 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes free."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    status = os.statvfs(disk)
    with filler.open("wb") as file:
        file.write(bytes(status.f_bavail * status.f_frsize - left))


def save_on_full_disks(stores: Path, disk: Path, out: Path) -> None:
    """Save on a disk with less and less room; what was said, and what the newest whole checkpoint then is."""
    from mtl.engine import checkpoint
    from mtl.engine.checkpoint import Save, load_state, open_newest
    from mtl.engine.launch import join_run
    from mtl.errors import UserError

    ranks = join_run()
    engine, steps = cells.make_engine(Cell(1), ranks), cells.make_steps(Cell(1), stores)
    root = disk / "checkpoints"
    engine.step(steps.for_rank(0, ranks.rank, ranks.world), stop=False)
    good = Save(engine, root, step=1, records={}).finish()
    size = sum(path.stat().st_size for path in good.iterdir())
    weights = dict(engine.full_weights())
    engine.step(steps.for_rank(1, ranks.rank, ranks.world), stop=False)
    said = []
    room = namedtuple("room", "free")
    honest = checkpoint.shutil.disk_usage
    for share in (0.0, 0.1, 0.4, 0.7, 0.9, 1.2):
        records = {"much": "x" * 4 * size} if share > 1 else {}  # the tensors have room, the marker has none
        for lies in (True, False):
            if ranks.first:
                fill(disk, int(share * size))
            torch.distributed.barrier()
            checkpoint.shutil.disk_usage = (lambda _: room(1 << 40)) if lies else honest
            try:
                Save(engine, root, step=2, records=records).finish()
                said.append("written")
            except UserError as error:
                said.append(str(error))
            newest = open_newest(root, ranks, warn=said.append)
            assert newest is not None and newest.step == 1, (share, lies, said)
            torch.distributed.barrier()
            assert sorted(path.name for path in root.iterdir()) == [good.name]
            torch.distributed.barrier()
    load_state(engine, newest)
    assert all(torch.equal(value, weights[name]) for name, value in engine.full_weights())
    if ranks.first:
        out.write_text(json.dumps(said))


def test_a_full_disk_ends_a_save_but_leaves_the_last_good_one(tmp_path: Path, small_disk: Path) -> None:
    cells.make_stores(tmp_path / "stores")
    args = (tmp_path / "stores", small_disk, tmp_path / "said")
    (end,) = live([Life(function=save_on_full_disks, args=args)], tmp_path / "lives")
    assert end.codes == [0, 0], end.said
    said = json.loads((tmp_path / "said").read_text())
    assert len(said) == 12
    assert "checkpoint.json: cannot be written" in said[-2]
    for unasked, asked in zip(said[::2], said[1::2], strict=True):
        assert "cannot be written: No space left on device" in unasked
        assert "a checkpoint needs" in asked and "are free; make room" in asked


def load_others(stores: Path, root: Path) -> None:
    """Try to load checkpoints of other models, and ones that were tampered with and signed anew."""
    from mtl.engine.checkpoint import Save, load_state, open_checkpoint
    from mtl.engine.launch import join_run
    from mtl.errors import UserError

    ranks = join_run()
    engine = cells.make_engine(Cell(3), ranks)
    before = dict(engine.full_weights())
    for name, tamper in TAMPERS.items():
        folder = Save(engine, root / name, step=1, records={}).finish()
        if ranks.first:
            tamper(folder)
        torch.distributed.barrier()
        try:
            load_state(engine, open_checkpoint(folder, ranks))
            raise AssertionError("loaded")
        except UserError as error:
            assert SAID[name] in str(error), str(error)
        assert all(torch.equal(value, before[key]) for key, value in engine.full_weights())


def rewrite(folder: Path, part: str, change: Any) -> None:
    """Change the tensors of a part, and sign the checkpoint anew, as a hostile writer would."""
    from safetensors.torch import load_file

    from mtl.engine.checkpoint_files import MARKER, marker_text, read_checkpoint
    from mtl.engine.tensor_file import TensorWriter

    old = read_checkpoint(folder)
    whole = {name: tensor.clone() for name, tensor in load_file(folder / part).items()}  # it was mapped
    tensors = change(whole)
    writer = TensorWriter(folder / part, {name: tuple(tensor.shape) for name, tensor in tensors.items()})
    for name, tensor in tensors.items():
        writer.add(name, tensor)
    fields = {name: getattr(old, name) for name in ("step", "updates", "loss_scale", "records")}
    text = marker_text(**fields, files={**old.files, part: writer.close()})
    (folder / MARKER).write_text(text, encoding="utf-8")


def _reshaped(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.reshape(-1, 1) for name, tensor in tensors.items()}


def _renamed(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"other.{name}": tensor for name, tensor in tensors.items()}


def _not_finite(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: torch.full_like(tensor, torch.nan) for name, tensor in tensors.items()}


TAMPERS = {
    "reshaped": lambda folder: rewrite(folder, "weights-0001.safetensors", _reshaped),
    "reshaped averages": lambda folder: rewrite(folder, "averages-0000.safetensors", _reshaped),
    "renamed": lambda folder: rewrite(folder, "weights-0000.safetensors", _renamed),
    "renamed averages": lambda folder: rewrite(folder, "averages-0000.safetensors", _renamed),
    "not finite": lambda folder: rewrite(folder, "weights-0001.safetensors", _not_finite),
}
SAID = {
    "reshaped": "go on with the encoder and the labels",
    "reshaped averages": "go on with the encoder and the labels",
    "renamed": "holds other parameters than this model",
    "renamed averages": "lacks ",
    "not finite": "is not all finite fp32 numbers",
}


def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    cells.make_stores(tmp_path / "stores")
    args = (tmp_path / "stores", tmp_path / "runs")
    (end,) = live([Life(function=load_others, args=args)], tmp_path / "lives")
    assert end.codes == [0, 0], end.said
