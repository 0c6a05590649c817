"""From a study's file to a checked `Study`; a mistake in it is a UserError of one line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from mtl.run.recipe.extend import read_written
from mtl.run.recipe.mistakes import Origin, misfit
from mtl.run.recipe.overrides import apply_overrides
from mtl.study.schema import Study


@dataclass(frozen=True)
class StudyFile:
    """A study, and where its keys were written."""

    study: Study
    origin: Origin


def load_study(path: Path, overrides: Sequence[str] = ()) -> StudyFile:
    """Read, override and check a study."""
    written = read_written(path, Study)
    raw = {"name": path.stem, **written.value}
    origin = apply_overrides(raw, overrides, Origin(str(path), written.places, schema=Study))
    try:
        return StudyFile(Study.model_validate_json(json.dumps(raw)), origin)
    except ValidationError as error:
        raise misfit(error, origin) from None
