"""The head of a page: the answer in a line, what ran, and what is not there."""

from collections.abc import Iterator, Sequence

from mtl.report.lineage import duration
from mtl.report.markup import Markup, tag
from mtl.report.report import Report
from mtl.report.results import Results
from mtl.report.runs import Run
from mtl.report.tables import Table, signed

MOST_FIGURES = 6
"""With more arms than that, the table alone tells them."""


def header(report: Report, problems: Sequence[str]) -> Markup:
    """All of it; problems in the order in which they are to be read."""
    return tag(
        "header",
        tag("p", "Intermediate training, zero-shot transfer", class_="eyebrow"),
        tag("h1", report.title),
        *_figures(report.results, report.answer),
        _facts(report.runs, report.results),
        *_problems(problems),
    )


def _figures(results: Results, answer: Table | None) -> Iterator[Markup]:
    """The answer in a line: each arm's mean over all targets, beside the baseline's."""
    if answer is None:
        yield tag("p", "No target has been scored yet.", class_="lede")
        return
    means = {row.label: row.cells[-1] for row in answer.rows}
    targets = list(results.tasks)
    subject = f"mean over {len(targets)} targets" if len(targets) > 1 else targets[0]
    gains = {arm: cell for arm, cell in means.items() if cell.delta is not None}
    figures = [
        tag(
            "p",
            tag("strong", signed(cell.delta or 0.0)),
            f"{arm} over {results.baseline}",
            tag("span", f"{cell.text} against {means[results.baseline or arm].text},"),
            tag("span", subject),
            class_="figure",
        )
        for arm, cell in gains.items()
    ]
    if 0 < len(figures) <= MOST_FIGURES:
        yield tag("div", *figures, class_="figures")


def _facts(runs: Sequence[Run], results: Results) -> Markup:
    phases = [phase for run in runs for phase in run.phases]
    done = sum(phase.state == "done" for phase in phases)
    seeds = sorted({seed for seeds in results.arms.values() for seed in seeds})
    facts = {
        "arms": " · ".join(results.arms),
        "targets": str(len(results.tasks) or ""),
        "languages": str(len({code for codes in results.tasks.values() for code in codes}) or ""),
        "seeds" if len(seeds) > 1 else "seed": ", ".join(map(str, seeds)),
        "phases": f"{done} of {len(phases)} done",
        "time": duration(sum(phase.seconds for phase in phases)),
        "ran on": "; ".join(dict.fromkeys(_machine(run) for run in runs)),
    }
    pairs = [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items() if value]
    return tag("dl", *pairs, class_="facts")


def _machine(run: Run) -> str:
    ranks, device = run.versions.get("ranks", "?"), run.versions.get("device", "unknown device")
    return f"{ranks} {'rank' if ranks == 1 else 'ranks'}, {device}"


def _problems(problems: Sequence[str]) -> Iterator[Markup]:
    if problems:
        yield tag(
            "section",
            tag("h2", "Read this first"),
            tag("ul", *(tag("li", each) for each in problems)),
            class_="problems",
        )
