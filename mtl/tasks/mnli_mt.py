"""MultiNLI's training data as machines translated them, for fourteen languages, with XNLI's dev sets."""

from mtl.tasks.nli import LABELS
from mtl.tasks.shapes import pair, translated_pair
from mtl.tasks.task import Source, Task, first_of
from mtl.tasks.xnli import NAMES, from_xnli_hub, xtreme
from mtl.tasks.xnli import TASK as XNLI

_XNLI_MT = Source(
    files=("xnli/XNLI-MT-1.0/multinli/multinli.train.{lang}.tsv",),
    format="tsv",
    record=pair(text_a="premise", text_b="hypo", names=NAMES),
)
_TRANSLATE_TRAIN = Source(
    files=("xnli/XNLI-Translated/en-{lang}-translated.tsv",),
    format="tsv_headless",
    record=translated_pair(names=NAMES),
)

TASK = Task(
    name="mnli_mt",
    kind="pair",
    splits={
        "train": first_of(xtreme("train"), _XNLI_MT, _TRANSLATE_TRAIN, from_xnli_hub("train")),
        "dev": XNLI.splits["dev"],
    },
    labels=LABELS,
    metric="accuracy",
    sizes={"train": 392_702, "dev": 2_490},
    notes=XNLI.notes,
)
