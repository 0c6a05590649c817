"""A checkpoint on disk: its files, whether they are whole, which checkpoints a folder has, and which may go.

    step-00000120/                  written after 120 steps
        weights-0000.safetensors    fp32 parameters by name; rank 0's share of the names
        averages-0000.safetensors   `<name>/exp_avg` and `<name>/exp_avg_sq` of those that train
        ...                         one pair for each rank that wrote
        checkpoint.json             step, records, and size and checksum of every file above: written last

A folder without `checkpoint.json` is no checkpoint. Nothing is read here that could run code.
"""

import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtl.engine.tensor_file import FileEntry, entry_of
from mtl.errors import UserError
from mtl.sealed import seal, unseal

FORMAT = 1
MARKER = "checkpoint.json"
WEIGHTS, AVERAGES = "weights", "averages"
_PART = re.compile(rf"({WEIGHTS}|{AVERAGES})-\d{{4,}}\.safetensors")
_FOLDER = re.compile(r"step-(\d{8,})")
_ASIDE = re.compile(r"\.step-\d{8,}\.(aside|old|replaced)")
_REPLACED = re.compile(r"\.(step-\d{8,})\.replaced")


class DamagedError(UserError):
    """A checkpoint that must not be used; its text names the file."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What `checkpoint.json` says."""

    folder: Path
    step: int
    """Steps that were done when it was written."""
    updates: Mapping[str, int]
    """By parameter that trains: how often the optimizer had moved it."""
    loss_scale: Mapping[str, float]
    records: Mapping[str, Any]
    """What the run added; the engine does not look into it."""
    files: Mapping[str, FileEntry]


def part_name(kind: str, share: int) -> str:
    """The file of a rank's share."""
    return f"{kind}-{share:04d}.safetensors"


def folder_name(step: int) -> str:
    """The folder of the checkpoint after `step` steps."""
    return f"step-{step:08d}"


def list_checkpoints(root: Path) -> list[Path]:
    """The checkpoints below a folder, newest first; whether they are whole is not asked."""
    try:
        found = [path for path in root.iterdir() if _FOLDER.fullmatch(path.name)]
    except FileNotFoundError:  # only then are there none: a disk that refuses to tell is trouble
        return []
    return sorted(found, key=step_of, reverse=True)


def rename_replaced(folder: Path) -> Path:
    """Make room for a new checkpoint of the same step; the name that is given can be brought back."""
    replaced = folder.with_name(f".{folder.name}.replaced")
    if folder.exists():
        folder.rename(replaced)
    return replaced


def bring_back(root: Path) -> None:
    """Bring back what was to be replaced by a checkpoint that never came."""
    for path in root.iterdir() if root.is_dir() else ():
        match = _REPLACED.fullmatch(path.name)
        if match and not (final := path.with_name(match[1])).exists():
            path.rename(final)


def step_of(folder: Path) -> int:
    """The step in a checkpoint's name."""
    match = _FOLDER.fullmatch(folder.name)
    assert match, folder
    return int(match.group(1))


def prune(root: Path, *, keep_last: int, keep: Collection[int] = ()) -> None:
    """Remove all but the newest `keep_last` checkpoints and those of the steps `keep`; and torn ones."""
    for folder in list_checkpoints(root)[keep_last:]:
        if step_of(folder) not in keep:
            folder.rename(folder.with_name(f".{folder.name}.old"))  # half a removal is not a damaged one
    remove_torn(root)


def rename_damaged(root: Path, *, after: int) -> list[Path]:
    """Rename the checkpoints after a step, which were passed over, to what is none; gives the new names.

    They are not removed: what a disk refused to read may be good.
    """
    asides = []
    for folder in list_checkpoints(root):
        if step_of(folder) > after:
            aside = folder.with_name(f"damaged-{folder.name}")
            try:
                shutil.rmtree(aside, ignore_errors=True)  # of the same step, which was reached again since
                folder.rename(aside)
            except OSError as error:
                raise UserError(
                    f"{folder}: is damaged, and cannot be set aside: {error.strerror}; mend the disk, and go "
                    "on with --resume"
                ) from None
            asides.append(aside)
    return asides


def remove_torn(root: Path) -> None:
    """Remove what a killed save has left."""
    if root.is_dir():
        for path in root.iterdir():
            if _ASIDE.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)


def marker_text(
    *,
    step: int,
    updates: Mapping[str, int],
    loss_scale: Mapping[str, float],
    records: Mapping[str, Any],
    files: Mapping[str, FileEntry],
) -> str:
    """The text of `checkpoint.json`, which carries its own checksum."""
    body = {
        "format": FORMAT,
        "step": step,
        "loss_scale": dict(loss_scale),
        "records": records,
        "updates": dict(updates),
        "files": {name: asdict(entry) for name, entry in files.items()},
    }
    return seal(body)


def read_checkpoint(folder: Path) -> Checkpoint:
    """What a checkpoint says of itself; a DamagedError where that cannot be trusted."""
    try:
        body = unseal((folder / MARKER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _damaged(folder, MARKER, "is missing") from None
    except (OSError, ValueError) as error:
        raise _damaged(folder, MARKER, f"cannot be read: {error}") from None
    if body is None:
        raise _damaged(folder, MARKER, "is not what was written: its checksum differs")
    if body.get("format") != FORMAT:
        raise UserError(
            f"{folder}: is of format {body.get('format')!r}, this version reads {FORMAT}; "
            "go on with the version that wrote it"
        )
    try:
        files = {name: FileEntry(**entry) for name, entry in body["files"].items()}
        checkpoint = Checkpoint(
            folder=folder,
            step=int(body["step"]),
            updates={name: int(count) for name, count in body["updates"].items()},
            loss_scale={name: float(value) for name, value in body["loss_scale"].items()},
            records=dict(body["records"]),
            files=files,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder, MARKER, f"lacks what it should hold: {error}") from None
    for name in files:
        if not _PART.fullmatch(name):
            raise _damaged(folder, MARKER, f"names the file {name!r}, which is no part of a checkpoint")
    return checkpoint


def check_file(checkpoint: Checkpoint, name: str) -> None:
    """Raise a DamagedError unless a part is there, as it was written, and holds only finite fp32 tensors."""
    path = checkpoint.folder / name
    try:
        found = entry_of(path)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        what = "is missing" if missing else f"cannot be read: {error.strerror}"
        raise _damaged(checkpoint.folder, name, what) from None
    wanted = checkpoint.files[name]
    if found.bytes != wanted.bytes:
        raise _damaged(checkpoint.folder, name, f"has {found.bytes:,} bytes instead of {wanted.bytes:,}")
    if found.checksum != wanted.checksum:
        raise _damaged(checkpoint.folder, name, "is not what was written: its checksum differs")
    for tensor_name, tensor in _tensors_of(checkpoint.folder, name):
        if tensor.dtype != torch.float32 or not tensor.isfinite().all():
            raise _damaged(checkpoint.folder, name, f"{tensor_name} is not all finite fp32 numbers")


def check_files(checkpoint: Checkpoint, names: Iterable[str]) -> None:
    """Look at every byte of some of a checkpoint's parts."""
    for name in names:
        check_file(checkpoint, name)


class Tensors(Mapping[str, Tensor]):
    """The tensors of some parts of a checkpoint, each read when asked for."""

    def __init__(self, checkpoint: Checkpoint, kind: str) -> None:
        """Look into the headers of the parts of a kind: `WEIGHTS` or `AVERAGES`."""
        self._place: dict[str, Any] = {}
        for part in checkpoint.files:
            if part.startswith(f"{kind}-"):
                file = _open(checkpoint.folder, part)
                self._place.update(dict.fromkeys(file.keys(), file))

    def __getitem__(self, name: str) -> Tensor:
        """The tensor of that name."""
        tensor: Tensor = self._place[name].get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        """All names."""
        return iter(self._place)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._place)

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape, without reading it."""
        return tuple(self._place[name].get_slice(name).get_shape())


def read_weights(folder: Path) -> Tensors:
    """The fp32 weights of a checkpoint by the parameters' names, after a look at every byte of them."""
    checkpoint = read_checkpoint(folder)
    check_files(checkpoint, [name for name in checkpoint.files if name.startswith(f"{WEIGHTS}-")])
    return Tensors(checkpoint, WEIGHTS)


def _tensors_of(folder: Path, part: str) -> Iterator[tuple[str, Tensor]]:
    file = _open(folder, part)
    for name in file.keys():  # noqa: SIM118 - the file is no mapping
        yield name, file.get_tensor(name)


def _open(folder: Path, part: str) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(str(folder / part), framework="pt")
    except (SafetensorError, OSError) as error:
        raise _damaged(folder, part, f"is no safetensors file: {error}") from None


def _damaged(folder: Path, name: str, what: str) -> DamagedError:
    return DamagedError(f"checkpoint {folder}: {name} {what}; use another checkpoint")
