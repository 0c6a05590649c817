"""The report as one page: the answer, every language, how it trained, what to mind, what was run."""

from collections.abc import Sequence
from pathlib import Path

from mtl.report.frame import document
from mtl.report.gather import arm_names
from mtl.report.grid import grid, legend
from mtl.report.header import header
from mtl.report.lineage import lineage_table
from mtl.report.markup import Markup, join, tag
from mtl.report.notes import reading_notes
from mtl.report.report import Report
from mtl.report.results import Results
from mtl.report.retrieval import read_looks, retrieval_section
from mtl.report.runs import Run
from mtl.report.tables import Table
from mtl.report.training import read_trainings, training_section

MANY_PHASES = 40


def render(report: Report, files: Sequence[str]) -> str:
    """The page, complete; it links to the other files of the report."""
    runs, results = report.runs, report.results
    named = len(runs) > 1
    names = arm_names(runs)
    phases = [(phase, names[run.name, phase.arm]) for run in runs for phase in run.phases]
    styles = {arm: i for i, arm in enumerate(dict.fromkeys(arm for _, arm in phases))}
    trained, damaged = read_trainings(phases)
    looks, unreadable = read_looks(phases)
    sections = {
        "Results": [grid(table) for table in report.summary],
        "By language": [*_kinship(report.kinship), *_languages(report.languages, files)],
        "Training": [
            *([] if report.dev is None else [grid(report.dev)]),
            *([training_section(trained, styles)] if trained else []),
        ],
        "Retrieval": [retrieval_section(looks, styles)] if looks else [],
        "Phases": [_phases(run, named=named) for run in runs],
        "Reading notes": [_notes(results, runs)],
        "What was run": [_recipe(run, named=named) for run in runs],
    }
    head = header(report, (*results.problems, *damaged, *unreadable))
    return document(f"{report.title}: results", head=head, sections=sections, files=files)


def _kinship(tables: Sequence[Table]) -> list[Markup]:
    return [tag("div", *map(grid, tables), class_="grids")] if tables else []


def _languages(tables: Sequence[Table], files: Sequence[str]) -> list[Markup]:
    if not tables:
        return []
    key = [legend(tables[0].delta)] if tables[0].delta else []
    grids = [
        grid(table, explain=False, links=[file for file in files if Path(file).stem == table.name])
        for table in tables
    ]
    return [*key, tag("div", *grids, class_="grids")]


def _phases(run: Run, *, named: bool) -> Markup:
    heading = [tag("h3", run.name)] if named else []
    table = tag(
        "div", lineage_table(run.phases), class_="scroll", tabindex=0, role="region", aria_label="Phases"
    )
    if len(run.phases) > MANY_PHASES:
        table = tag("details", tag("summary", f"All {len(run.phases)} phases"), table)
    return join([*heading, table])


def _notes(results: Results, runs: Sequence[Run]) -> Markup:
    notes = reading_notes(results, [phase for run in runs for phase in run.phases])
    pairs = [part for note in notes for part in (tag("dt", note.title), tag("dd", note.text))]
    return tag("dl", *pairs, class_="reading") if pairs else Markup()


def _recipe(run: Run, *, named: bool) -> Markup:
    versions = ", ".join(f"{name} {value}" for name, value in run.versions.items())
    return tag(
        "details",
        tag("summary", f"The recipe of {run.name}, resolved" if named else "The recipe, resolved"),
        tag("pre", run.recipe, tabindex=0),
        tag("p", versions, class_="versions"),
    )
