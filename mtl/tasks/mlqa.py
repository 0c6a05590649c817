"""MLQA: questions on paragraphs of Wikipedia in seven languages, both in the same language."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task, first_of, from_hub, hub_split

_SHAPE = span(unanswerable=False)


def _source(part: str) -> tuple[Source, ...]:
    file = f"mlqa/MLQA_V1/{part}/{part}-context-{{lang}}-question-{{lang}}.json"
    return first_of(
        Source(files=(file,), format="squad", record=_SHAPE),
        from_hub("facebook/mlqa", "mlqa.{lang}.{lang}", hub_split(part), record=_SHAPE),
    )


TASK = Task(
    name="mlqa",
    kind="span",
    splits={"dev": _source("dev"), "test": _source("test")},
    metric="mlqa",
    max_length=384,
    train_on="squad_v1",
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 3.0"},
)
