"""The graph of phases: what determines a phase's result, what of it is done, and what may go on.

Each phase leaves a record. A phase whose record says done, for the same settings, data and start, is not run
again; one that differs in any of them is refused, because its result would silently be another.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from mtl.data.content import FileHashes
from mtl.engine.ds_config import arithmetic_of, resolve_ds_config
from mtl.errors import UserError, unknown_name
from mtl.files import write_atomic
from mtl.languages import ENGLISH
from mtl.model.identity import folder_key
from mtl.run.phase_tasks import choose_tasks, has_dev
from mtl.run.places import default_cache, model_source
from mtl.run.recipe import Phase, Recipe, locate
from mtl.runfolder import PhaseFolder, RunFolder
from mtl.tasks.registry import training_languages
from mtl.tasks.task import Task

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
"""What the data call the files of a model."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """All that determines a phase's result."""

    settings: Mapping[str, Any]
    data: Mapping[str, str]
    """By split of a task: the key of its token store; by `MODEL`: that of the folder it starts from."""
    start: str
    """The digest of the phase from which it starts; empty for none."""

    @property
    def digest(self) -> str:
        """A few letters that stand for it."""
        text = json.dumps(asdict(self), sort_keys=True)
        return blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, kw_only=True)
class PhaseRecord:
    """What a phase's folder says of itself."""

    name: str
    kind: str
    after: str | None
    arm: str
    seed: int
    tasks: tuple[str, ...]
    selection: str | None
    """Train: what decided which step's weights were kept."""
    identity: Identity
    labels_in: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Train: by task, the languages other than English of the labels that it learns from."""
    done: bool = False
    seconds: float = 0.0
    """Spent on it so far; what a start that was killed has spent is not known."""


def identity_of(phase: Phase, *, data: Mapping[str, str], start: str) -> Identity:
    """What determines the result of a phase."""
    settings = phase.model_dump(mode="json", include=set(SECTIONS[phase.kind]))
    _drop_free(settings, phase.kind)
    if phase.kind == "train":
        settings["deepspeed"] = _arithmetic(phase)
    return Identity(settings=settings, data=dict(data), start=start)


def _drop_free(settings: Mapping[str, Any], kind: str) -> None:
    for section, key in FREE[kind]:
        if section in settings:
            settings[section].pop(key, None)


def model_key(phase: Phase) -> dict[str, str]:
    """The key of a folder's weights, configuration and tokenizer; none for what starts from other things."""
    source = model_source(phase)
    if phase.after is not None or source is None or not (folder := Path(source)).is_dir():
        return {}
    hash_of = FileHashes((phase.data.cache or default_cache()) / "hashes").of
    return {MODEL: folder_key(folder, hash_of=hash_of)}


def _arithmetic(phase: Phase) -> dict[str, Any]:
    """What the phase's DeepSpeed file says that determines its result."""
    file, train = locate(phase.deepspeed, where="deepspeed: "), phase.train
    return arithmetic_of(resolve_ds_config(file, precision=train.precision, clip=train.clip))


def store_keys(folders: Iterable[Path]) -> dict[str, str]:
    """The keys of token stores, which stand for the rows, the tokenizer, and the code between them."""
    return dict(folder.name.rpartition("-")[::2] for folder in folders)


def new_record(recipe: Recipe, phase: Phase, identity: Identity) -> PhaseRecord:
    """The record of a phase that begins."""
    tasks = choose_tasks(recipe, phase) if phase.kind == "train" else ()
    return PhaseRecord(
        name=phase.name,
        kind=phase.kind,
        after=phase.after,
        arm=recipe.arm_of(phase),
        seed=phase.seed,
        tasks=tuple(phase.tasks),
        selection=_selection(phase, tasks) if tasks else None,
        identity=identity,
        labels_in={task.name: others for task in tasks if (others := _other_labels(task))},
    )


def _selection(phase: Phase, tasks: Iterable[Task]) -> str:
    """In words, which weights of a train phase are kept."""
    languages = sorted({task.language for task in tasks if has_dev(task, phase)})
    if not languages:
        return "last step"
    return "English dev" if languages == [ENGLISH] else f"dev of {', '.join(languages)}"


def _other_labels(task: Task) -> list[str]:
    """The languages of a task's labels but English; plain text has none."""
    return [] if task.kind == "mlm" else sorted(set(training_languages(task)) - {ENGLISH})


def read_begun(folder: PhaseFolder) -> PhaseRecord | None:
    """The record of a phase that has begun; None also where it failed before there was anything to lose."""
    record = read_record(folder)
    return record if record is not None and (record.done or folder.has_work()) else None


def read_record(folder: PhaseFolder) -> PhaseRecord | None:
    """The record of a phase's folder; None where nobody has tried the phase."""
    try:
        facts = json.loads(folder.record.read_text(encoding="utf-8"))
        facts["identity"] = Identity(**facts["identity"])
        return PhaseRecord(**{**facts, "tasks": tuple(facts["tasks"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise UserError(f"{folder.record}: is damaged; remove the folder to run the phase anew") from None


def write_record(folder: PhaseFolder, record: PhaseRecord) -> None:
    """Save the record."""
    write_atomic(folder.record, json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n")


def demand_same(record: PhaseRecord, identity: Identity, folder: PhaseFolder) -> None:
    """Refuse to go on with a phase that was begun as another one; the error names what differs."""
    change = next(_changes(record, identity), None)
    if change is not None:
        raise _another(record, folder, *change)


def _another(record: PhaseRecord, folder: PhaseFolder, place: str, values: str) -> UserError:
    way_out = (
        "or remove the folder to do it anew; as it is done, --resume --insist goes on and leaves it as it is"
        if record.done
        else "or go on all the same with --resume --insist"
    )
    return UserError(
        f"{folder.root}: was made with other {place} ({values}); take it back, choose name=NEW_NAME, "
        f"{way_out}"
    )


def differing(record: PhaseRecord, identity: Identity) -> list[str]:
    """The keys of what a phase was begun or done with and is now otherwise."""
    return [place for place, _ in _changes(record, identity)]


def demand_same_settings(recipe: Recipe, folder: RunFolder) -> None:
    """Refuse a recipe that says otherwise of a phase that has begun; data are asked for later.

    So is a start that is not done any more, but of another name it cannot become the same.
    """
    for phase in recipe.phase_list():
        place = folder.phase(phase.name)
        record = read_begun(place)
        if record is None:
            continue
        demand_same(record, identity_of(phase, data=record.identity.data, start=record.identity.start), place)
        start = known_start(phase, folder)
        if start != record.identity.start and (start is not None or phase.after != record.after):
            old = {"after": record.after, "start": record.identity.start}
            raise _another(record, place, *next(_differences(old, {"after": phase.after, "start": start})))


def _changes(record: PhaseRecord, identity: Identity) -> Iterator[tuple[str, str]]:
    """The keys of what a phase was begun or done with and is now otherwise, and both values."""
    old, new = asdict(record.identity), asdict(identity)
    # An earlier version recorded what is free by now, and no model; or that has served and is gone.
    _drop_free(old["settings"], record.kind)
    if not (MODEL in old["data"] and MODEL in new["data"]):
        for each in (old, new):
            each["data"].pop(MODEL, None)
    if record.kind == "retrieve":  # which counted labels of tests, too
        for key in {*old["data"]} - {*new["data"]}:
            if "-test-" in key and "/test-" in key:
                del old["data"][key]
    return _differences(old, new)


def _differences(old: Any, new: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The keys whose values differ, and both values in few letters."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{place}.{key}" if place else key)
    elif json.dumps(old) != json.dumps(new) and not (old is None and place == "settings.deepspeed"):
        # A record of an earlier version does not say what its DeepSpeed file said.
        yield place, f"{json.dumps(old)[:60]}, now {json.dumps(new)[:60]}"


def choose_phases(recipe: Recipe, only: Sequence[str]) -> list[Phase]:
    """All phases in the recipe's order, or those named."""
    for name in only:
        if name not in recipe.phases:
            raise unknown_name("phase", name, recipe.phases, where="--only")
    return [phase for phase in recipe.phase_list() if not only or phase.name in only]


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
