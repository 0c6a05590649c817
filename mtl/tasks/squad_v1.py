"""SQuAD 1.1: the span of a Wikipedia paragraph that answers a question."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task, first_of, from_hub

_SHAPE = span(unanswerable=False)


def _source(part: str, hub_split: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"squad/{part}-v1.1.json",), format="squad", record=_SHAPE),
        from_hub("rajpurkar/squad", "plain_text", hub_split, record=_SHAPE),
    )


TASK = Task(
    name="squad_v1",
    kind="span",
    splits={"train": _source("train", "train"), "dev": _source("dev", "validation")},
    metric="squad",
    max_length=384,
    sizes={"train": 87_599, "dev": 10_570},
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 4.0"},
)
