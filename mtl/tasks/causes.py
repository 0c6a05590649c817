"""What COPA and XCOPA share: how a row becomes a question with two answers."""

from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import choice
from mtl.tasks.task import Row

_shape = choice(prompt="prompt", choices=("choice1", "choice2"), id="idx")


def shape_cause(row: Row) -> Record | Drop:
    """The prompt asks, as in the benchmark's own code: `... What was the cause?`."""
    asked = row["question"]
    if asked not in ("cause", "effect"):
        raise ValueError(f"column 'question' holds {asked!r}, expected 'cause' or 'effect'")
    return _shape({**row, "prompt": f"{row['premise']} What was the {asked}?"})
