"""The languages that arms train in, as a table: what is known of each, and what it gains."""

from mtl.report.tables import MISSING, Table, signed, text_columns, text_row
from mtl.study.page.cells import score_cell
from mtl.study.results import StudyResults
from mtl.study.sources import SourceArm, find_sources, told_by


def has_sources(results: StudyResults) -> bool:
    """Whether arms train in different languages."""
    return len({source.language for source in find_sources(results.matrix)}) > 1


def sources_table(results: StudyResults) -> Table:
    """What is known of the language that each arm trains in; empty where nobody says."""
    study = results.matrix.study
    columns = ["trains on", "language", "family", "script", "resource"]
    told = told_by(study)
    if study.distance_to is None:
        told = {column: source for column, source in told.items() if column != "distance"}
    else:
        columns.append(f"distance to {study.distance_to}")
    rows = tuple(
        text_row(
            source.row.label,
            (*(text or MISSING for text in _facts(source)[: len(columns)]), _gain(results, source)),
        )
        for source in find_sources(results.matrix)
    )
    return Table(
        name="sources",
        title="Source languages",
        caption=f"Gains over {study.control}, in points, on the mean over targets and seeds.",
        corner="arm",
        columns=text_columns((*columns, "gain")),
        rows=rows,
        notes=tuple(f"{column}: {source}" for column, source in told.items()),
    )


def _facts(source: SourceArm) -> tuple[str, ...]:
    facts = source.facts
    distance = "" if facts.distance is None else f"{facts.distance:.3f}"
    tasks = ", ".join(source.tasks)
    return (tasks, source.language, facts.family, facts.script, facts.resource, distance)


def _gain(results: StudyResults, source: SourceArm) -> str:
    """Over the control, on the mean over targets."""
    gain = score_cell(results, source.row.label, tuple(results.languages)).delta
    return MISSING if gain is None else signed(gain)
