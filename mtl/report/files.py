"""Reads the JSON files of a run folder with doubt: what they hold is checked before anything believes it."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class DamagedError(ValueError):
    """A file does not hold what it should; the text says which and what."""


def read_json(path: Path) -> Mapping[str, Any]:
    """The mapping that a JSON file holds."""
    return as_mapping(_read(path), path)


def read_list(path: Path) -> Sequence[Any]:
    """The list that a JSON file holds."""
    value = _read(path)
    if not isinstance(value, list):
        raise DamagedError(f"{path}: holds {str(value)[:40]!r} where a list should be")
    return value


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DamagedError(f"{path}: is missing") from None
    except (OSError, ValueError, RecursionError):
        raise DamagedError(f"{path}: cannot be read as JSON") from None


def as_mapping(value: Any, path: Path) -> Mapping[str, Any]:
    """The value, which is a mapping."""
    if not isinstance(value, Mapping):
        raise DamagedError(f"{path}: holds {str(value)[:40]!r} where a mapping should be")
    return value


def as_numbers(value: Any, path: Path) -> Mapping[str, float]:
    """The value, which is a mapping to finite numbers."""
    for metric, number in as_mapping(value, path).items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise DamagedError(f"{path}: {metric} is {str(number)[:40]!r}, not a number")
    return {metric: float(number) for metric, number in value.items()}
