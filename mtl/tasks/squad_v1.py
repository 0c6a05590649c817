"""SQuAD 1.1: the span of a Wikipedia paragraph that answers a question."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task


def _source(part: str) -> tuple[Source, ...]:
    return (Source(files=(f"squad/{part}-v1.1.json",), format="squad", record=span(unanswerable=False)),)


TASK = Task(
    name="squad_v1",
    kind="span",
    splits={"train": _source("train"), "dev": _source("dev")},
    metric="squad",
    max_length=384,
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 4.0"},
)
