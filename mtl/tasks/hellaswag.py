"""HellaSwag: which of four endings continues the description of a scene?"""

from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import choice
from mtl.tasks.task import Row, Source, Task, first_of, from_hub

_shape = choice(prompt="ctx_a", choices="choices", id="ind")


def _continue(row: Row) -> Record | Drop:
    """The choices take the beginning of their sentence along, which is empty in some rows."""
    return _shape({**row, "choices": [f"{row['ctx_b']} {ending}".strip() for ending in row["endings"]]})


def _source(part: str, hub_split: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"hellaswag/hellaswag_{part}.jsonl",), format="jsonl", record=_continue),
        from_hub("Rowan/hellaswag", "default", hub_split, record=_continue),
    )


TASK = Task(
    name="hellaswag",
    kind="choice",
    splits={
        "train": _source("train", "train"),
        "dev": _source("val", "validation"),
        "test": _source("test", "test"),
    },
    num_choices=4,
    metric="accuracy",
    sizes={"train": 39_905, "dev": 10_042, "test": 10_003},
    notes={"genre": "captions of videos, and WikiHow", "licence": "MIT"},
)
