"""Texts: plain text, a piece a line, in one language or in two, or with its meaning word by word."""

from collections.abc import Iterator

from mtl.world.prose import gloss, write_both, write_piece
from mtl.world.writers.rows import dice_of, json_lines


def write_text(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """Pieces in one language."""
    return (write_piece(code, dice) + "\n" for dice in dice_of(seed, source, num))


def write_both_texts(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """Lines that hold English and another language."""
    return (write_both(code, dice) + "\n" for dice in dice_of(seed, source, num))


def write_glosses(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """Pieces with a gloss under each word, as linguists write them."""
    glossed = (gloss(code, dice) for dice in dice_of(seed, source, num))
    return json_lines({"words": words, "glosses": glosses} for words, glosses in glossed)
