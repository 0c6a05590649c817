"""What must hold of every record of a task, whoever shaped it; the trouble in words where it does not."""

from collections.abc import Mapping

from mtl.tasks.records import (
    ChoiceRecord,
    EmbedRecord,
    GroupRecord,
    PairRecord,
    Record,
    SearchRecord,
    SpanRecord,
    TagRecord,
    TextRecord,
)
from mtl.tasks.task import Kind, Task

_KINDS: Mapping[type[Record], tuple[Kind, ...]] = {
    PairRecord: ("pair",),
    ChoiceRecord: ("choice",),
    SpanRecord: ("span",),
    TagRecord: ("tag",),
    TextRecord: ("mlm", "bitext"),
    EmbedRecord: ("embed",),
    SearchRecord: ("embed",),
}


def check_record(task: Task, record: Record) -> None:
    """Raise ValueError if `record` cannot be one of the task's."""
    made = type(record).__name__
    assert task.kind in _KINDS[type(record)], (
        f"{task.name} is a {task.kind} task, its rows are shaped as {made}"
    )
    match record:
        case PairRecord():
            _check_pair(task, record)
        case ChoiceRecord():
            _check_choice(task, record)
        case SpanRecord():
            _check_span(record)
        case TagRecord():
            _check_tags(task, record)
        case TextRecord() if not record.text.strip():
            raise ValueError("the text is empty")
        case SearchRecord() if not record.text.strip():
            raise ValueError("the text is empty")
        case EmbedRecord() if not (record.query.strip() and record.candidate.strip()):
            raise ValueError(f"the {'candidate' if record.query.strip() else 'query'} is empty")


def is_told(record: Record) -> bool:
    """Whether the record knows its gold (plain text, and a pair of query and candidate, are their own)."""
    match record:
        case PairRecord() | ChoiceRecord():
            return record.label is not None
        case SpanRecord():
            return record.answers is not None
        case TagRecord():
            return record.tags is not None
        case TextRecord() | EmbedRecord() | GroupRecord() | SearchRecord():
            return True


def _check_pair(task: Task, record: PairRecord) -> None:
    assert task.labels is not None
    if record.label is not None and record.label not in task.labels:
        raise ValueError(f"the label {record.label!r} is none of: {', '.join(task.labels)}")


def _check_choice(task: Task, record: ChoiceRecord) -> None:
    if len(record.choices) != task.num_choices:
        raise ValueError(f"the row has {len(record.choices)} choices, the task {task.num_choices}")
    if record.label is not None and not 0 <= record.label < len(record.choices):
        raise ValueError(f"the label {record.label} names none of the {len(record.choices)} choices")


def _check_span(record: SpanRecord) -> None:
    for answer in record.answers or ():
        start = max(answer.start, 0)
        found = record.context[start : start + len(answer.text)]
        if answer.start < 0 or not answer.text or found != answer.text:
            expected = f"offset {answer.start} of the context should read {answer.text!r}"
            raise ValueError(f"question {record.id!r}: {expected}, it reads {found!r}")


def _check_tags(task: Task, record: TagRecord) -> None:
    if not record.words:
        raise ValueError("the sentence has no words")
    if "" in record.words:
        raise ValueError(f"word {record.words.index('') + 1} of the sentence is empty")
    tags = record.tags if record.tags is not None else ("",) * len(record.words)
    if len(tags) != len(record.words):
        raise ValueError(f"the sentence has {len(record.words)} words and {len(tags)} tags")
    wrong = [tag for tag in record.tags or () if task.labels is not None and tag not in task.labels]
    if wrong:
        raise ValueError(f"the tag {wrong[0]!r} is none of: {', '.join(task.labels or ())}")
