"""A small checkpoint of two shares, written without an engine; and what may befall its files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtl.engine.checkpoint_files import (
    AVERAGES,
    MARKER,
    WEIGHTS,
    Checkpoint,
    check_files,
    folder_name,
    marker_text,
    part_name,
    read_checkpoint,
)
from mtl.engine.tensor_file import TensorWriter

RECORDS: Mapping[str, Any] = {"heads": {"a": ["yes", "no"]}, "best": None}
SHARES: tuple[dict[str, tuple[int, ...]], ...] = ({"a.weight": (3, 4), "a.bias": (4,)}, {"b.weight": (5,)})


def verified(folder: Path) -> Checkpoint:
    """The checkpoint in `folder`, after a look at every byte of it."""
    checkpoint = read_checkpoint(folder)
    check_files(checkpoint, checkpoint.files)
    return checkpoint


def write(
    root: Path,
    step: int,
    *,
    change: Mapping[str, Tensor] | None = None,
    records: Mapping[str, Any] = RECORDS,
) -> Checkpoint:
    """A whole checkpoint; `change` replaces tensors."""
    folder = root / folder_name(step)
    folder.mkdir(parents=True)
    files = {}
    for number, shapes in enumerate(SHARES):
        contents: dict[str, dict[str, Tensor]] = {WEIGHTS: {}, AVERAGES: {}}
        for name, shape in shapes.items():
            contents[WEIGHTS][name] = torch.full(shape, float(step))
            contents[AVERAGES] |= {f"{name}/{key}": torch.rand(shape) for key in ("exp_avg", "exp_avg_sq")}
        for kind, tensors in contents.items():
            tensors |= {name: tensor for name, tensor in (change or {}).items() if name in tensors}
            writer = TensorWriter(
                folder / part_name(kind, number), {name: tuple(t.shape) for name, t in tensors.items()}
            )
            for name, tensor in tensors.items():
                writer.add(name, tensor)
            files[part_name(kind, number)] = writer.close()
    updates = {name: step for shapes in SHARES for name in shapes}
    text = marker_text(step=step, updates=updates, loss_scale={}, records=records, files=files)
    (folder / MARKER).write_text(text, encoding="utf-8")
    return read_checkpoint(folder)


def _flip(place: float) -> Callable[[Path], None]:
    def flip(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[int(place * (len(data) - 1))] ^= 1
        path.write_bytes(data)

    return flip


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


HARMS: Mapping[str, Callable[[Path], None]] = {
    "first byte flipped": _flip(0),
    "byte in the middle flipped": _flip(0.5),
    "last byte flipped": _flip(1),
    "truncated": _truncate,
    "empty": _empty,
    "missing": Path.unlink,
}
