"""CommonsenseQA: five-way questions that need knowledge of everyday things."""

from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import choice
from mtl.tasks.task import Row, Source, Task


def _flatten(row: Row) -> Record | Drop:
    """The file nests the question, and names its choices by letter."""
    question = row["question"]
    letters = tuple(one["label"] for one in question["choices"])
    shape = choice(prompt="stem", choices="texts", label="answerKey", id="id", spellings=letters)
    return shape({**row, "stem": question["stem"], "texts": [one["text"] for one in question["choices"]]})


def _source(file: str) -> tuple[Source, ...]:
    return (Source(files=(f"commonsenseqa/{file}.jsonl",), format="jsonl", record=_flatten),)


TASK = Task(
    name="commonsenseqa",
    kind="choice",
    splits={
        "train": _source("train_rand_split"),
        "dev": _source("dev_rand_split"),
        "test": _source("test_rand_split_no_answers"),
    },
    num_choices=5,
    metric="accuracy",
    notes={"genre": "questions that people wrote from a graph of concepts", "licence": "MIT"},
)
