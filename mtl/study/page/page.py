"""The page of a study: one static HTML file, without script, server, or anything fetched."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from mtl.report.frame import document
from mtl.report.grid import grid, legend
from mtl.report.heatmap import heatmap
from mtl.report.markup import Markup, tag
from mtl.report.picture import to_svg
from mtl.report.tables import Table
from mtl.study.analysis import Analysis
from mtl.study.leakage import Leakage
from mtl.study.page.closeness import closeness_answer, closeness_table
from mtl.study.page.comparison_groups import comparison_groups
from mtl.study.page.comparisons import comparison_marks, comparisons_table, whole_of
from mtl.study.page.curves import curves_answer, curves_section
from mtl.study.page.design import cost_table, design_table
from mtl.study.page.dots import dots
from mtl.study.page.effects import effects_table
from mtl.study.page.forest import forest
from mtl.study.page.interactions import interaction_answer, interaction_marks, interactions_table
from mtl.study.page.leakage import leakage_table
from mtl.study.page.scores import averages_table, has_averages, language_table, overview_table, scores_table
from mtl.study.page.sources import has_sources, sources_table
from mtl.study.page.spread import spread_table
from mtl.study.page.words import answer
from mtl.study.results import StudyResults

WORLD = (
    "This is the built-in, artificial world: nobody speaks its languages, and its encoder is tiny. The "
    "numbers show that the method works, and say nothing about real languages or published scores."
)


def render(
    results: StudyResults,
    analysis: Analysis,
    leakage: Leakage,
    *,
    commands: Sequence[str],
    files: Sequence[str],
) -> str:
    """The page, complete."""
    study = results.matrix.study
    sections = {
        "Answer": list(_answer(results, analysis)),
        "Design": [_words(design_table(results)), *_notes(results)],
        "Gains": list(_gains(results)),
        **({"Languages": list(_languages(results, analysis))} if has_sources(results) else {}),
        **({"Seeds": [grid(spread_table(analysis.spreads))]} if analysis.spreads else {}),
        **_further(analysis),
        "Tests": list(_tests(results, analysis)),
        "Leakage": [_words(leakage_table(leakage))],
        "Costs": [grid(cost_table(results))],
        "Commands": [tag("pre", "\n".join(commands), tabindex=0)],
        "Phases": [_phases(results)],
    }
    return document(
        f"{study.name}: a study",
        head=tag("header", tag("p", f"Study: {study.name}", class_="eyebrow"), tag("h1", study.question)),
        sections=sections,
        files=files,
        styles=[Path(__file__).with_name("study.css")],
    )


def _further(analysis: Analysis) -> dict[str, list[Markup]]:
    """What only some studies ask."""
    sections: dict[str, list[Markup]] = {}
    if analysis.interactions:
        marks = interaction_marks(analysis.interactions)
        table = _wide(interactions_table(analysis.interactions))
        sections["Interactions"] = [forest("Together, beyond each alone", marks), table]
    if analysis.curves:
        sections["Learning curves"] = list(curves_section(analysis.curves))
    return sections


def _answer(results: StudyResults, analysis: Analysis) -> Iterator[Markup]:
    study = results.matrix.study
    further = closeness_answer(analysis.closeness, study.distance_to or "")
    yield tag("p", " ".join((*answer(analysis.means), *further)), class_="lede")
    for more in (interaction_answer(analysis.interactions), curves_answer(analysis.curves)):
        if more:
            yield tag("p", more, class_="lede")
    if results.matrix.study.data.world is not None:
        yield tag("p", WORLD)
    if results.problems:
        items = [tag("li", problem) for problem in results.problems]
        yield tag("section", tag("h3", "Read this first"), tag("ul", *items), class_="problems")
    if analysis.means:
        yield forest("Gains", comparison_marks(analysis.means, whole_of(results)))


def _notes(results: StudyResults) -> list[Markup]:
    notes = (*results.matrix.study.notes, *results.matrix.gaps)
    return [tag("ul", *(tag("li", *_with_code(note)) for note in notes))] if notes else []


def _with_code(text: str) -> list[str]:
    """A text of the study's file, what it has in backticks as code."""
    return [tag("code", part) if i % 2 else part for i, part in enumerate(text.split("`"))]


def _gains(results: StudyResults) -> Iterator[Markup]:
    if not results.languages:
        yield tag("p", "There are no scores yet.")
        return
    yield grid(scores_table(results))
    if has_averages(results):
        yield grid(averages_table(results))
    overview = overview_table(results)
    picture = to_svg(heatmap(overview, title=f"Arms by {overview.corner}"))
    yield tag("div", picture, class_="map", tabindex=0, role="region", aria_label="Heat-map")
    yield legend(f"gain over {results.matrix.study.control}")
    tables = [
        grid(language_table(results, target), explain=False)
        for target, codes in results.languages.items()
        if len(codes) > 1
    ]
    if tables:
        yield tag("div", *tables, class_="grids")


def _languages(results: StudyResults, analysis: Analysis) -> Iterator[Markup]:
    """What source languages are like, and whether the close ones help more."""
    target = results.matrix.study.distance_to
    yield _words(sources_table(results))
    wide = max((len(each.targets) for each in analysis.closeness), default=0)
    for each in analysis.closeness:
        if len(each.targets) == wide:
            yield dots(f"Trained on {', '.join(each.trains_on)}", each.points, across=f"distance to {target}")
    if analysis.closeness:
        yield _wide(closeness_table(analysis.closeness))


def _tests(results: StudyResults, analysis: Analysis) -> Iterator[Markup]:
    groups, whole = comparison_groups(analysis), whole_of(results)
    if not groups:
        yield tag("p", "There is nothing to test yet.")
    for group in groups:
        if group.intro:
            yield tag("p", group.intro)
        for title, findings in group.plots.items():
            yield forest(title, comparison_marks(findings, {**whole, "": 1}))
        yield _wide(comparisons_table(group.name, group.title, group.findings, whole))
    if analysis.effects:
        yield grid(effects_table(analysis.effects))


def _wide(table: Table) -> Markup:
    """A table of many columns, in small type."""
    return tag("div", grid(table), class_="wide")


def _words(table: Table) -> Markup:
    """A table of texts, which begin on the left."""
    return tag("div", grid(table), class_="words")


def _phases(results: StudyResults) -> Markup:
    """Links to all that ran."""
    links = [tag("li", tag("a", name, href=f"{name}/")) for name in results.seconds]
    return tag("details", tag("summary", f"{len(links)} folders"), tag("ul", *links))
