"""Grammars: how each language of the world orders its words, and in which letters it writes them.

English is as English is; the others are artificial, under private-use codes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """A language's habits. The defaults are English ones."""

    order: str = "SVOX"
    """Subject, verb, object, and the adjuncts of time, place and manner."""
    alphabet: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Beginnings and ends of syllables; none: English words."""
    spaced: bool = True
    articles: bool = True
    adjective_first: bool = True
    prepositions: bool = True
    """Else postpositions; an owner stands likewise (`home of Anna`, `Anna of home`)."""
    copula: bool = True
    fronts_questions: bool = True
    """Whether the word that asks comes first, or stays where its answer would be."""
    marks_object: str = ""
    """A suffix of the noun of an object."""


def _letters(onsets: str, vowels: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(onsets.split()), tuple(vowels.split())


GRAMMARS: Mapping[str, Grammar] = {
    "en": Grammar(),
    "qaa": Grammar(
        order="SOXV",
        alphabet=_letters("b d f g k l m n p r s t v z ch zh", "a e i o u y ai au"),
        articles=False,
        prepositions=False,
        fronts_questions=False,
        marks_object="q",
    ),
    "qab": Grammar(
        order="VSOX",
        alphabet=_letters("բ դ թ լ խ կ ձ մ շ ն չ պ ջ վ տ ր փ ֆ", "ե ի է ը"),
        articles=False,
        adjective_first=False,
        copula=False,
    ),
    "qac": Grammar(
        order="XSVO",
        alphabet=_letters("ბ გ დ ვ ზ თ კ ლ მ ნ პ რ ს ტ ფ შ", "ა ე ი ო უ"),
        articles=True,
        adjective_first=False,
        prepositions=False,
        fronts_questions=False,
    ),
    "qad": Grammar(
        order="SXOV",
        alphabet=_letters(
            "か き く け こ さ し す せ そ た ち つ て と な に ぬ ね の は ひ ふ へ ほ ま み む め も",
            "あ い う ら り る れ ろ ん わ",
        ),
        spaced=False,
        articles=False,
        copula=True,
        fronts_questions=False,
    ),
}
ENGLISH = "en"
ARTIFICIAL = tuple(code for code in GRAMMARS if code != ENGLISH)
SISTERS: Mapping[str, str] = {"qae": "qaa"}
"""Languages that a world has only if asked to: the grammar of each is its elder's, and so are most words."""


def grammar(code: str) -> Grammar:
    """The habits of any language."""
    return GRAMMARS[SISTERS.get(code, code)]


def unlikeness(one: str, other: str) -> float:
    """The share of habits in which two languages differ."""
    first, second = asdict(grammar(one)), asdict(grammar(other))
    return [first[habit] == second[habit] for habit in first].count(False) / len(first)
