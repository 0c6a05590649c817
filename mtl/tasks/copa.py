"""COPA: which of two sentences is the cause, or the effect, of a third? The English data behind XCOPA."""

from mtl.tasks.causes import shape_cause
from mtl.tasks.task import Source, Task, first_of, from_hub, hub_split


def _source(part: str) -> tuple[Source, ...]:
    files = (f"xcopa/{part}-en.jsonl", f"copa/{part}.jsonl")
    hub = from_hub(
        "aps/super_glue",
        "copa",
        hub_split(part),
        record=shape_cause,
        labels={"label": ("choice1", "choice2")},
    )
    return first_of(*(Source(files=(file,), format="jsonl", record=shape_cause) for file in files), hub)


TASK = Task(
    name="copa",
    kind="choice",
    splits={"train": _source("train"), "dev": _source("val")},
    num_choices=2,
    metric="accuracy",
    sizes={"train": 400, "dev": 100},
    notes={"genre": "everyday events", "licence": "BSD 2-clause"},
)
