"""Layouts with an id an item, in one JSON object: answers to questions, and ranked lists."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mtl.errors import UserError
from mtl.evaluate.layouts.text import parse_json, read_text
from mtl.evaluate.metrics import METRICS, SpanAnswer
from mtl.tasks.benchmarks import Member


def read_answers(path: Path, member: Member) -> dict[str, SpanAnswer]:
    """The predicted answer of each question id."""
    answers = _read_object(path)
    for key, text in answers.items():
        if not isinstance(text, str):
            raise UserError(f"{path}: the answer of {key!r} is no text, but {_shown(text)}")
    return {key: SpanAnswer(text) for key, text in answers.items()}


def read_gold_answers(path: Path, member: Member) -> dict[str, tuple[str, ...]]:
    """The right answers of each question id, from SQuAD's JSON."""
    golds: dict[str, tuple[str, ...]] = {}
    for key, answers in _questions(path):
        if key in golds:
            raise UserError(f"{path}: question {key!r} occurs twice; take the original data")
        if not answers and not METRICS[member.metric].allows_no_answer:
            raise UserError(f"{path}: question {key!r} has no answer; take the original data")
        golds[key] = answers
    if not golds:
        raise UserError(f"{path}: holds no question; take the original data")
    texts = [text for answers in golds.values() for text in answers]
    if texts and not any(texts):
        raise UserError(
            f"{path}: every answer is blank: the labels are withheld here; take the original data"
        )
    return golds


def read_rankings(path: Path, member: Member) -> dict[str, list[str]]:
    """The ranked ids of each query id, the best first."""
    rankings = _read_object(path)
    for key, ids in rankings.items():
        if not (isinstance(ids, list) and all(isinstance(item, str) for item in ids)):
            raise UserError(f"{path}: {key!r} has no list of ids, but {_shown(ids)}")
    return rankings


def read_targets(path: Path, member: Member) -> dict[str, list[str]]:
    """The ids that are right for each query id."""
    targets = {key: [item.strip() for item in ids] for key, ids in read_rankings(path, member).items()}
    if not any(item for ids in targets.values() for item in ids):
        raise UserError(f"{path}: every id is blank: the labels are withheld here; take the original data")
    for key, ids in targets.items():
        if not ids or "" in ids:
            raise UserError(f"{path}: {key!r} lacks a right id; take the original data")
    return targets


def answers_text(answers: Mapping[str, SpanAnswer]) -> str:
    """One JSON object of question id and text."""
    return _json({key: answer.text for key, answer in answers.items()})


def gold_answers_text(golds: Mapping[str, Sequence[str]]) -> str:
    """SQuAD's JSON, with no more than scoring asks for: each question's id and its right answers."""
    questions = [{"id": key, "answers": [{"text": text} for text in texts]} for key, texts in golds.items()]
    return _json({"data": [{"paragraphs": [{"qas": questions}]}]})


def rankings_text(rankings: Mapping[str, Sequence[str]]) -> str:
    """One JSON object of query id and ids."""
    return _json({key: list(ids) for key, ids in rankings.items()})


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1) + "\n"


def _read_object(path: Path) -> dict[str, Any]:
    content = parse_json(read_text(path), path)
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected one JSON object with an id as each key, found {_shown(content)}")
    if not content:
        raise UserError(f"{path}: is empty; write a key for each item")
    return content


def _questions(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    content = parse_json(read_text(path), path)
    place = "top level"
    try:
        articles = content["data"] if isinstance(content, dict) else content
        for a, article in enumerate(articles, start=1):
            for p, paragraph in enumerate(article["paragraphs"], start=1):
                place = f"article {a}, paragraph {p}"
                for question in paragraph["qas"]:
                    yield (
                        _text(question["id"]),
                        tuple(_text(answer["text"]) for answer in question["answers"]),
                    )
    except (KeyError, TypeError) as error:
        trouble = f"{path}: not SQuAD's JSON at {place} ({type(error).__name__}: {error})"
        raise UserError(f"{trouble}; take the original data") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {_shown(value)}")
    return value


def _shown(value: object) -> str:
    return repr(value)[:60]
