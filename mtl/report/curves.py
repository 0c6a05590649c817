"""Reads the diary of a phase as curves, and thins them out for drawing."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtl.report.files import DamagedError

MOST_POINTS = 240
"""A chart on a page is hardly wider than this many points."""
SMOOTHING = 0.9
"""What of a running mean stays at each step."""


@dataclass(frozen=True)
class Curve:
    """A scalar over the steps at which it was measured."""

    steps: tuple[int, ...]
    values: tuple[float, ...]


def read_curves(path: Path) -> Mapping[str, Curve]:
    """The curves of a metrics file by the names of their scalars; a last line cut short does not count.

    A number that is not finite is no point of a curve.
    """
    steps: dict[str, list[int]] = {}
    values: dict[str, list[float]] = {}
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
        for line in map(json.loads, lines):
            step = int(line["step"])
            for name, value in line.items():
                if name not in ("step", "not_finite") and value is not None and math.isfinite(value):
                    steps.setdefault(name, []).append(step)
                    values.setdefault(name, []).append(float(value))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise DamagedError(f"{path}: not a diary of steps and numbers; its curves are left out") from None
    return {name: Curve(tuple(steps[name]), tuple(values[name])) for name in steps}


def thinned(curve: Curve, most: int = MOST_POINTS) -> Curve:
    """The curve by the means of equal runs of points, if it has more than `most`."""
    size = -(-len(curve.steps) // most)
    if size <= 1:
        return curve
    starts = range(0, len(curve.steps), size)
    return Curve(
        steps=tuple(curve.steps[min(start + size, len(curve.steps)) - 1] for start in starts),
        values=tuple(
            math.fsum(part) / len(part) for part in (curve.values[start : start + size] for start in starts)
        ),
    )


def smoothed(curve: Curve) -> Curve:
    """The running mean, whose early values are not drawn to zero."""
    total = share = 0.0
    values = []
    for value in curve.values:
        total = SMOOTHING * total + (1 - SMOOTHING) * value
        share = SMOOTHING * share + (1 - SMOOTHING)
        values.append(total / share)
    return Curve(curve.steps, tuple(values))
