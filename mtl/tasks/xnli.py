"""XNLI: natural language inference in fifteen languages; its English training data are MultiNLI's."""

from mtl.tasks.nli import LABELS, inference_from_hub
from mtl.tasks.shapes import pair
from mtl.tasks.task import Row, Source, Task, first_of

NAMES = {**{one: one for one in LABELS}, "contradictory": "contradiction"}


def _language(row: Row) -> str:
    return str(row["language"])


def xtreme(part: str) -> Source:
    """A split in the layout of XTREME."""
    shape = pair(text_a="c0", text_b="c1", label="c2", names=NAMES)
    return Source(files=(f"xnli/{part}-{{lang}}.tsv",), format="tsv_quoted", record=shape)


def _published(part: str) -> Source:
    shape = pair(text_a="sentence1", text_b="sentence2", label="gold_label", names=NAMES)
    return Source(
        files=(f"xnli/XNLI-1.0/xnli.{part}.tsv",), format="tsv", record=shape, language_of=_language
    )


def from_xnli_hub(split: str) -> Source:
    """A split as the hub has it."""
    return inference_from_hub("facebook/xnli", "{lang}", split)


TASK = Task(
    name="xnli",
    kind="pair",
    splits={
        "dev": first_of(xtreme("dev"), _published("dev"), from_xnli_hub("validation")),
        "test": first_of(xtreme("test"), _published("test"), from_xnli_hub("test")),
    },
    labels=LABELS,
    metric="accuracy",
    train_on="mnli",
    sizes={"dev": 2_490, "test": 5_010},
    notes={"genre": "ten genres, spoken and written", "licence": "CC BY-NC 4.0"},
)
