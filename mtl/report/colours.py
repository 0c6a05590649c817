"""The colours of rises and falls: blue and orange, which colour-blind readers tell apart too."""

import math

LIMIT = 10.0
"""Points from which on a colour is as strong as it gets: the same in every report, so that they compare."""
SAME, UP, DOWN = (243, 243, 241), (33, 102, 172), (179, 88, 6)


def strength(delta: float) -> float:
    """How strong the colour of a difference is, from 0 to 1; small ones are to be seen too."""
    return math.pow(min(abs(delta) / LIMIT, 1.0), 0.7)


def fill_of(delta: float | None) -> str:
    """The colour of a difference; white where there is none to show."""
    if delta is None:
        return "#ffffff"
    end = UP if delta > 0 else DOWN
    part = strength(delta)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(SAME, end, strict=True))


def ink_on(delta: float | None) -> str:
    """The colour of text that can be read on it."""
    return "#ffffff" if delta is not None and strength(delta) > 0.6 else "#1b1b1b"
