"""Kin: how far apart the world's languages are, which is known because they were made so."""

import unicodedata

from mtl.world.grammar import SISTERS, unlikeness
from mtl.world.lexicon import lexicon, shared_words

SOURCE = "the built-in world: the mean of the share of words and the share of habits of grammar that differ"


def distance(one: str, other: str) -> float:
    """From 0, the same language, to 1, nothing in common."""
    return (unlikeness(one, other) + 1 - shared_words(one, other)) / 2


def family(code: str) -> str:
    """A sister's is her elder's; all others are alone."""
    return SISTERS.get(code, code)


def script(code: str) -> str:
    """The letters that its words are written in."""
    return unicodedata.name(lexicon(code)["not"][0]).split()[0].capitalize()
