"""Whatever file cannot be written, for want of room or by a broken disk: one line, and nothing half is left."""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from mtl.data.build import StorePlace, open_store
from mtl.data.store import is_whole
from mtl.engine.tensor_file import TensorWriter
from mtl.errors import UserError
from mtl.journal import Journal
from mtl.runfolder import PhaseFolder, write_atomic
from mtl.tasks.registry import find_tasks
from mtl.world.folder import make_once
from mtl.world.world import write_world
from tests.kit.full_disk import failing
from tests.kit.tokenizers import xlmr_shaped


@dataclass(frozen=True)
class Write:
    """A kind of write: what does it, and what says that it is whole."""

    do: Callable[[Path], None]
    whole: Callable[[Path], bool]
    raises: type[Exception] = UserError


def _store(folder: Path) -> None:
    source = folder.parent / "source"
    place = StorePlace(root=source / "data", cache=folder, tokenizer=str(source / "tokenizer"), workers=1)
    open_store(find_tasks()["squad_v1"], "dev", place=place)


def _tensors(folder: Path) -> None:
    writer = TensorWriter(folder / "part.safetensors", {"a": (3,)})
    writer.add("a", torch.ones(3))
    entry = writer.close()
    (folder / "whole").mkdir()
    assert entry.bytes == (folder / "part.safetensors").stat().st_size


def _journal(folder: Path) -> None:
    with Journal(PhaseFolder(folder), enabled=True) as journal:
        journal.scalars(0, {"loss": 1.0})


WRITES = {
    "token store": Write(_store, lambda folder: any(map(is_whole, (folder / "stores").glob("squad*-????*")))),
    "world": Write(
        lambda folder: make_once_with_two_files(folder / "made"), lambda folder: (folder / "made").exists()
    ),
    "file of a run": Write(
        lambda folder: write_atomic(folder / "facts.json", "{}"),
        lambda folder: (folder / "facts.json").exists(),
    ),
    "tensors of a checkpoint": Write(_tensors, lambda folder: (folder / "whole").exists(), raises=OSError),
    "metrics": Write(
        _journal, lambda folder: any(path.stat().st_size for path in folder.glob("metrics.jsonl"))
    ),
}


def make_once_with_two_files(folder: Path) -> None:
    def write(aside: Path) -> None:
        for name in ("a", "b"):
            (aside / name).write_text(name)

    make_once(folder, {"seed": 1}, write)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("disk")
    write_world(root / "source" / "data", seed=1, scale=0.02)
    xlmr_shaped().save_pretrained(root / "source" / "tokenizer")
    return root


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("at_open", [True, False], ids=["open", "write"])
@pytest.mark.parametrize("kind", WRITES)
def test_every_file_may_fail(source: Path, kind: str, at_open: bool, number: int) -> None:
    write = WRITES[kind]
    for nth in range(100):
        folder = source / f"{kind}-{at_open}-{number}-{nth}"
        folder.mkdir()
        with failing(nth=nth, number=number, at_open=at_open) as disk:
            try:
                write.do(folder)
            except write.raises as error:
                assert "\n" not in str(error)
                assert not write.whole(folder)
                assert [path for path in folder.rglob("*.aside") if any(path.iterdir())] == []
            else:
                assert write.whole(folder)
        if disk.seen <= nth:
            break
    assert nth >= 1, "nothing was written"
