"""Queries and candidates: one pool over all languages or files, each id once, and right by shared keys."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from mtl.data.searches import (
    Candidates,
    query_languages,
    read_candidates,
    read_queries,
    search_files,
    targets,
)
from mtl.errors import UserError
from mtl.tasks.records import Record, SearchRecord
from mtl.tasks.registry import get_task
from mtl.tasks.task import Row, Search, Source, Task


def shape(row: Row) -> Record:
    return SearchRecord(id=row["id"], text=row["text"], keys=tuple(row["keys"]))


def task(candidates: str = "{lang}.candidates.jsonl") -> Task:
    queries, pool = (
        Source(files=(name,), format="jsonl", record=shape) for name in ("{lang}.queries.jsonl", candidates)
    )
    searches = {"test": Search(queries=queries, candidates=pool)}
    return Task(name="t", kind="embed", searches=searches, metric="map_at_20")


def write(root: Path, name: str, *rows: tuple[str, str, list[str]]) -> None:
    lines = (json.dumps({"id": id, "text": text, "keys": keys}) + "\n" for id, text, keys in rows)
    (root / name).write_text("".join(lines))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "de.queries.jsonl", ("1", "wer", ["k"]), ("2", "was", ["l"]))
    write(tmp_path, "fi.queries.jsonl", ("1", "kuka", []))
    write(tmp_path, "de.candidates.jsonl", ("a", "Ann", ["k"]), ("b", "Bob", []))
    write(tmp_path, "fi.candidates.jsonl", ("a", "Anni", ["k", "l"]))
    write(tmp_path, "all.jsonl", ("Q1", "Ann", ["k"]))
    return tmp_path


def pool(root: Path, one: Task) -> Candidates:
    return read_candidates(one, "test", root=root, drops=Counter())


def test_candidates_of_all_languages_are_one_pool_under_ids_of_their_own(root: Path) -> None:
    found = pool(root, task())
    assert list(found.ids) == ["de_a", "de_b", "fi_a"]
    assert list(found.texts) == ["Ann", "Bob", "Anni"]
    assert query_languages(task(), "test", root) == ("de", "fi")
    assert [file.name for file in search_files(task(), "test", "fi", root)] == [
        "fi.queries.jsonl",
        "de.candidates.jsonl",
        "fi.candidates.jsonl",
    ]


def test_candidates_without_a_language_keep_their_ids(root: Path) -> None:
    assert list(pool(root, task("all.jsonl")).ids) == ["Q1"]


def test_right_are_those_that_share_a_key(root: Path) -> None:
    one, two = read_queries(task(), "test", "de", root=root, drops=Counter())
    assert targets(one, pool(root, task()), "t de") == ["de_a", "fi_a"]
    assert targets(two, pool(root, task()), "t de") == ["fi_a"]
    with pytest.raises(
        UserError, match=r"^t de: no candidate is right for the query '2'; take .* same release$"
    ):
        targets(two, pool(root, task("all.jsonl")), "t de")


def test_what_is_wrong_is_one_line(root: Path) -> None:
    with pytest.raises(UserError, match=r"unknown language 'd'.*did you mean de"):
        read_queries(task(), "test", "d", root=root, drops=Counter())
    with pytest.raises(UserError, match=r"no test file matches 'none.jsonl' below .*; put the files there"):
        pool(root, task("none.jsonl"))
    write(root, "fi.queries.jsonl", ("1", "kuka", []), ("1", "mikä", []))
    with pytest.raises(UserError, match=r"fi.queries.jsonl:2: the id '1' stands in fi.queries.jsonl:1 too"):
        read_queries(task(), "test", "fi", root=root, drops=Counter())
    (root / "fi.queries.jsonl").write_text("")
    with pytest.raises(UserError, match="the fi test split holds no query"):
        read_queries(task(), "test", "fi", root=root, drops=Counter())
    write(root, "fi.queries.jsonl", ("1", " ", []))
    with pytest.raises(UserError, match=r"fi.queries.jsonl:1: task t: the text is empty"):
        read_queries(task(), "test", "fi", root=root, drops=Counter())
    with pytest.raises(UserError, match="task squad_v1 declares no queries and candidates for test"):
        query_languages(get_task("squad_v1"), "test", root)


def test_an_article_in_another_language_is_left_out_and_counted(tmp_path: Path) -> None:
    mention = {"example_id": "m", "mention_span": {"start": 0, "end": 3, "text": "Ann"}, "entity_id": ""}
    rows = [
        {
            "context": {"text": "Ann.", "language": code, "sentence_spans": [{"start": 0, "end": 4}]},
            "mentions": [{**mention, "example_id": code}],
        }
        for code in ("de", "fi", "de")
    ]
    rows[2]["mentions"][0]["example_id"] = "again"  # type: ignore[index]
    file = tmp_path / "mewslix/wikinews_mentions-test.jsonl"
    file.parent.mkdir()
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    mewslix = replace(get_task("mewslix"), splits={})
    assert query_languages(mewslix, "test", tmp_path) == ("de", "fi")
    drops: Counter[str] = Counter()
    queries = read_queries(mewslix, "test", "de", root=tmp_path, drops=drops)
    assert [query.id for query in queries] == ["de", "again"]
    assert drops == {"rows in another language": 1}
    assert {query.keys for query in queries} == {()}
