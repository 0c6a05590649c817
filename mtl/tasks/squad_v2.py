"""SQuAD 2.0: as SQuAD 1.1, but a third of the questions have no answer in their paragraph."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task, first_of, from_hub

_SHAPE = span()


def _source(part: str, hub_split: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"squad/{part}-v2.0.json",), format="squad", record=_SHAPE),
        from_hub("rajpurkar/squad_v2", "squad_v2", hub_split, record=_SHAPE),
    )


TASK = Task(
    name="squad_v2",
    kind="span",
    splits={"train": _source("train", "train"), "dev": _source("dev", "validation")},
    metric="squad_v2",
    max_length=384,
    sizes={"train": 130_319, "dev": 11_873},
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 4.0"},
)
