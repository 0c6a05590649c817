"""Sides: sentences and their translations apart, as Tatoeba and BUCC have them."""

from collections.abc import Iterator

from mtl import seeds
from mtl.world.dice import Dice
from mtl.world.grammar import ENGLISH
from mtl.world.prose import draw_sentence
from mtl.world.speech import tell
from mtl.world.writers.rows import dice_of


def write_tatoeba(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """A sentence a line; the English side is sorted, as XTREME sorts it."""
    lines = (tell(code, draw_sentence(dice)) for dice in dice_of(seed, source, num))
    return (f"{line}\n" for line in (sorted(lines) if code == ENGLISH else lines))


def write_tatoeba_gold(seed: int, num: int, *, source: str) -> Iterator[str]:
    """For each line of the sorted English side, the line of the other that translates it, from 0."""
    lines = [tell(ENGLISH, draw_sentence(dice)) for dice in dice_of(seed, source, num)]
    return (f"{place}\n" for place in sorted(range(num), key=lines.__getitem__))


def write_bucc(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """One side of comparable corpora: an id and a sentence; a third of the lines has a translation."""
    shared = _shared(num)
    for place, number in enumerate(_order(seed, source, code, num)):
        dice = Dice(seed, source, number) if number < shared else Dice(seed, source, code, number)
        yield f"{_id(code, place)}\t{tell(code, draw_sentence(dice))}\n"


def write_bucc_gold(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """Which lines are translations of each other."""
    places = [
        {number: place for place, number in enumerate(_order(seed, source, side, num))}
        for side in (code, ENGLISH)
    ]
    for number in range(_shared(num)):
        yield f"{_id(code, places[0][number])}\t{_id(ENGLISH, places[1][number])}\n"


def _shared(num: int) -> int:
    return -(-num // 3)


def _order(seed: int, source: str, code: str, num: int) -> list[int]:
    """Which row stands in each line."""
    return [int(row) for row in seeds.shuffled(seeds.key(seed, source, "order", code), num)]


def _id(code: str, place: int) -> str:
    return f"{code}-{place + 1:09d}"
