"""Kin: how far apart the world's languages are, which is known because they were made so."""

import unicodedata
from collections.abc import Mapping

from mtl.world.grammar import SISTERS, unlikeness
from mtl.world.lexicon import lexicon, shared_words

SOURCES: Mapping[str, str] = {
    "family": "the built-in world: a language and its sister",
    "script": "the built-in world: the letters of its words",
    "distance": "the built-in world: the mean of the shares of words and of habits of grammar that differ",
}
"""What a table may say of where its columns come from."""


def distance(one: str, other: str) -> float:
    """From 0, the same language, to 1, nothing in common."""
    return (unlikeness(one, other) + 1 - shared_words(one, other)) / 2


def family(code: str) -> str:
    """A sister's is her elder's; all others are alone."""
    return SISTERS.get(code, code)


def script(code: str) -> str:
    """The letters that its words are written in."""
    return unicodedata.name(lexicon(code)["not"][0]).split()[0].capitalize()
