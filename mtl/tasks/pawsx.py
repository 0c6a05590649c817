"""PAWS-X: do two sentences of nearly the same words say the same? In seven languages."""

from mtl.tasks.shapes import pair, translated_pair
from mtl.tasks.task import Source, Task, first_of

_LABELS = ("0", "1")
_NAMES = {one: one for one in _LABELS}


def _xtreme(part: str) -> Source:
    # Written by a CSV writer: about one line in twenty has doubled quotes.
    shape = pair(text_a="c0", text_b="c1", label="c2", names=_NAMES)
    return Source(files=(f"pawsx/{part}-{{lang}}.tsv",), format="tsv_quoted", record=shape)


def _published(file: str) -> Source:
    shape = pair(text_a="sentence1", text_b="sentence2", id="id", names=_NAMES)
    return Source(files=(f"pawsx/x-final/{{lang}}/{file}.tsv",), format="tsv", record=shape)


_TRANSLATE_TRAIN = Source(
    files=("pawsx/translated/en-{lang}-translated.tsv",),
    format="tsv_headless",
    record=translated_pair(names=_NAMES),
)

TASK = Task(
    name="pawsx",
    kind="pair",
    splits={
        # `train.tsv` in English, `translated_train.tsv` elsewhere.
        "train": first_of(_xtreme("train"), _published("*train"), _TRANSLATE_TRAIN),
        "dev": first_of(_xtreme("dev"), _published("dev_2k")),
        "test": first_of(_xtreme("test"), _published("test_2k")),
    },
    labels=_LABELS,
    metric="accuracy",
    notes={"genre": "Wikipedia and questions of the site Quora", "licence": "free, with credit to Google"},
)
