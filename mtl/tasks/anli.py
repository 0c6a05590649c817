"""ANLI+: SNLI, MultiNLI and the three rounds of adversarial NLI as one task with one head."""

from mtl.tasks.nli import LABELS, shape_adversarial, shape_stanford
from mtl.tasks.task import Source, Task


def _stanford(*files: str) -> Source:
    return Source(files=files, format="jsonl", record=shape_stanford)


def _rounds(part: str) -> Source:
    return Source(
        files=tuple(f"anli/R{n}/{part}.jsonl" for n in (1, 2, 3)), format="jsonl", record=shape_adversarial
    )


TASK = Task(
    name="anli",
    kind="pair",
    splits={
        "train": (_stanford("snli/snli_1.0_train.jsonl", "mnli/multinli_1.0_train.jsonl"), _rounds("train")),
        "dev": (_stanford("snli/snli_1.0_dev.jsonl", "mnli/multinli_1.0_dev_matched.jsonl"), _rounds("dev")),
        "test": (_stanford("snli/snli_1.0_test.jsonl"), _rounds("test")),
    },
    labels=LABELS,
    metric="accuracy",
    notes={
        "genre": "image captions, ten genres, and texts against which people wrote to fool models",
        "licence": "ANLI forbids commercial use",
    },
)
