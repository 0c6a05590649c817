"""UD-POS: the part of speech of each word, from Universal Dependencies."""

from mtl.languages import LANGUAGES
from mtl.tasks.shapes import numbers, tag
from mtl.tasks.task import Source, Task, first_of, from_hub, hub_split

# The last one stands where nobody tagged a word.
_UPOS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X _"

_LATER = frozenset(["lt", "pl", "uk", "wo", "ro"])
"""XTREME-R added these, from a later release than the others'."""
_NAMES = {**{code: language.name for code, language in LANGUAGES.items()}, "zh": "Chinese"}


def _source(part: str) -> tuple[Source, ...]:
    treebanks = (
        Source(
            files=(f"udpos/ud-treebanks-v{version}/*/{{lang}}_*-ud-{part}.conllu",),
            format="conllu",
            record=tag(),
            codes={code: code for code in LANGUAGES},  # a release has ninety, some without their words
            without=without,
        )
        for version, without in (("2.5", _LATER), ("2.7", frozenset()))
    )
    xtreme = Source(files=(f"udpos/{part}-{{lang}}.tsv",), format="conll", record=tag())
    upos = tuple(_UPOS.split()[:-1])
    hub = from_hub(
        "google/xtreme",
        "udpos.{lang}",
        hub_split(part),
        record=tag(words="tokens", tags="pos_tags", names=numbers(upos)),
        labels={"pos_tags": upos},
        codes=_NAMES,
    )
    return first_of(xtreme, *treebanks, hub)


TASK = Task(
    name="udpos",
    kind="tag",
    splits={"train": _source("train"), "dev": _source("dev"), "test": _source("test")},
    labels=tuple(_UPOS.split()),
    metric="span_f1",
    notes={"genre": "many, by treebank", "licence": "by treebank"},
)
