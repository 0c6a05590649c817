"""XNLI: natural language inference in fifteen languages; its English training data are MultiNLI's."""

from mtl.tasks.nli import LABELS
from mtl.tasks.shapes import pair, translated_pair
from mtl.tasks.task import Row, Source, Task, first_of

_NAMES = {**{one: one for one in LABELS}, "contradictory": "contradiction"}


def _language(row: Row) -> str:
    return str(row["language"])


def _xtreme(part: str) -> Source:
    shape = pair(text_a="c0", text_b="c1", label="c2", names=_NAMES)
    return Source(files=(f"xnli/{part}-{{lang}}.tsv",), format="tsv_quoted", record=shape)


def _published(part: str) -> Source:
    shape = pair(text_a="sentence1", text_b="sentence2", label="gold_label", names=_NAMES)
    return Source(
        files=(f"xnli/XNLI-1.0/xnli.{part}.tsv",), format="tsv", record=shape, language_of=_language
    )


_TRANSLATED_MNLI = Source(
    files=("xnli/XNLI-MT-1.0/multinli/multinli.train.{lang}.tsv",),
    format="tsv",
    record=pair(text_a="premise", text_b="hypo", names=_NAMES),
)
_TRANSLATE_TRAIN = Source(
    files=("xnli/XNLI-Translated/en-{lang}-translated.tsv",),
    format="tsv_headless",
    record=translated_pair(names=_NAMES),
)

TASK = Task(
    name="xnli",
    kind="pair",
    splits={
        "train": first_of(_xtreme("train"), _TRANSLATED_MNLI, _TRANSLATE_TRAIN),
        "dev": first_of(_xtreme("dev"), _published("dev")),
        "test": first_of(_xtreme("test"), _published("test")),
    },
    labels=LABELS,
    metric="accuracy",
    train_on="mnli",
    notes={"genre": "ten genres, spoken and written", "licence": "CC BY-NC 4.0"},
)
