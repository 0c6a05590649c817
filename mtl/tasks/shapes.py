"""Shapes: from the names of columns to the function that turns a row into a record, one builder a kind.

A text may be spread over several columns, which are joined by a space. A gold column that a row lacks or
leaves empty gives a gold of None; whether a split may do so is the reader's business.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mtl.tasks.records import (
    Answer,
    ChoiceRecord,
    Drop,
    EmbedRecord,
    PairRecord,
    Record,
    SpanRecord,
    TagRecord,
    TextRecord,
)
from mtl.tasks.task import Row, Shape

Columns = str | tuple[str, ...]
LOST = Drop("questions whose answer was lost")


def pair(
    *,
    text_a: Columns,
    text_b: Columns | None,
    label: str = "label",
    id: str | None = None,
    names: Mapping[str, str] | None = None,
    drop: Collection[str] = (),
) -> Shape:
    """One or two texts and a label; `names` maps the file's spelling to ours, a label in `drop` drops."""

    def shape(row: Row) -> Record | Drop:
        raw = spelled(row.get(label), label)
        if raw in drop:
            return Drop(f"rows whose {label} is {raw!r}")
        return PairRecord(
            id=_id(row, id),
            text_a=_text(row, text_a),
            text_b=None if text_b is None else _text(row, text_b),
            label=_named(raw, label, names),
        )

    return shape


def numbers(labels: Sequence[str]) -> Mapping[str, str]:
    """The names for `pair` or `tag` of a file that counts its labels from 0."""
    return {str(number): label for number, label in enumerate(labels)}


def translated_pair(*, names: Mapping[str, str]) -> Shape:
    """XTREME's translate-train files, without a header: two translated texts, perhaps after the originals."""
    three = pair(text_a="c0", text_b="c1", label="c2", names=names)
    five = pair(text_a="c2", text_b="c3", label="c4", names=names)
    return lambda row: five(row) if "c4" in row else three(row)


def choice(
    *,
    prompt: Columns,
    choices: Columns,
    label: str = "label",
    id: str | None = None,
    spellings: Sequence[str] | None = None,
) -> Shape:
    """A prompt and its choices: a column each, or one column that holds a list.

    `spellings`: how the label column writes the first, second, ... choice; without them it counts from 0.
    """

    def shape(row: Row) -> Record:
        texts = (
            _texts(row[choices], choices)
            if isinstance(choices, str)
            else [_text(row, one) for one in choices]
        )
        known = [str(i) for i in range(len(texts))] if spellings is None else list(spellings)
        raw = spelled(row.get(label), label)
        return ChoiceRecord(
            id=_id(row, id),
            prompt=_text(row, prompt),
            choices=tuple(texts),
            label=None if raw is None else _place(raw, known, label),
        )

    return shape


def span(
    *,
    question: str = "question",
    context: str = "context",
    answers: str | tuple[str, str] = "answers",
    id: str | None = "id",
    unanswerable: bool = True,
    drop_lost: bool = False,
) -> Shape:
    """A question on a context; the answers are SQuAD's, or two columns: an answer's text and its offset.

    Of two columns, an empty text says that there is no answer. Without `unanswerable` that is refused.
    With `drop_lost` a question none of whose answers is at its offset is dropped, as translations have them,
    but not one that says itself that it has none, where that is allowed.
    """
    columns = (answers,) if isinstance(answers, str) else answers

    def shape(row: Row) -> Record | Drop:
        found = (
            _answers(row.get(answers), answers)
            if isinstance(answers, str)
            else _answer_columns(row, *answers)
        )
        passage = _text(row, context)
        says_none = bool(row.get("is_impossible")) or (found == () and len(columns) == 2)
        impossible = unanswerable and says_none
        if drop_lost and any(row.get(column) is not None for column in columns):
            found = tuple(one for one in found or () if impossible or _stands(one, passage))
            if not (found or impossible):
                return LOST
        if found and row.get("is_impossible"):
            raise ValueError(f"is_impossible is true, yet there are answers: {found[0].text!r}")
        if found == () and not unanswerable:
            raise ValueError(
                "the question has no answer, and this task has no 'no answer'; give one, or drop the row"
            )
        return SpanRecord(id=_id(row, id), question=_text(row, question), context=passage, answers=found)

    return shape


def tag(
    *, words: str = "words", tags: str = "tags", id: str | None = None, names: Mapping[str, str] | None = None
) -> Shape:
    """Words and their tags, each a list or one text that is joined by spaces."""

    def shape(row: Row) -> Record:
        found = row.get(tags)
        return TagRecord(
            id=_id(row, id),
            words=tuple(_texts(_split(row[words]), words)),
            tags=None
            if found is None
            else tuple(_tag(one, tags, names) for one in _list(_split(found), tags)),
        )

    return shape


def text(*, text: Columns = "text", id: str | None = None) -> Shape:
    """Plain text."""

    def shape(row: Row) -> Record:
        return TextRecord(id=_id(row, id), text=_text(row, text))

    return shape


def embed(
    *,
    query: Columns = "query",
    candidate: Columns = "candidate",
    key: str | None = None,
    id: str | None = None,
) -> Shape:
    """A query and what answers it; without a `key` column the candidate's text is its key."""

    def shape(row: Row) -> Record:
        answer = _text(row, candidate)
        return EmbedRecord(
            id=_id(row, id), query=_text(row, query), candidate=answer, key=_id(row, key) or answer
        )

    return shape


def spelled(value: Any, column: str) -> str | None:
    """A label as the file spells it, whatever its type and the blanks around it; None where it is empty."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int):
        return str(value).strip() or None
    raise ValueError(f"column {column!r} holds {_brief(value)}, expected a label")


def _id(row: Row, column: str | None) -> str:
    return "" if column is None else as_text(row[column], column)


def _text(row: Row, columns: Columns) -> str:
    if isinstance(columns, str):
        return as_text(row[columns], columns)
    return " ".join(part for part in (as_text(row[column], column) for column in columns) if part)


def _texts(value: Any, column: str) -> list[str]:
    return [as_text(one, column) for one in _list(value, column)]


def as_text(value: Any, column: str) -> str:
    """A cell that must hold text, or a number that is written as text."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"column {column!r} holds half of a character (a lone surrogate)") from None
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"column {column!r} holds {_brief(value)}, expected text")


def _list(value: Any, column: str) -> Sequence[Any]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    raise ValueError(f"column {column!r} holds {_brief(value)}, expected a list")


def _split(value: Any) -> Any:
    return value.strip(" ").split(" ") if isinstance(value, str) else value


def _named(raw: str | None, column: str, names: Mapping[str, str] | None) -> str | None:
    if raw is None or names is None:
        return raw
    if raw not in names:
        raise ValueError(f"column {column!r} holds the label {raw!r}, which is none of: {', '.join(names)}")
    return names[raw]


def _place(raw: str, known: Sequence[str], column: str) -> int:
    if raw not in known:
        raise ValueError(f"column {column!r} holds the label {raw!r}, which is none of: {', '.join(known)}")
    return known.index(raw)


def _tag(value: Any, column: str, names: Mapping[str, str] | None) -> str:
    found = _named(spelled(value, column), column, names)
    if found is None:
        raise ValueError(f"column {column!r} holds an empty tag")
    return found


def _answers(value: Any, column: str) -> tuple[Answer, ...] | None:
    """SQuAD's list of answers, or its transpose (a mapping of two lists)."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        texts, starts = _list(value["text"], column), _list(value["answer_start"], column)
        if len(texts) != len(starts):
            raise ValueError(f"column {column!r} holds {len(texts)} texts and {len(starts)} offsets")
        found = tuple(_answer(a, b, column) for a, b in zip(texts, starts, strict=True))
    else:
        found = tuple(_answer(one["text"], one["answer_start"], column) for one in _list(value, column))
    blank = bool(found) and not any(answer.text for answer in found)
    return None if blank else found  # XTREME blanks the answers of its test files


def _stands(answer: Answer, passage: str) -> bool:
    """Whether the passage holds the answer at its offset."""
    return bool(answer.text) and answer.start >= 0 and passage.startswith(answer.text, answer.start)


def _answer_columns(row: Row, text: str, start: str) -> tuple[Answer, ...] | None:
    if row.get(text) is None and row.get(start) is None:
        return None
    return () if row[text] in ("", None) else (_answer(row[text], row[start], start),)


def _answer(text: Any, start: Any, column: str) -> Answer:
    return Answer(text=as_text(text, column), start=as_offset(start, column))


def as_offset(value: Any, column: str) -> int:
    """A cell that must hold a place in a text."""
    whole = isinstance(value, float) and value.is_integer()
    if whole or (isinstance(value, int) and not isinstance(value, bool)):
        return int(value)
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise ValueError(f"column {column!r} holds {_brief(value)}, expected an offset")


def _brief(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."
