"""MultiNLI: does a sentence follow from another, in ten genres?"""

from mtl.tasks.nli import LABELS, multinli
from mtl.tasks.task import Task

TASK = Task(
    name="mnli",
    kind="pair",
    # The matched genres select the model; the mismatched ones are there to be looked at.
    splits={
        "train": multinli("train", "train"),
        "dev": multinli("dev_matched", "validation_matched"),
        "dev_mismatched": multinli("dev_mismatched", "validation_mismatched"),
    },
    labels=LABELS,
    metric="accuracy",
    sizes={"train": 392_702, "dev": 9_815, "dev_mismatched": 9_832},
    notes={"genre": "ten genres, spoken and written", "licence": "OANC and others, by genre"},
)
