"""PAWS-X: do two sentences of nearly the same words say the same? In seven languages."""

from mtl.tasks.shapes import pair, translated_pair
from mtl.tasks.task import Source, Task, first_of, from_hub

_LABELS = ("0", "1")
_NAMES = {one: one for one in _LABELS}


def _xtreme(part: str) -> Source:
    # Written by a CSV writer: about one line in twenty has doubled quotes.
    shape = pair(text_a="c0", text_b="c1", label="c2", names=_NAMES)
    return Source(files=(f"pawsx/{part}-{{lang}}.tsv",), format="tsv_quoted", record=shape)


def _published(file: str) -> Source:
    shape = pair(text_a="sentence1", text_b="sentence2", id="id", names=_NAMES)
    return Source(files=(f"pawsx/x-final/{{lang}}/{file}.tsv",), format="tsv", record=shape)


def _hub(split: str) -> Source:
    shape = pair(text_a="sentence1", text_b="sentence2", id="id", names=_NAMES)
    return from_hub(
        "google-research-datasets/paws-x", "{lang}", split, record=shape, labels={"label": _LABELS}
    )


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
        "train": first_of(_xtreme("train"), _published("*train"), _TRANSLATE_TRAIN, _hub("train")),
        "dev": first_of(_xtreme("dev"), _published("dev_2k"), _hub("validation")),
        "test": first_of(_xtreme("test"), _published("test_2k"), _hub("test")),
    },
    labels=_LABELS,
    metric="accuracy",
    sizes={"train": 49_401, "dev": 2_000, "test": 2_000},
    notes={"genre": "Wikipedia and questions of the site Quora", "licence": "free, with credit to Google"},
)
