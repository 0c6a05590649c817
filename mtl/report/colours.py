"""The colours of rises and falls: blue and orange, which colour-blind readers tell apart too."""

import math

LIMIT = 10.0
"""Points from which on a colour is as strong as it gets: the same in every report, so that they compare."""
EVEN = 0.179
"""The luminance on which black and white stand out alike."""
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


def ink_on(fill: str) -> str:
    """Black or white, whichever can be read on a colour."""
    return "#ffffff" if luminance(fill) < EVEN else "#000000"


def luminance(colour: str) -> float:
    """How bright a colour is to the eye, as WCAG reckons contrast by it."""
    linear = [_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5)]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else math.pow((channel + 0.055) / 1.055, 2.4)
