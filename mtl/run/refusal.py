"""What is refused because a folder holds something else: a phase that has begun, or one that was another."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mtl.errors import UserError
from mtl.phase_record import Identity, PhaseRecord, read_begun
from mtl.run.identity import MODEL, drop_free, identity_of, known_start
from mtl.run.recipe.schema import Phase, Recipe
from mtl.runfolder import PhaseFolder, RunFolder


def refuse_begun(recipe: Recipe, folder: RunFolder, phases: Sequence[Phase]) -> None:
    """Refuse to write over what a run has begun, this one or another recipe's of the same name."""
    names = sorted(place.name for place in folder.root.glob("*") if place.is_dir())
    for name in names:
        if name not in recipe.phases and read_begun(folder.phase(name)) is not None:
            raise UserError(
                f"{folder.root}: holds a run with a phase {name}, which this recipe has not; choose "
                "name=NEW_NAME, or, if the recipe was that run's, go on by --resume"
            )
    begun = [phase.name for phase in phases if read_begun(folder.phase(phase.name)) is not None]
    if begun:
        raise UserError(
            f"{folder.root}: holds a run that has begun (phase {begun[0]}); go on with it by --resume, "
            "choose name=NEW_NAME, or remove the folder"
        )


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


def demand_same(record: PhaseRecord, identity: Identity, folder: PhaseFolder) -> None:
    """Refuse to go on with a phase that was begun as another one; the error names what differs."""
    change = next(_changes(record, identity), None)
    if change is not None:
        raise _another(record, folder, *change)


def differing(record: PhaseRecord, identity: Identity) -> list[str]:
    """The keys of what a phase was begun or done with and is now otherwise."""
    return [place for place, _ in _changes(record, identity)]


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


def _changes(record: PhaseRecord, identity: Identity) -> Iterator[tuple[str, str]]:
    """The keys of what a phase was begun or done with and is now otherwise, and both values."""
    old, new = asdict(record.identity), asdict(identity)
    _leave_out_what_one_cannot_say(old, new, record.kind)
    return _differences(old, new)


def _leave_out_what_one_cannot_say(old: dict[str, Any], new: dict[str, Any], kind: str) -> None:
    """Take away what records did not always hold, or held without need: a begun phase is to go on."""
    # A setting that is free today may have counted for the version that wrote the record.
    drop_free(old["settings"], kind)
    # What the DeepSpeed file says was not always recorded.
    if "deepspeed" not in old["settings"]:
        new["settings"].pop("deepspeed", None)
    # Nor were the files of a model; and once a phase has started from them, their folder may go.
    if not (MODEL in old["data"] and MODEL in new["data"]):
        old["data"].pop(MODEL, None)
        new["data"].pop(MODEL, None)
    # Labels of a test split (as bucc2018-test-de/test-de.tsv) counted, though a search reads none.
    if kind == "retrieve":
        for name in old["data"].keys() - new["data"].keys():
            if "-test-" in name and "/test-" in name:
                del old["data"][name]


def _differences(old: Any, new: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The keys whose values differ, and both values in few letters."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{place}.{key}" if place else key)
    elif json.dumps(old) != json.dumps(new):
        yield place, f"{json.dumps(old)[:60]}, now {json.dumps(new)[:60]}"
