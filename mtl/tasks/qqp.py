"""Quora question pairs: do two questions ask the same?"""

from mtl.tasks.shapes import numbers, pair
from mtl.tasks.task import Source, Task, first_of, from_hub

_LABELS = ("not_duplicate", "duplicate")


def _source(part: str, hub_split: str) -> tuple[Source, ...]:
    names = numbers(_LABELS)
    shape = pair(text_a="question1", text_b="question2", label="is_duplicate", id="id", names=names)
    shape_hub = pair(text_a="question1", text_b="question2", id="idx", names=names)
    return first_of(
        # A few rows of GLUE's file are torn by line breaks inside a question: no cell of them can be trusted.
        Source(files=(f"qqp/{part}.tsv",), format="tsv_ragged", record=shape),
        from_hub("nyu-mll/glue", "qqp", hub_split, record=shape_hub, labels={"label": _LABELS}),
    )


TASK = Task(
    name="qqp",
    kind="pair",
    splits={"train": _source("train", "train"), "dev": _source("dev", "validation")},
    labels=_LABELS,
    metric="accuracy_f1",
    sizes={"train": 363_846, "dev": 40_430},
    notes={"genre": "questions of the site Quora", "licence": "Quora's terms"},
)
