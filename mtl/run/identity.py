"""What determines a phase's result: some of its settings, its data, and the phase from which it starts."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mtl.data.content import FileHashes
from mtl.engine.ds_config import resolve_ds_config
from mtl.errors import UserError
from mtl.model.identity import folder_key
from mtl.phase_record import Identity, read_record
from mtl.run.places import default_cache, model_source
from mtl.run.recipe.files import locate
from mtl.run.recipe.schema import Phase
from mtl.runfolder import RunFolder

FREE = {
    "train": (
        ("train", "log_every"),
        ("train", "checkpoint_every"),
        ("train", "keep_checkpoints"),
        ("train", "export"),
        ("train", "hang_seconds"),
        ("model", "recompute"),
    ),
    "evaluate": (("evaluate", "token_budget"),),
    "retrieve": (
        ("retrieve", "token_budget"),
        ("retrieve", "memory_mb"),
        ("model", "recompute"),
        ("model", "dropout"),
        ("model", "attention_dropout"),
    ),
}
"""By kind: settings that change how a phase runs, but nothing of its result."""
SECTIONS = {
    "train": ("seed", "model", "tasks", "mixture", "train", "carry"),
    "evaluate": ("tasks", "evaluate"),
    "retrieve": ("seed", "model", "tasks", "retrieve"),
}
"""By kind: the sections of a phase that determine its result; what data says is in the tokens."""
MODEL = "model"
"""What the data of an identity call the files of a model; all other names are of token stores or files."""


def identity_of(phase: Phase, *, data: Mapping[str, str], start: str) -> Identity:
    """What determines the result of a phase."""
    settings = phase.model_dump(mode="json", include=set(SECTIONS[phase.kind]))
    drop_free(settings, phase.kind)
    if phase.kind == "train":
        settings["deepspeed"] = _arithmetic(phase)
    return Identity(settings=settings, data=dict(data), start=start)


def drop_free(settings: Mapping[str, Any], kind: str) -> None:
    """Take away what changes nothing of the result of a phase of that kind."""
    for section, key in FREE[kind]:
        if section in settings:
            settings[section].pop(key, None)


def _arithmetic(phase: Phase) -> dict[str, Any]:
    """What the phase's DeepSpeed file says that determines its result."""
    file, train = locate(phase.deepspeed, where="deepspeed: "), phase.train
    return resolve_ds_config(file, precision=train.precision, clip=train.clip).arithmetic


def store_keys(folders: Iterable[Path]) -> dict[str, str]:
    """The keys of token stores, which stand for the rows, the tokenizer, and the code between them."""
    return dict(folder.name.rpartition("-")[::2] for folder in folders)


def model_key(phase: Phase) -> dict[str, str]:
    """The key of a folder's weights, configuration and tokenizer; none for what starts from other things."""
    source = model_source(phase)
    if phase.after is not None or source is None or not (folder := Path(source)).is_dir():
        return {}
    hash_of = FileHashes((phase.data.cache or default_cache()) / "hashes").of
    return {MODEL: folder_key(folder, hash_of=hash_of)}


def start_of(phase: Phase, folder: RunFolder) -> str:
    """The digest of the finished phase from which this one starts; empty for none."""
    start = known_start(phase, folder)
    if start is None:
        raise UserError(
            f"phase {phase.name}: starts from {phase.after}, which is not done; run that phase first"
        )
    return start


def known_start(phase: Phase, folder: RunFolder) -> str | None:
    """The same; None where that phase is not done."""
    if phase.after is None:
        return ""
    record = read_record(folder.phase(phase.after))
    return record.identity.digest if record is not None and record.done else None
