"""XQuAD: questions and paragraphs of SQuAD 1.1's dev set, translated by people into eleven languages."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task

TASK = Task(
    name="xquad",
    kind="span",
    splits={
        "test": (Source(files=("xquad/xquad.{lang}.json",), format="squad", record=span(unanswerable=False)),)
    },
    metric="squad",
    max_length=384,
    train_on="squad_v1",
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 4.0"},
)
