"""JSON lines: one object a line; the keys are the columns."""

import json
from collections.abc import Iterator
from pathlib import Path

from mtl.data.formats.lines import read_lines
from mtl.errors import UserError
from mtl.tasks.task import Row


def read_jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    """The objects; a line of white space holds none."""
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            trouble = f"{path}:{number}: not JSON: {error.msg} at column {error.colno}"
            raise UserError(f"{trouble}; mend the line, or name the file's real format") from error
        except RecursionError as error:
            raise UserError(f"{path}:{number}: nested too deeply; mend the line") from error
        except ValueError as error:  # a number of thousands of digits
            raise UserError(f"{path}:{number}: not JSON that can be read: {error}; mend the line") from error
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number}: a JSON {type(row).__name__}; every line must hold one object")
        yield number, row
