"""The languages that arms train in, and what is known of them: kin, script, size, distance to the target."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtl import languages
from mtl.errors import UserError, unknown_name
from mtl.run.phase_tasks import choose_tasks
from mtl.study.matrix import Row, StudyMatrix
from mtl.study.schema import Study
from mtl.tasks.registry import label_languages

COLUMNS = ("family", "script", "resource", "distance")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a language; empty or None where no source says anything."""

    family: str = ""
    script: str = ""
    resource: str = ""
    distance: float | None = None
    """To the language that the study holds distances to."""


@dataclass(frozen=True, kw_only=True)
class SourceArm:
    """An arm that trains in one language."""

    row: Row
    tasks: tuple[str, ...]
    """Arms with the same tasks are compared by language."""
    language: str
    facts: Facts


def find_sources(matrix: StudyMatrix) -> tuple[SourceArm, ...]:
    """The arms whose own training is in one language each, in their order."""
    study = matrix.study
    given = None if study.languages is None else read_facts(study.languages)
    own = {cell.row: cell.intermediate for cell in matrix.cells if cell.intermediate is not None}
    found = []
    for row, name in own.items():
        tasks = choose_tasks(matrix.recipe, matrix.recipe.phases[name])
        codes = {code for task in tasks for code in label_languages(task)}
        if len(codes) == 1:
            (code,) = codes
            facts = _facts(study, code) if given is None else given.get(code, Facts())
            names = tuple(task.name for task in tasks)
            found.append(SourceArm(row=row, tasks=names, language=code, facts=facts))
    return tuple(found)


def told_by(study: Study) -> Mapping[str, str]:
    """Where each column of facts comes from."""
    if study.languages is not None:
        return dict.fromkeys(COLUMNS, str(study.languages))
    if study.data.world is not None:
        from mtl.world.kin import SOURCES

        return SOURCES
    return languages.SOURCES


def read_facts(file: Path) -> Mapping[str, Facts]:
    """A table of the user's own: tab-separated, a `code` and any of the other columns."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {error}; give a TSV file in UTF-8") from error
    for column in rows[0] if rows else ():
        if column not in ("code", *COLUMNS):
            raise unknown_name("column", column, ("code", *COLUMNS), where=str(file))
    if not rows or "code" not in rows[0]:
        raise UserError(f"{file}: has no column `code`, or no row; give one row a language")
    return {row["code"]: _given(file, number, row) for number, row in enumerate(rows, start=2)}


def _given(file: Path, number: int, row: Mapping[str, str | None]) -> Facts:
    texts = {column: (row.get(column) or "").strip() for column in COLUMNS}
    try:
        distance = float(texts.pop("distance") or "nan")
    except ValueError:
        raise UserError(f"{file}:{number}: distance is no number; give one, or leave it empty") from None
    return Facts(**texts, distance=None if distance != distance else distance)


def _facts(study: Study, code: str) -> Facts:
    """What the built-in tables say: the world's of its languages, and ours of all others."""
    to = study.distance_to
    if study.data.world is not None:
        from mtl.world import kin

        distance = None if to is None else kin.distance(code, to)
        return Facts(family=kin.family(code), script=kin.script(code), distance=distance)
    one = languages.find_language(code)
    if one is None:
        return Facts()
    distance = None if to is None else languages.distance(code, to)
    family = f"{one.family}: {one.branch}" if one.branch else one.family
    return Facts(family=family, script=one.script, resource=one.resource, distance=distance)
