"""MLQA: questions on paragraphs of Wikipedia in seven languages, both in the same language."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task


def _source(part: str) -> tuple[Source, ...]:
    file = f"mlqa/MLQA_V1/{part}/{part}-context-{{lang}}-question-{{lang}}.json"
    return (Source(files=(file,), format="squad", record=span(unanswerable=False)),)


TASK = Task(
    name="mlqa",
    kind="span",
    splits={"dev": _source("dev"), "test": _source("test")},
    metric="mlqa",
    max_length=384,
    train_on="squad_v1",
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 3.0"},
)
