"""PAN-X (WikiANN): names of people, organisations and places in Wikipedia's sentences."""

from mtl.languages import LANGUAGES
from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import numbers, tag
from mtl.tasks.task import Row, Source, Task, first_of, from_hub, hub_split

_LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
_shape = tag()


def _without_prefix(row: Row) -> Record | Drop:
    """The published files write the language before each word: `en:India`."""
    return _shape({**row, "words": [word.partition(":")[2] for word in row["words"]]})


def _hub(repository: str, configuration: str, part: str) -> Source:
    return from_hub(
        repository,
        configuration,
        hub_split(part),
        record=tag(words="tokens", tags="ner_tags", names=numbers(_LABELS)),
        labels={"ner_tags": _LABELS},
        codes={code: code for code in LANGUAGES},
    )


def _source(part: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"panx/{part}-{{lang}}.tsv",), format="conll", record=_shape),
        Source(files=(f"panx/{{lang}}/{part}",), format="conll", record=_without_prefix),
        _hub("google/xtreme", "PAN-X.{lang}", part),
        _hub("unimelb-nlp/wikiann", "{lang}", part),  # the languages that only XTREME-R has, and more
    )


TASK = Task(
    name="panx",
    kind="tag",
    splits={"train": _source("train"), "dev": _source("dev"), "test": _source("test")},
    labels=_LABELS,
    metric="span_f1",
    notes={"genre": "Wikipedia"},
)
