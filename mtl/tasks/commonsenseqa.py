"""CommonsenseQA: five-way questions that need knowledge of everyday things."""

from collections.abc import Sequence

from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import choice
from mtl.tasks.task import Row, Source, Task, first_of, from_hub


def _shape(row: Row, stem: str, letters: Sequence[str], texts: Sequence[str]) -> Record | Drop:
    shape = choice(prompt="stem", choices="texts", label="answerKey", id="id", spellings=letters)
    return shape({**row, "stem": stem, "texts": texts})


def _flatten(row: Row) -> Record | Drop:
    """The file nests the question, and names its choices by letter."""
    stem, choices = row["question"]["stem"], row["question"]["choices"]
    return _shape(row, stem, [one["label"] for one in choices], [one["text"] for one in choices])


def _flatten_hub(row: Row) -> Record | Drop:
    return _shape(row, row["question"], row["choices"]["label"], row["choices"]["text"])


def _source(file: str, hub_split: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"commonsenseqa/{file}.jsonl",), format="jsonl", record=_flatten),
        from_hub("tau/commonsense_qa", "default", hub_split, record=_flatten_hub),
    )


TASK = Task(
    name="commonsenseqa",
    kind="choice",
    splits={
        "train": _source("train_rand_split", "train"),
        "dev": _source("dev_rand_split", "validation"),
        "test": _source("test_rand_split_no_answers", "test"),
    },
    num_choices=5,
    metric="accuracy",
    sizes={"train": 9_741, "dev": 1_221, "test": 1_140},
    notes={"genre": "questions that people wrote from a graph of concepts", "licence": "MIT"},
)
