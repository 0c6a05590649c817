"""Social IQa: why people do what they do, and how they feel; trained on before COPA."""

from mtl.tasks.shapes import choice
from mtl.tasks.task import Shape, Source, Task, first_of, from_hub


def _shape(label: str, spellings: tuple[str, ...]) -> Shape:
    return choice(
        prompt=("context", "question"),
        choices=("answerA", "answerB", "answerC"),
        label=label,
        spellings=spellings,
    )


def _published(part: str) -> Source:
    file = f"siqa/socialIQa_v1.4_{part}.jsonl"
    return Source(files=(file,), format="jsonl", record=_shape("correct", ("A", "B", "C")))


def _hub(split: str) -> Source:
    return from_hub("allenai/social_i_qa", "default", split, record=_shape("label", ("1", "2", "3")))


TASK = Task(
    name="siqa",
    kind="choice",
    splits={
        "train": first_of(_published("trn"), _hub("train")),
        "dev": first_of(_published("dev"), _hub("validation")),
    },
    num_choices=3,
    metric="accuracy",
    sizes={"train": 33_410, "dev": 1_954},
    notes={"genre": "everyday events"},
)
