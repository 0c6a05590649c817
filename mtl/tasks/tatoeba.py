"""Tatoeba: for each of a thousand English sentences its translation among as many of another language."""

from mtl.languages import LANGUAGES
from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import text
from mtl.tasks.task import Bitext, Row, Source, Task, from_hub

_shape = text()
_LETTERS = {code: language.tatoeba for code, language in LANGUAGES.items() if language.tatoeba is not None}


def _lines(file: str, codes: dict[str, str] | None = None) -> Source:
    return Source(files=(file,), format="text", record=_shape, codes=codes or {})


def _hub(*, english: bool) -> Source:
    def shape(row: Row) -> Record | Drop:
        """Which side is English is said by the row."""
        sides = {
            row[f"{side}_lang"] in ("en", "eng"): row[f"{side}_sentence"] for side in ("source", "target")
        }
        return _shape({"text": sides[english]})

    return from_hub("google/xtreme", "tatoeba.{lang}", "validation", record=shape, codes=_LETTERS)


# XTREME's English files are sorted, so that only a file of labels can tell which line translates which.
TASK = Task(
    name="tatoeba",
    kind="bitext",
    bitexts={
        "test": Bitext(
            foreign=_lines("tatoeba/{lang}-en.{lang}"),
            english=_lines("tatoeba/{lang}-en.en"),
            gold=_lines("labels/tatoeba/test-{lang}.tsv"),
            otherwise=Bitext(
                foreign=_lines("tatoeba/tatoeba.{lang}-eng.{lang}", _LETTERS),
                english=_lines("tatoeba/tatoeba.{lang}-eng.eng", _LETTERS),
                aligned=True,
                otherwise=Bitext(foreign=_hub(english=False), english=_hub(english=True), aligned=True),
            ),
        )
    },
    metric="tatoeba",
    max_length=512,
    notes={"genre": "sentences of language learners", "licence": "CC BY 2.0 FR"},
)
