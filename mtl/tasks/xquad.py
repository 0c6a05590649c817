"""XQuAD: questions and paragraphs of SQuAD 1.1's dev set, translated by people into eleven languages."""

from mtl.tasks.shapes import span
from mtl.tasks.task import Source, Task, first_of, from_hub

_SHAPE = span(unanswerable=False)

TASK = Task(
    name="xquad",
    kind="span",
    splits={
        "test": first_of(
            Source(files=("xquad/xquad.{lang}.json",), format="squad", record=_SHAPE),
            from_hub("google/xquad", "xquad.{lang}", "validation", record=_SHAPE),
        )
    },
    metric="squad",
    max_length=384,
    train_on="squad_v1",
    sizes={"test": 1_190},
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 4.0"},
)
