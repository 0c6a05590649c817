"""TyDiQA-GoldP: questions of people who wanted to know, on paragraphs of Wikipedia in nine languages.

It has no test set of its own: XTREME tests on what was published as dev, without the answers.
"""

from mtl.languages import LANGUAGES, PRIVATE_USE
from mtl.tasks.shapes import span
from mtl.tasks.task import Row, Source, Task, first_of, from_hub

_NAMES = {code: language.name.lower() for code, language in LANGUAGES.items()}
_CODES = {name: code for code, name in _NAMES.items()}
_SHAPE = span(unanswerable=False)


def _language(row: Row) -> str | None:
    """Whole ids tell it, `finnish--2676-29`; XTREME cuts those of its training files to a number."""
    name = str(row["id"]).partition("-")[0]
    return name if PRIVATE_USE.fullmatch(name) else _CODES.get(name)


def _file(name: str) -> Source:
    return Source(
        files=(f"tydiqa/{name}.json",), format="squad", record=_SHAPE, codes=_NAMES, language_of=_language
    )


def _xtreme(part: str) -> Source:
    file = f"tydiqa/tydiqa-goldp-v1.1-{part}/tydiqa.goldp.{{lang}}.{part}.json"
    return Source(files=(file,), format="squad", record=_SHAPE, language_of=_language)


def _hub(split: str) -> Source:
    return from_hub(
        "google-research-datasets/tydiqa", "secondary_task", split, record=_SHAPE, language_of=_language
    )


_TRAIN = (_xtreme("train"), _file("tydiqa-goldp-v1.1-train"), _hub("train"))
_DEV = (
    _xtreme("dev"),
    _file("tydiqa-goldp-v1.1-dev"),
    _file("tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-{lang}"),
    _hub("validation"),
)
_WITH_ANSWERS = Source(files=("labels/tydiqa/test-{lang}.json",), format="squad", record=_SHAPE)

TASK = Task(
    name="tydiqa",
    kind="span",
    splits={
        "train": first_of(*_TRAIN),
        "dev": first_of(_WITH_ANSWERS, *_DEV),
        "test": first_of(*_DEV),
    },
    metric="squad",
    max_length=384,
    notes={"genre": "Wikipedia", "licence": "Apache 2.0"},
)
