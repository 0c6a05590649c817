"""What the writers share: the type of a writer, dice by row, and rows as JSON lines or separated by tabs."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from mtl.world.dice import Dice

Writer = Callable[[int, int], Iterator[str]]
"""From the world's seed and a number of rows to the file's text, piece by piece."""

Shown = Literal["rows", "inputs", "golds"]
"""What of its rows a file shows: test files lack what is right, which lies in files of labels."""


def dice_of(seed: int, source: str, num: int) -> Iterator[Dice]:
    """Dice for each row; files in several languages that share a source are parallel."""
    return (Dice(seed, source, i) for i in range(num))


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A row a line."""
    return (f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def tab_lines(rows: Iterable[tuple[str, ...]], shown: Shown) -> Iterator[str]:
    """Cells without quotes, what is right in the last: the world writes neither tabs nor quotation marks."""
    cut = {"rows": slice(None), "inputs": slice(-1), "golds": slice(-1, None)}[shown]
    return ("\t".join(row[cut]) + "\n" for row in rows)
