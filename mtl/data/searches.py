"""The two sides of a search: a language's queries, and the candidates of all languages in one pool."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mtl.data.records import check_new_id, read_found
from mtl.data.sources import FoundFiles, find, missing_files, source_languages
from mtl.errors import UserError
from mtl.tasks.records import SearchRecord
from mtl.tasks.task import Search, Source, Task


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Among which queries search; where files name languages, an id begins with its own."""

    ids: Sequence[str]
    texts: Sequence[str]
    keys: Sequence[tuple[str, ...]]

    @cached_property
    def by_key(self) -> Mapping[str, list[int]]:
        """The candidates of each key."""
        found: dict[str, list[int]] = {}
        for place, keys in enumerate(self.keys):
            for key in keys:
                found.setdefault(key, []).append(place)
        return found


def query_languages(task: Task, split: str, root: Path) -> tuple[str, ...]:
    """The languages whose queries are there."""
    return tuple(sorted(source_languages(_search(task, split).queries, root)))


def search_files(task: Task, split: str, lang: str, root: Path) -> list[Path]:
    """The files of a language's queries and of all candidates."""
    search = _search(task, split)
    parts = [(search.queries, lang), *((search.candidates, code) for code in _codes(search.candidates, root))]
    found = [_found(task, split, source, root, code) for source, code in parts]
    return list(dict.fromkeys(file for one in found for file in one.files))


def read_queries(
    task: Task, split: str, lang: str, *, root: Path, drops: Counter[str]
) -> Sequence[SearchRecord]:
    """The queries of a language, each id once."""
    queries = list(_read(task, split, _search(task, split).queries, root, lang, drops))
    if not queries:
        raise UserError(f"task {task.name}: the {lang} {split} split holds no query; look at its files")
    return queries


def read_candidates(task: Task, split: str, *, root: Path, drops: Counter[str]) -> Candidates:
    """All candidates, in the order of languages and files."""
    source = _search(task, split).candidates
    ids, texts, keys = [], [], []
    for code in _codes(source, root):
        for record in _read(task, split, source, root, code, drops):
            ids.append(record.id if code is None else f"{code}_{record.id}")
            texts.append(record.text)
            keys.append(record.keys)
    if not ids:
        raise UserError(f"task {task.name}: there is no {split} candidate; look at its files")
    return Candidates(ids=ids, texts=texts, keys=keys)


def targets(query: SearchRecord, candidates: Candidates, where: str) -> list[str]:
    """The ids of the candidates that share a key with a query, which tells its keys."""
    places = {place for key in query.keys for place in candidates.by_key.get(key, ())}
    if not places:
        raise UserError(
            f"{where}: no candidate is right for the query {query.id!r}; take queries and candidates "
            "from the same release"
        )
    return [candidates.ids[place] for place in sorted(places)]


def _search(task: Task, split: str) -> Search:
    if split not in task.searches:
        raise UserError(
            f"task {task.name} declares no queries and candidates for {split}; take its test split"
        )
    return task.searches[split]


def _codes(source: Source, root: Path) -> list[str] | list[None]:
    """The languages that candidates are there in; [None] where files name none."""
    return sorted(source_languages(source, root)) if source.has_languages else [None]


def _found(task: Task, split: str, source: Source, root: Path, lang: str | None) -> FoundFiles:
    found = find(source, root, lang)
    if found is None:
        raise missing_files(task, split, source, root, lang)
    return found


def _read(
    task: Task, split: str, source: Source, root: Path, lang: str | None, drops: Counter[str]
) -> Iterator[SearchRecord]:
    places: dict[str, str] = {}
    found = _found(task, split, source, root, lang)
    for located in read_found(task, split, found, root=root, lang=lang, drops=drops):
        record = located.record
        assert isinstance(record, SearchRecord), f"{task.name} shapes queries or candidates as something else"
        owner = "an id belongs to one query or candidate: mend the file"
        check_new_id(record.id, located.where, places, root, what=owner)
        yield record
