"""SQuAD 2.0: as SQuAD 1.1, but a third of the questions have no answer in their paragraph."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task


def _source(part: str) -> tuple[Source, ...]:
    return (Source(files=(f"squad/{part}-v2.0.json",), format="squad", record=span()),)


TASK = Task(
    name="squad_v2",
    kind="span",
    splits={"train": _source("train"), "dev": _source("dev")},
    metric="squad_v2",
    max_length=384,
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 4.0"},
)
