"""Arguments that several commands share."""

import argparse
import math

LONGEST = 366 * 86_400.0
"""Seconds."""


def add_local_rank(parser: argparse.ArgumentParser) -> None:
    """Take what the deepspeed command passes to every process; the environment says the same."""
    parser.add_argument("--local_rank", "--local-rank", type=int, help=argparse.SUPPRESS)


def whole_number(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds, up to a year: clocks count no longer spans."""
    number = positive_number(text)
    if number > LONGEST:
        raise argparse.ArgumentTypeError(f"{text} seconds are more than a year")
    return number


def names(text: str) -> list[str]:
    """Names with commas between them, one at least."""
    found = [name for name in text.split(",") if name]
    if not found:
        raise argparse.ArgumentTypeError("names nothing; leave it out if all are meant")
    return found


def positive_number(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number
