"""SQuAD's JSON (also XQuAD's, MLQA's, TyDiQA's): articles of paragraphs of questions; a row a question."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mtl.data.formats.lines import BROKEN, decode, open_bytes, unreadable
from mtl.errors import UserError
from mtl.tasks.task import Row


def read_squad(path: Path) -> Iterator[tuple[int, Row]]:
    """The questions, numbered from 1; `answers` is None where the file does not tell them."""
    number = 0
    for paragraph, where in paragraphs(path):
        for k, question in enumerate(paragraph["qas"]):
            number += 1
            yield (
                number,
                {
                    "id": require(question, "id", path, f"{where}.qas[{k}]"),
                    "title": paragraph["title"],
                    "question": require(question, "question", path, f"{where}.qas[{k}]"),
                    "context": paragraph["context"],
                    "sentence_breaks": paragraph.get("sentence_breaks"),
                    "answers": question.get("answers"),
                    "is_impossible": bool(question.get("is_impossible", False)),
                },
            )


def paragraphs(path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The paragraphs, each with a `title`, a `context` and a list of `qas`, and where each stands."""
    for i, article in enumerate(_list(_load(path), "data", path, "")):
        for j, paragraph in enumerate(_list(article, "paragraphs", path, f"data[{i}]")):
            where = f"data[{i}].paragraphs[{j}]"
            require(paragraph, "context", path, where)
            _list(paragraph, "qas", path, where)
            yield {"title": article.get("title", ""), **paragraph}, where


def require(value: Any, key: str, path: Path, where: str) -> Any:
    """The value under a key that a file in this format must have."""
    if not isinstance(value, Mapping) or key not in value:
        raise _not_squad(path, where or "the file", f"has no {key!r}")
    return value[key]


def _load(path: Path) -> Any:
    try:
        with open_bytes(path) as file:
            raw = file.read()
    except BROKEN as error:
        raise unreadable(path, error) from error
    text = decode(raw, path, 1)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        trouble = f"{path}:{error.lineno}: not JSON: {error.msg} at column {error.colno}"
        raise UserError(f"{trouble}; fetch the file again, or name its real format") from error
    except (RecursionError, ValueError) as error:  # brackets without end, a number of thousands of digits
        raise UserError(f"{path}:1: not JSON that can be read: {error}; fetch the file again") from error


def _list(value: Any, key: str, path: Path, where: str) -> list[Any]:
    found = require(value, key, path, where)
    if not isinstance(found, list):
        raise _not_squad(path, f"{where}.{key}".lstrip("."), f"is a {type(found).__name__}, not a list")
    return found


def _not_squad(path: Path, where: str, trouble: str) -> UserError:
    return UserError(f"{path}: {where} {trouble}; mend it, or name the file's real format")
