"""Tasks without Python: a recipe's mapping says which files, columns and labels, and becomes a `Task`."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from mtl.errors import unknown_name
from mtl.tasks import shapes
from mtl.tasks.declared_spec import (
    ChoiceColumns,
    DeclaredTask,
    EmbedColumns,
    PairColumns,
    SpanColumns,
    TagColumns,
    TextColumns,
    misfit,
    validate,
)
from mtl.tasks.task import FORMATS, LABELLED, LearntKind, Shape, Source, Task

_SUFFIXES = {
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".json": "squad",
    ".auto": "ccg_auto",
    ".conll": "conll",
    ".txt": "text",
}
_METRICS: Mapping[LearntKind, str] = {
    "pair": "accuracy",
    "choice": "accuracy",
    "span": "squad",
    "tag": "tag_accuracy",
    "mlm": "accuracy",
    "embed": "map_at_20",
}
_KINDS_OF: Mapping[str, Sequence[LearntKind]] = {
    "drop_labels": ("pair",),
    "drop_lost": ("span",),
    "num_choices": ("choice",),
    "stride": ("span",),
    "max_question": ("span", "embed"),
    "group": ("embed",),
}
"""Keys that mean nothing to tasks of other kinds."""


def declare(name: str, spec: DeclaredTask | Mapping[str, Any]) -> Task:
    """The task that a recipe declares under `name`."""
    if not isinstance(spec, DeclaredTask):
        spec = validate(DeclaredTask, spec, name)
    for key, kinds in _KINDS_OF.items():
        if spec.kind not in kinds and getattr(spec, key) != DeclaredTask.model_fields[key].default:
            raise misfit(name, key, f"is for {' and '.join(kinds)} tasks, not for {spec.kind}; take it out")
    if "train" not in spec.files and spec.train_on is None:
        raise misfit(name, "files.train", "is missing; give training files, or name another task in train_on")
    if "train" in spec.files and spec.train_on is not None:
        raise misfit(
            name, "train_on", f"and files.train are both given; it trains on {spec.train_on} or on its own"
        )
    # How many special tokens stand beside them, the tokenizer says: see `check_room`.
    if spec.kind == "span" and spec.stride + spec.max_question >= _max_length(spec):
        raise misfit(name, "max_length", "leaves a window no room beside stride and max_question; raise it")
    record = _SHAPES[spec.kind](name, spec)
    return Task(
        name=name,
        kind=spec.kind,
        splits={
            split: _sources(name, split, patterns, spec, record) for split, patterns in spec.files.items()
        },
        metric=spec.metric or _METRICS[spec.kind],
        labels=_label_set(spec) if spec.kind in LABELLED else None,
        num_choices=_num_choices(name, spec) if spec.kind == "choice" else None,
        max_length=_max_length(spec),
        stride=spec.stride,
        max_question=spec.max_question,
        group=spec.group,
        train_on=spec.train_on,
        language=spec.language,
        origin=blake2b(json.dumps(dict(spec), default=dict).encode(), digest_size=16).hexdigest(),
    )


def _max_length(spec: DeclaredTask) -> int:
    return spec.max_length or (384 if spec.kind == "span" else 256)


def _sources(
    name: str, split: str, patterns: Sequence[str], spec: DeclaredTask, record: Shape
) -> tuple[Source, ...]:
    for pattern in patterns:
        if set("{}") & set(pattern.replace("{lang}", "")):
            raise misfit(name, f"files.{split}", f"holds {pattern!r}; the only placeholder is {{lang}}")
    by_format = groupby(patterns, key=lambda pattern: _format(name, split, pattern, spec.format))
    return tuple(Source(files=tuple(group), format=format, record=record) for format, group in by_format)


def _format(name: str, split: str, pattern: str, given: str | None) -> str:
    if given is not None:
        if given not in FORMATS:
            raise unknown_name("format", given, FORMATS, where=f"task {name}: format")
        return given
    suffix = PurePosixPath(pattern.removesuffix(".gz")).suffix
    if suffix not in _SUFFIXES:
        known = ", ".join(FORMATS)
        raise misfit(
            name,
            f"files.{split}",
            f"holds {pattern!r}, whose suffix tells no format; set format to one of: {known}",
        )
    return _SUFFIXES[suffix]


def _shape_pair(name: str, spec: DeclaredTask) -> Shape:
    columns = validate(PairColumns, spec.columns, name, "columns")
    if not spec.labels:
        raise misfit(
            name, "labels", "is missing; list the labels in the order in which the head shall have them"
        )
    return shapes.pair(
        text_a=columns.text_a,
        text_b=columns.text_b,
        label=columns.label,
        id=columns.id,
        names=_names(spec),
        drop=spec.drop_labels,
    )


def _shape_choice(name: str, spec: DeclaredTask) -> Shape:
    columns = validate(ChoiceColumns, spec.columns, name, "columns")
    if isinstance(spec.labels, Mapping):
        raise misfit(
            name,
            "labels",
            "of a choice task is a list: how the file spells the first choice, the second, ...",
        )
    if spec.labels is not None and len(spec.labels) != _num_choices(name, spec):
        raise misfit(
            name, "labels", f"lists {len(spec.labels)} spellings for {_num_choices(name, spec)} choices"
        )
    return shapes.choice(
        prompt=columns.prompt,
        choices=columns.choices,
        label=columns.label,
        id=columns.id,
        spellings=spec.labels,
    )


def _shape_span(name: str, spec: DeclaredTask) -> Shape:
    columns = validate(SpanColumns, spec.columns, name, "columns")
    _refuse_labels(name, spec)
    answers: str | tuple[str, str] = columns.answers
    if (columns.answer_text is None) != (columns.answer_start is None):
        raise misfit(name, "columns", "names one of answer_text and answer_start; name both, or neither")
    if columns.answer_text is not None and columns.answer_start is not None:
        answers = (columns.answer_text, columns.answer_start)
    return shapes.span(
        question=columns.question,
        context=columns.context,
        answers=answers,
        id=columns.id,
        unanswerable=spec.metric == "squad_v2",
        drop_lost=spec.drop_lost,
    )


def _shape_tag(name: str, spec: DeclaredTask) -> Shape:
    columns = validate(TagColumns, spec.columns, name, "columns")
    return shapes.tag(words=columns.words, tags=columns.tags, id=columns.id, names=_names(spec))


def _shape_text(name: str, spec: DeclaredTask) -> Shape:
    columns = validate(TextColumns, spec.columns, name, "columns")
    _refuse_labels(name, spec)
    return shapes.text(text=columns.text, id=columns.id)


def _shape_embed(name: str, spec: DeclaredTask) -> Shape:
    columns = validate(EmbedColumns, spec.columns, name, "columns")
    _refuse_labels(name, spec)
    if "test" in spec.files:
        raise misfit(
            name, "files.test", "has no meaning for the kind embed, which is scored on its dev pairs"
        )
    return shapes.embed(query=columns.query, candidate=columns.candidate, key=columns.key, id=columns.id)


_SHAPES: Mapping[LearntKind, Callable[[str, DeclaredTask], Shape]] = {
    "pair": _shape_pair,
    "choice": _shape_choice,
    "span": _shape_span,
    "tag": _shape_tag,
    "mlm": _shape_text,
    "embed": _shape_embed,
}


def _names(spec: DeclaredTask) -> Mapping[str, str] | None:
    return spec.labels if isinstance(spec.labels, Mapping) else None


def _label_set(spec: DeclaredTask) -> tuple[str, ...] | None:
    if spec.labels is None:
        return None
    return tuple(dict.fromkeys(spec.labels.values() if isinstance(spec.labels, Mapping) else spec.labels))


def _num_choices(name: str, spec: DeclaredTask) -> int:
    choices = validate(ChoiceColumns, spec.columns, name, "columns").choices
    listed = None if isinstance(choices, str) else len(choices)
    if listed is None and spec.num_choices is None:
        raise misfit(name, "num_choices", "is missing; say how many choices a row has")
    if listed is not None and spec.num_choices not in (None, listed):
        raise misfit(
            name, "num_choices", f"is {spec.num_choices}, columns.choices lists {listed}; drop one of the two"
        )
    found = listed or spec.num_choices
    assert found is not None
    return found


def _refuse_labels(name: str, spec: DeclaredTask) -> None:
    if spec.labels is not None:
        raise misfit(name, "labels", f"has no meaning for the kind {spec.kind}; remove it")
