"""Social IQa: why people do what they do, and how they feel; trained on before COPA."""

from mtl.tasks.shapes import choice
from mtl.tasks.task import Source, Task

_SHAPE = choice(
    prompt=("context", "question"),
    choices=("answerA", "answerB", "answerC"),
    label="correct",
    spellings=("A", "B", "C"),
)


def _source(part: str) -> tuple[Source, ...]:
    return (Source(files=(f"siqa/socialIQa_v1.4_{part}.jsonl",), format="jsonl", record=_SHAPE),)


TASK = Task(
    name="siqa",
    kind="choice",
    splits={"train": _source("trn"), "dev": _source("dev"), "test": _source("tst")},
    num_choices=3,
    metric="accuracy",
    notes={"genre": "everyday events"},
)
