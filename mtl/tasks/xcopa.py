"""XCOPA: COPA's dev and test sets in eleven languages, translated by people."""

from mtl.tasks.causes import shape_cause
from mtl.tasks.task import Source, Task, first_of, from_hub, hub_split


def _source(part: str) -> tuple[Source, ...]:
    files = (f"xcopa/{part}-{{lang}}.jsonl", f"xcopa/data/{{lang}}/{part}.{{lang}}.jsonl")
    hub = from_hub("cambridgeltl/xcopa", "{lang}", hub_split(part), record=shape_cause)
    return first_of(*(Source(files=(file,), format="jsonl", record=shape_cause) for file in files), hub)


TASK = Task(
    name="xcopa",
    kind="choice",
    splits={"dev": _source("val"), "test": _source("test")},
    num_choices=2,
    metric="accuracy",
    sizes={"dev": 100, "test": 500},
    train_on="copa",
    notes={"genre": "everyday events", "licence": "CC BY 4.0"},
)
