"""MultiNLI: does a sentence follow from another, in ten genres?"""

from mtl.tasks.nli import LABELS, multinli
from mtl.tasks.task import Task

TASK = Task(
    name="mnli",
    kind="pair",
    # The matched genres select the model; the mismatched ones are not read.
    splits={"train": multinli("train", "train"), "dev": multinli("dev_matched", "validation_matched")},
    labels=LABELS,
    metric="accuracy",
    sizes={"train": 392_702, "dev": 9_815},
    notes={"genre": "ten genres, spoken and written", "licence": "OANC and others, by genre"},
)
