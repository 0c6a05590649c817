"""Preparing a data folder: a task's rows from the hub as Parquet files, and the user's own files listed.

A file is fetched once, aside, and renamed when it is whole, so that a fetch that broke off goes on where it
was. Where files of another alternative are there already, the hub's are not fetched.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from mtl.data.formats import READERS
from mtl.data.hub import Repository, look_up
from mtl.data.manifest import Manifest
from mtl.data.sources import alternatives, find, source_languages, spelled_codes
from mtl.errors import UserError
from mtl.tasks.task import Hub, Source, Task, first_of

Say = Callable[[str], None]


def prepare_task(task: Task, manifest: Manifest, *, say: Say) -> list[str]:
    """Fetch what the hub has of a task, list all its files; return the splits that are not there."""
    missing = []
    for split, source in sources_of(task):
        for language in _wanted(task, split, source):
            _fetch(task, source, language, manifest, say)
        if not _list_files(task, split, source, manifest, say):
            missing.append(split)
    for split, gold in _golds(task):  # a test set may tell it, too
        _list_files(task, split, gold, manifest, say)
    return list(dict.fromkeys(missing))


def missing_splits(task: Task, root: Path) -> list[str]:
    """The splits of a task none of whose alternatives is there."""
    missing = [split for split, source in sources_of(task) if not _found_languages(task, split, source, root)]
    return list(dict.fromkeys(missing))


def sources_of(task: Task) -> Iterator[tuple[str, Source]]:
    """The sources of the splits that a run reads: both sides of bitexts and searches, gold of dev bitexts.

    The dev split of a task that trains on another is not among them: the other's stands in for it.
    """
    for split, sources in task.splits.items():
        if split == "dev" and task.train_on is not None:
            continue
        yield from ((split, source) for source in sources)
    for split, search in task.searches.items():
        yield from ((split, source) for source in (search.queries, search.candidates))
    for split, bitext in task.bitexts.items():
        chain = bitext.alternatives
        yield from ((split, source) for source in first_of(*(one.foreign for one in chain)))
        yield from ((split, source) for source in first_of(*(one.english for one in chain)))
    yield from ((split, source) for split, source in _golds(task) if split != "test")


def _golds(task: Task) -> Iterator[tuple[str, Source]]:
    """Where a bitext's splits tell which sentences translate each other."""
    for split, bitext in task.bitexts.items():
        told = [one.gold for one in bitext.alternatives if one.gold is not None]
        golds = [gold for one in told for gold in alternatives(one)]
        if golds:
            yield split, first_of(*golds)[0]


def _wanted(task: Task, split: str, source: Source) -> list[str | None]:
    """The languages to fetch: all for a test, the task's own for training; None where there is only one."""
    hubs = [one for one in alternatives(source) if one.hub is not None]
    if not hubs:
        return []
    if not any("{lang}" in one.hub.configuration for one in hubs if one.hub is not None):
        return [None]
    if split != "test":
        return [task.language]
    offered = {code for one in hubs for code in _offered(one)}
    return list(sorted(offered))


def _offered(source: Source) -> set[str]:
    assert source.hub is not None
    repository = _look_up(source.hub.repository)
    with_splits = (
        name for name, splits in repository.splits.items() if set(source.hub.splits) <= set(splits)
    )
    return spelled_codes(source, source.hub.configuration, with_splits)


@cache
def _look_up(repository: str) -> Repository:
    return look_up(repository)


def _fetch(task: Task, source: Source, language: str | None, manifest: Manifest, say: Say) -> None:
    chain = list(alternatives(source))
    own = [one for one in chain if one.hub is None]
    if own and find(first_of(*own)[0], manifest.root, language or task.language) is not None:
        return
    for one in chain:
        if one.hub is None:
            continue
        spelling = one.codes.get(language, language) if language is not None else ""
        hub = replace(one.hub, configuration=one.hub.configuration.replace("{lang}", spelling))
        if all(manifest.is_sound(file) for file in hub.files):
            return
        repository = _look_up(hub.repository)
        if set(hub.splits) <= set(repository.splits.get(hub.configuration, ())):
            for split, file in zip(hub.splits, hub.files, strict=True):
                fetch_file(repository, hub, split, file, task, manifest, say)
            return


def fetch_file(
    repository: Repository, hub: Hub, split: str, file: str, task: Task, manifest: Manifest, say: Say
) -> None:
    """Write a split of a hub's data set as a file of the folder, unless it is there, and list it."""
    if manifest.is_sound(file):
        return
    rows = repository.load(hub.configuration, split)
    for column, labels in hub.labels.items():
        feature = rows.features.get(column)
        names = getattr(getattr(feature, "feature", feature), "names", None)  # of a list: its elements'
        if names is not None and tuple(names) != labels:
            raise UserError(
                f"hub: {hub.repository}, {hub.configuration}: {column} has the labels {', '.join(names)}, "
                f"expected {', '.join(labels)} in this order; mend the declaration of {task.name}"
            )
    path = manifest.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.aside")
    try:
        rows.to_parquet(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    manifest.add(
        file,
        rows=len(rows),
        origin=f"{hub.repository} {hub.configuration} {split} @{repository.revision}",
        licence=repository.licence or task.notes.get("licence", ""),
    )
    say(f"{file}: {len(rows):,} rows, {manifest.files[file].size:,} bytes")


def _list_files(task: Task, split: str, source: Source, manifest: Manifest, say: Say) -> bool:
    """Whether the split is there; files that the user brought are added to the manifest."""
    there = _found_languages(task, split, source, manifest.root)
    for language in there:
        found = find(source, manifest.root, language)
        assert found is not None, f"{task.name}: {language} was there"
        for file in found.files:
            path = file.relative_to(manifest.root).as_posix()
            own = path not in manifest.files or not manifest.files[path].origin
            if own and not manifest.is_sound(path):  # new, or the user has mended it
                rows = sum(1 for _ in READERS[found.source.format](file))
                manifest.add(path, rows=rows, origin="", licence=task.notes.get("licence", ""))
                say(f"{path}: {rows:,} rows, yours")
    return bool(there)


def _found_languages(task: Task, split: str, source: Source, root: Path) -> list[str | None]:
    """The languages that a source is there in; [None] for one of a single language."""
    if not source.has_languages:
        return [None] if find(source, root, None) is not None else []
    there = source_languages(source, root, named=task.language)
    return [*sorted(there if split == "test" or task.bitexts else there & {task.language})]
