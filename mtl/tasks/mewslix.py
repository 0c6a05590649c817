"""Mewsli-X: which entity a news text mentions, among a million descriptions in fifty languages."""

import re
from collections.abc import Mapping
from typing import Any

from mtl.tasks.records import EmbedRecord, Record, SearchRecord
from mtl.tasks.shapes import as_offset, as_text
from mtl.tasks.task import Row, Search, Source, Task, first_of

_BRACES = re.compile(r"\{(.*?)\}")


def _pair(row: Row) -> Record:
    """A mention in Wikipedia and the entity; pairs of one entity share a key."""
    mention, entity = row["contextual_mention"], row["entity"]
    return EmbedRecord(
        id=as_text(mention["mention"]["example_id"], "example_id"),
        query=mention_text(mention["context"], mention["mention"]),
        candidate=entity_text(entity),
        key=as_text(entity["entity_id"], "entity_id"),
    )


def _query(row: Row) -> Record:
    """A mention; XTREME's test files tell no entity."""
    mention = row["mention"]
    entity = as_text(mention["entity_id"], "entity_id")
    return SearchRecord(
        id=as_text(mention["example_id"], "example_id"),
        text=mention_text(row["context"], mention),
        keys=(entity,) if entity else (),
    )


def _candidate(row: Row) -> Record:
    entity = as_text(row["entity_id"], "entity_id")
    return SearchRecord(id=entity, text=entity_text(row), keys=(entity,))


def _language(row: Row) -> str | None:
    code = row["context"].get("language")
    return None if code is None else str(code)


def mention_text(context: Mapping[str, Any], mention: Mapping[str, Any]) -> str:
    """The mention, then its sentence with braces around it; braces of the text's own become brackets.

    Of a mention that goes over the edge of a sentence, all sentences that it touches are taken.
    """
    text, span = as_text(context["text"], "text"), mention["mention_span"]
    start, end = _edges(span)
    if not text[start:end] or text[start:end] != span["text"]:
        raise ValueError(f"the mention {span['text']!r} does not stand at {start}:{end} of its text")
    touched = [(a, b) for a, b in map(_edges, context["sentence_spans"]) if a < end and b > start]
    first, last = min([start, *(a for a, _ in touched)]), max([end, *(b for _, b in touched)])
    left, right = (_BRACES.sub(r"(\1)", part) for part in (text[first:start], text[end:last]))
    return _one_line(f"{text[start:end]}: {left} {{ {text[start:end]} }} {right}")


def _edges(span: Mapping[str, Any]) -> tuple[int, int]:
    return as_offset(span["start"], "start"), as_offset(span["end"], "end")


def entity_text(entity: Mapping[str, Any]) -> str:
    """The sentences of its description."""
    text = as_text(entity["description"], "description")
    return _one_line(" ".join(text[slice(*_edges(span))] for span in entity["sentence_spans"]))


def _one_line(text: str) -> str:
    """Without line breaks and without two spaces in a row."""
    return " ".join(text.splitlines()).replace("  ", " ").strip()


def _pairs(part: str) -> tuple[Source, ...]:
    return (Source(files=(f"mewslix/wikipedia_pairs-{part}.jsonl",), format="jsonl", record=_pair),)


def _mentions(file: str) -> Source:
    return Source(files=(file,), format="mentions", record=_query, language_of=_language)


TASK = Task(
    name="mewslix",
    kind="embed",
    splits={"train": _pairs("train"), "dev": _pairs("dev")},
    searches={
        "test": Search(
            queries=first_of(
                _mentions("mewslix/wikinews_mentions/test-{lang}.jsonl"),
                _mentions("mewslix/wikinews_mentions-test.jsonl"),
            )[0],
            candidates=Source(
                files=("mewslix/candidate_set_entities.jsonl",), format="jsonl", record=_candidate
            ),
        )
    },
    metric="map_at_20",
    max_length=64,
    max_question=64,
    group=8,
    sizes={"train": 167_719, "dev": 14_051},
    notes={"genre": "Wikipedia; tested on Wikinews", "licence": "CC BY-SA 3.0 and others"},
)
