"""PAN-X (WikiANN): names of people, organisations and places in Wikipedia's sentences."""

from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import tag
from mtl.tasks.task import Row, Source, Task, first_of

_shape = tag()


def _without_prefix(row: Row) -> Record | Drop:
    """The published files write the language before each word: `en:India`."""
    return _shape({**row, "words": [word.partition(":")[2] for word in row["words"]]})


def _source(part: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"panx/{part}-{{lang}}.tsv",), format="conll", record=_shape),
        Source(files=(f"panx/{{lang}}/{part}",), format="conll", record=_without_prefix),
    )


TASK = Task(
    name="panx",
    kind="tag",
    splits={"train": _source("train"), "dev": _source("dev"), "test": _source("test")},
    labels=("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"),
    metric="span_f1",
    notes={"genre": "Wikipedia"},
)
