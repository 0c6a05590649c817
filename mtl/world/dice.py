"""Dice: the choices of a generated row, drawn from keyed words, so that a row depends on its key alone."""

from collections.abc import Sequence
from typing import TypeVar

from mtl import seeds

Item = TypeVar("Item")

_BLOCK = 32


class Dice:
    """Draws one after another; the same key gives the same draws on every machine."""

    def __init__(self, *key: int | str) -> None:
        """Name the row that the draws are for."""
        self._key = seeds.key(*key)
        self._drawn = 0
        self._words: list[int] = []

    def below(self, high: int) -> int:
        """A number from 0 to high - 1."""
        place = self._drawn % _BLOCK
        if place == 0:
            self._words = seeds.words(self._key, _BLOCK, start=self._drawn).tolist()
        self._drawn += 1
        return self._words[place] * high >> 64

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.below(len(items))]

    def sample(self, items: Sequence[Item], num: int) -> list[Item]:
        """`num` different items, in an order of the dice's own."""
        rest = list(items)
        assert num <= len(rest), f"{num} of {len(rest)}"
        return [rest.pop(self.below(len(rest))) for _ in range(num)]

    def hexadecimal(self, digits: int) -> str:
        """A number such as an id is made of."""
        return "".join("0123456789abcdef"[self.below(16)] for _ in range(digits))
