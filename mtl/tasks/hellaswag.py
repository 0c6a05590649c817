"""HellaSwag: which of four endings continues the description of a scene?"""

from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import choice
from mtl.tasks.task import Row, Source, Task

_shape = choice(prompt="ctx_a", choices="choices", id="ind")


def _continue(row: Row) -> Record | Drop:
    """The choices take the beginning of their sentence along, which is empty in some rows."""
    return _shape({**row, "choices": [f"{row['ctx_b']} {ending}".strip() for ending in row["endings"]]})


def _source(part: str) -> tuple[Source, ...]:
    return (Source(files=(f"hellaswag/hellaswag_{part}.jsonl",), format="jsonl", record=_continue),)


TASK = Task(
    name="hellaswag",
    kind="choice",
    splits={"train": _source("train"), "dev": _source("val"), "test": _source("test")},
    num_choices=4,
    metric="accuracy",
    notes={"genre": "captions of videos, and WikiHow", "licence": "MIT"},
)
