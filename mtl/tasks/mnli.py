"""MultiNLI: does a sentence follow from another, in ten genres?"""

from mtl.tasks.nli import LABELS, shape_stanford
from mtl.tasks.task import Source, Task


def _source(part: str) -> Source:
    return Source(files=(f"mnli/multinli_1.0_{part}.jsonl",), format="jsonl", record=shape_stanford)


TASK = Task(
    name="mnli",
    kind="pair",
    # The matched genres select the model; the mismatched ones are there to be looked at.
    splits={
        "train": (_source("train"),),
        "dev": (_source("dev_matched"),),
        "dev_mismatched": (_source("dev_mismatched"),),
    },
    labels=LABELS,
    metric="accuracy",
    notes={"genre": "ten genres, spoken and written"},
)
