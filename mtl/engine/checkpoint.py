"""Saves and restores a run by the parameters' names, on any number of ranks, at any ZeRO stage.

A name's owner alone receives the whole tensor and writes it, so saving is shared. Where the host has memory
for a copy, a thread writes it while training goes on; else each tensor is written as it comes. Loading reads
a tensor at a time and keeps this rank's shard of it.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import prod
from pathlib import Path
from threading import Thread
from typing import Any

import psutil  # type: ignore[import-untyped]
from torch import Tensor

from mtl.engine import shards
from mtl.engine.checkpoint_files import (
    AVERAGES,
    MARKER,
    WEIGHTS,
    Checkpoint,
    DamagedError,
    Tensors,
    bring_back,
    check_files,
    folder_name,
    list_checkpoints,
    marker_text,
    part_name,
    read_checkpoint,
    remove_torn,
    rename_replaced,
)
from mtl.engine.engine import Engine
from mtl.engine.launch import Ranks
from mtl.engine.tensor_file import FileEntry, TensorWriter
from mtl.engine.used_rows import TABLE
from mtl.errors import UserError
from mtl.files import make_folder, sync_folder, write_atomic
from mtl.together import on_every, on_first, together

MARKER_ROOM = 1 << 20
HEADER_ROOM = 300
"""About the bytes of a parameter, with its averages, in the files' headers: names, shapes and places."""


class Save:
    """A checkpoint on its way to the disk. It counts once `finish` has given it its name."""

    def __init__(self, engine: Engine, root: Path, *, step: int, records: Mapping[str, Any]) -> None:
        """Take the state after `step` steps, with the run's records; every rank must call it."""
        self._ranks, own = engine.ranks, engine.shards
        self._note_progress = engine.note_progress
        held = on_every(self._ranks, own.held)
        owners = _owners(own, held)
        self._final = root / folder_name(step)
        self._aside = root / f".{self._final.name}.aside"
        needed = _bytes_needed(own)
        on_first(self._ranks, partial(_begin, root, self._aside, needed))
        self._writers = _open_writers(own, owners, self._aside, self._ranks.rank)
        self._text = partial(
            marker_text, step=step, updates=own.updates(), loss_scale=own.loss_scale, records=records
        )
        self._copies: list[tuple[str, str, Tensor]] = []
        """File, name and values of what is still to be written."""
        copies = self._has_room(needed)
        for name in own.parameters:
            owner = owners[name]
            alone = held[owner][name] == sum(rank[name] for rank in held)
            for file, key, whole in _gathered(own, name, owner, self._ranks.rank, alone=alone):
                if copies:
                    self._copies.append((file, key, whole.cpu()))
                else:
                    self._writers[file].add(key, whole)
            engine.note_progress()
        self._entries: dict[str, FileEntry] = {}
        self._problem: Exception | None = None
        self._thread = Thread(target=self._write, name="checkpoint", daemon=True)
        self._thread.start()

    def _has_room(self, needed: int) -> bool:
        """Whether this host's ranks can hold copies of their shares, with as much left."""
        shares = needed / self._ranks.world * self._ranks.local_world
        available: int = psutil.virtual_memory().available
        return available > 2 * shares

    def _write(self) -> None:
        try:
            for file, name, whole in self._copies:
                self._writers[file].add(name, whole)
            self._copies.clear()
            self._entries = _close(self._writers, self._aside)
        except Exception as error:
            self._problem = error

    @property
    def busy(self) -> bool:
        """Whether this rank still writes its share."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Return once this rank has written its share."""
        while self.busy:
            self._thread.join(timeout=1.0)
            self._note_progress()

    def finish(self) -> Path:
        """Wait for all shares and make the checkpoint whole; every rank must call it."""
        self.wait()
        entries = on_every(self._ranks, self._written)
        files = {name: entry for part in entries for name, entry in part.items()}
        on_first(self._ranks, lambda: _finish(self._aside, self._final, self._text(files=files), files))
        return self._final

    def _written(self) -> dict[str, FileEntry]:
        if self._problem is not None:
            raise self._problem
        return self._entries


def load_state(engine: Engine, checkpoint: Checkpoint) -> None:
    """Put back what an opened checkpoint holds; every rank must call it. Where it raises, nothing changed."""
    ranks, own = engine.ranks, engine.shards
    weights, averages = Tensors(checkpoint, WEIGHTS), Tensors(checkpoint, AVERAGES)
    together(ranks, partial(_check_shapes, own, checkpoint, weights, averages))
    own.set_updates(checkpoint.updates)
    for name in own.parameters:
        _load_parameter(own, name, weights, averages)
    own.loss_scale = checkpoint.loss_scale
    own.renew()


def open_checkpoint(folder: Path, ranks: Ranks) -> Checkpoint:
    """The checkpoint in `folder`, after all ranks together have looked at every byte of it."""
    checkpoint = together(ranks, partial(read_checkpoint, folder))
    mine = list(checkpoint.files)[ranks.rank :: ranks.world]
    together(ranks, partial(check_files, checkpoint, mine))
    return checkpoint


def open_newest(root: Path, ranks: Ranks, *, warn: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint without damage, None where there is none at all; a UserError where all have some.

    `warn` hears what is wrong with each that is passed over.
    """
    on_first(ranks, partial(bring_back, root))
    found = on_first(ranks, partial(list_checkpoints, root))
    for folder in found:
        try:
            return open_checkpoint(folder, ranks)
        except DamagedError as error:
            warn(f"passed over: {error}")
    if found:
        raise UserError(
            f"{root}: holds {len(found)} checkpoints, and none can be used, for the reasons above; mend the "
            "disk and go on with --resume, or remove that folder to begin the phase anew"
        )
    return None


def _owners(own: shards.Shards, held: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Who writes each parameter: largest first, of those who hold most of it the one with least so far."""
    loads = [0] * len(held)
    owners = {}
    for name in sorted(own.parameters, key=lambda name: -prod(own.shape(name))):
        most = max(rank[name] for rank in held)
        rank = min((r for r in range(len(held)) if held[r][name] == most), key=loads.__getitem__)
        owners[name] = rank
        loads[rank] += prod(own.shape(name)) * (3 if own.trains(name) else 1)
    return owners


def _bytes_needed(own: shards.Shards) -> int:
    values = sum(prod(own.shape(name)) * (3 if own.trains(name) else 1) for name in own.parameters)
    return 4 * values + HEADER_ROOM * len(own.parameters) + MARKER_ROOM


def _begin(root: Path, aside: Path, needed: int) -> None:
    """Ask for room, and make the folder that nobody reads yet."""
    make_folder(root)
    remove_torn(root)
    free = shutil.disk_usage(root).free
    if free < needed:
        raise UserError(
            f"{root}: a checkpoint needs {needed / 2**20:,.0f} MiB, only {free / 2**20:,.0f} MiB are free; "
            "make room, and go on with --resume"
        )
    make_folder(aside)


def _open_writers(
    own: shards.Shards, owners: Mapping[str, int], aside: Path, rank: int
) -> dict[str, TensorWriter]:
    """This rank's files by their names, none where it would be empty."""
    mine = [name for name in own.parameters if owners[name] == rank]
    weights = {name: own.shape(name) for name in mine}
    averages = {
        f"{name}/{key}": own.shape(name) for name in mine if own.trains(name) for key in shards.ADAM_KEYS
    }
    contents = {part_name(WEIGHTS, rank): weights, part_name(AVERAGES, rank): averages}
    return {name: TensorWriter(aside / name, shapes) for name, shapes in contents.items() if shapes}


def _gathered(
    own: shards.Shards, name: str, owner: int, rank: int, *, alone: bool
) -> Iterator[tuple[str, str, Tensor]]:
    """A parameter and its averages as their owner gathers them: file, name in it, values; else nothing."""
    whole = own.weight(name, to=owner, alone=alone)
    if whole is not None:
        yield part_name(WEIGHTS, rank), name, whole
    for key in shards.ADAM_KEYS if own.trains(name) else ():
        whole = own.average(name, key, to=owner, alone=alone)
        if whole is not None:
            yield part_name(AVERAGES, rank), f"{name}/{key}", whole


def _close(writers: Mapping[str, TensorWriter], aside: Path) -> dict[str, FileEntry]:
    """Close every file, also after one that cannot be: what is open keeps its room on a full disk."""
    closed, problem = {}, None
    for name, writer in writers.items():
        try:
            closed[name] = writer.close()
        except OSError as error:
            problem = problem or error
    if problem is not None:
        shutil.rmtree(aside, ignore_errors=True)
        raise _unwritable(aside.parent, problem) from None
    return closed


def _unwritable(root: Path, error: OSError) -> UserError:
    return UserError(
        f"{root}: a checkpoint cannot be written: {error.strerror}; those before it are whole; "
        "make room, and go on with --resume"
    )


def _finish(aside: Path, final: Path, text: str, files: Mapping[str, FileEntry]) -> None:
    """Look that all ranks wrote to the same folder, add the marker, and give the folder its name."""
    try:
        if absent := [name for name in files if not (aside / name).is_file()]:
            raise UserError(
                f"{aside.parent}: {absent[0]} was written by another host and is not seen here; "
                "set out= to a folder that all hosts share"
            )
        write_atomic(aside / MARKER, text)
    except UserError:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    try:
        replaced = rename_replaced(final)  # a damaged one, or the same step reached again
        aside.rename(final)
        sync_folder(final.parent)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise _unwritable(aside.parent, error) from None
    shutil.rmtree(replaced, ignore_errors=True)


def _check_shapes(own: shards.Shards, checkpoint: Checkpoint, weights: Tensors, averages: Tensors) -> None:
    """Refuse a checkpoint of other parameters."""
    wanted = {name: own.shape(name) for name in own.parameters}
    training = [name for name in wanted if own.trains(name)]
    if strange := sorted(wanted.keys() ^ weights.keys()):
        raise UserError(
            f"checkpoint {checkpoint.folder}: holds other parameters than this model ({strange[0]} and "
            f"{len(strange) - 1} more differ); go on with the tasks and the encoder that it was written with"
        )
    if strange := sorted(set(training) ^ checkpoint.updates.keys()):
        raise UserError(
            f"checkpoint {checkpoint.folder}: other parameters trained ({strange[0]} for one); "
            "go on with the same train.freeze"
        )
    shapes = {name: (weights.shape(name), wanted[name]) for name in wanted}
    for key in shards.ADAM_KEYS:
        names = [f"{name}/{key}" for name in training]
        if lacking := sorted(set(names) - averages.keys()):
            raise DamagedError(f"checkpoint {checkpoint.folder}: lacks {lacking[0]}; use another checkpoint")
        shapes |= {f"{name}/{key}": (averages.shape(f"{name}/{key}"), wanted[name]) for name in training}
    for name, (found, shape) in shapes.items():
        if found != shape:
            raise UserError(
                f"checkpoint {checkpoint.folder}: {name} is of shape {found}, the model's of {shape}; "
                "go on with the encoder and the labels that it was written with"
            )


def _load_parameter(own: shards.Shards, name: str, weights: Tensors, averages: Tensors) -> None:
    """Put a parameter's values where this rank holds them."""
    used_rows = own.used_rows if name == TABLE else None
    if used_rows is not None:
        used_rows.put(weights[name])
    shard = own.of(name)
    if shard is None or not shard.weight.numel():
        return
    values = {name: shard.weight, **{f"{name}/{key}": part for key, part in shard.averages.items()}}
    for key, place in values.items():
        whole = (weights if key == name else averages)[key]
        _put(place, whole if used_rows is None else used_rows.cut(whole), shard.start)


def _put(place: Tensor, whole: Tensor, start: int) -> None:
    """Copy this rank's run of a whole tensor into its place."""
    place.copy_(whole.view(-1).narrow(0, start, place.numel()))
