"""The page of a study: one static HTML file, without script, server, or anything fetched."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import mtl.report
from mtl.report.grid import grid, legend
from mtl.report.heatmap import heatmap
from mtl.report.markup import Markup, tag
from mtl.report.page import POLICY
from mtl.report.picture import to_svg
from mtl.report.tables import Table
from mtl.study.analysis import Analysis, Finding
from mtl.study.leakage import Leakage
from mtl.study.page.forest import Mark, forest
from mtl.study.page.tables import (
    cost_table,
    design_table,
    effects_table,
    language_table,
    leakage_table,
    overview_table,
    scores_table,
    tests_table,
)
from mtl.study.page.words import ALPHA, answer
from mtl.study.results import Results

WORLD = (
    "This is the built-in, artificial world: nobody speaks its languages, and its encoder is tiny. The "
    "numbers show that the method works, and say nothing about real languages or published scores."
)
APART = (
    "Below, each comparison once more on the mean of those targets that share no data with its arms (see "
    "Leakage): what is left when a gain cannot come from having seen the target's own data."
)


def render(
    results: Results, analysis: Analysis, leakage: Leakage, *, commands: Sequence[str], files: Sequence[str]
) -> str:
    """The page, complete."""
    study = results.matrix.study
    sections = {
        "Answer": list(_answer(results, analysis)),
        "Design": [grid(design_table(results)), *_notes(results)],
        "Gains": list(_gains(results)),
        "Tests": list(_tests(analysis)),
        "Leakage": [grid(leakage_table(leakage))],
        "Costs": [grid(cost_table(results))],
        "Commands": [tag("pre", "\n".join(commands), tabindex=0)],
        "Phases": [_phases(results)],
    }
    body = tag(
        "body",
        tag("a", "Skip to the answer", href="#answer", class_="skip"),
        tag("header", tag("p", f"Study: {study.name}", class_="eyebrow"), tag("h1", study.question)),
        _contents(list(sections)),
        tag("main", *(_section(name, parts) for name, parts in sections.items())),
        tag("footer", tag("p", "The same numbers: ", *_links(files))),
    )
    return f"<!doctype html>\n{tag('html', _head(study.name), body, lang='en')}\n"


def _head(title: str) -> Markup:
    folders = (Path(mtl.report.__path__[0]) / "page.css", Path(__file__).with_name("study.css"))
    css = "\n".join(file.read_text(encoding="utf-8") for file in folders)
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{title}: a study"),
        tag("style", Markup(css)),
    )


def _contents(names: Sequence[str]) -> Markup:
    links = [tag("li", tag("a", name, href=f"#{name.lower()}")) for name in names]
    return tag("nav", tag("ul", *links), aria_label="Contents")


def _section(name: str, parts: Sequence[Markup]) -> Markup:
    anchor = name.lower()
    return tag(
        "section", tag("h2", name, id=f"{anchor}-title"), *parts, id=anchor, aria_labelledby=f"{anchor}-title"
    )


def _answer(results: Results, analysis: Analysis) -> Iterator[Markup]:
    yield tag("p", " ".join(answer(analysis.means)), class_="lede")
    if results.matrix.study.data.world is not None:
        yield tag("p", WORLD)
    if results.problems:
        items = [tag("li", problem) for problem in results.problems]
        yield tag("section", tag("h3", "Not all of it is here"), tag("ul", *items), class_="problems")
    if analysis.means:
        yield forest("Gains", [_mark(finding) for finding in by_gain(analysis.means)])


def by_gain(findings: Sequence[Finding]) -> list[Finding]:
    """The largest first."""
    return sorted(findings, key=lambda finding: -finding.gain)


def _mark(finding: Finding) -> Mark:
    estimate = finding.estimate
    return Mark(
        label=f"{finding.comparison.arm} against {finding.comparison.against}",
        gain=finding.gain,
        low=None if estimate is None else estimate.low,
        high=None if estimate is None else estimate.high,
        sure=finding.adjusted is not None and finding.adjusted < ALPHA,
    )


def _notes(results: Results) -> list[Markup]:
    notes = results.matrix.study.notes
    return [tag("ul", *(tag("li", note) for note in notes))] if notes else []


def _gains(results: Results) -> Iterator[Markup]:
    if not results.languages:
        yield tag("p", "There are no scores yet.")
        return
    yield grid(scores_table(results))
    picture = to_svg(heatmap(overview_table(results)))
    yield tag("div", picture, class_="map", tabindex=0, role="region", aria_label="Heat-map")
    yield legend(f"gain over {results.matrix.study.control}")
    tables = [grid(language_table(results, target), explain=False) for target in results.languages]
    yield tag("div", *tables, class_="grids")


def _tests(analysis: Analysis) -> Iterator[Markup]:
    if not analysis.means:
        yield tag("p", "There is nothing to test yet.")
        return
    yield _wide(tests_table("tests", "Comparisons", analysis.means))
    if analysis.clean:
        yield tag("p", APART)
        yield _wide(tests_table("tests-apart", "Without shared data", analysis.clean))
    for target in dict.fromkeys(finding.targets[0] for finding in analysis.single):
        own = [finding for finding in analysis.single if finding.targets == (target,)]
        yield forest(target, [_mark(finding) for finding in by_gain(own)])
    if analysis.single:
        yield _wide(tests_table("tests-by-target", "Comparisons by target", analysis.single))
    if analysis.effects:
        yield grid(effects_table(analysis.effects))


def _wide(table: Table) -> Markup:
    """A table of many columns, in small type."""
    return tag("div", grid(table), class_="wide")


def _phases(results: Results) -> Markup:
    """Links to all that ran."""
    links = [tag("li", tag("a", name, href=f"{name}/")) for name in results.seconds]
    return tag("details", tag("summary", f"{len(links)} folders"), tag("ul", *links))


def _links(files: Sequence[str]) -> list[str]:
    return [part for file in files for part in (tag("a", file, href=file), " ")]
