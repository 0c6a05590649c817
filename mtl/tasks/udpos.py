"""UD-POS: the part of speech of each word, from Universal Dependencies."""

from mtl.tasks.shapes import tag
from mtl.tasks.task import Source, Task, first_of

# The last one stands where nobody tagged a word.
_UPOS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X _"


def _source(part: str) -> tuple[Source, ...]:
    treebanks = (
        Source(
            files=(f"udpos/ud-treebanks-v{version}/*/{{lang}}_*-ud-{part}.conllu",),
            format="conllu",
            record=tag(),
        )
        for version in ("2.5", "2.7")
    )
    xtreme = Source(files=(f"udpos/{part}-{{lang}}.tsv",), format="conll", record=tag())
    return first_of(xtreme, *treebanks)


TASK = Task(
    name="udpos",
    kind="tag",
    splits={"train": _source("train"), "dev": _source("dev"), "test": _source("test")},
    labels=tuple(_UPOS.split()),
    metric="span_f1",
    notes={"genre": "many, by treebank", "licence": "by treebank"},
)
