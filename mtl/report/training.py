"""How the phases trained: losses and dev scores, phases with the same tasks in the same charts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mtl.report.chart import Line, key_to_lines, line_chart
from mtl.report.curves import Curve, read_curves
from mtl.report.files import DamagedError
from mtl.report.markup import Markup, join, tag
from mtl.report.results import MAIN
from mtl.report.runs import Phase
from mtl.report.tables import METRICS

SMOOTH_FROM = 12
"""A loss of more points than this is noise around its running mean."""


@dataclass(frozen=True, kw_only=True)
class TrainedPhase:
    """A train phase and its curves."""

    phase: Phase
    arm: str
    """As the tables call it."""
    curves: Mapping[str, Curve]


def read_trainings(phases: Sequence[tuple[Phase, str]]) -> tuple[list[TrainedPhase], list[str]]:
    """The curves of the train phases among phases and their arms; and what cannot be read."""
    trained, problems = [], []
    for phase, arm in phases:
        try:
            curves = read_curves(phase.folder.metrics) if phase.kind == "train" else {}
        except DamagedError as error:
            problems.append(str(error))
        else:
            trained += [TrainedPhase(phase=phase, arm=arm, curves=curves)] if curves else []
    return trained, problems


def training_section(trained: Sequence[TrainedPhase], styles: Mapping[str, int]) -> Markup:
    """Phases of many tasks first, each with a chart for every task; then those of one task.

    `styles` are the arms' colours; an arm has one, whatever the seed.
    """
    groups: dict[tuple[str, ...], list[TrainedPhase]] = {}
    for each in trained:
        groups.setdefault(each.phase.tasks, []).append(each)
    blocks = [
        _block(f"{len(tasks)} tasks at once", _charts_of_all(group, styles))
        for tasks, group in groups.items()
        if len(tasks) > 1
    ]
    single = [
        chart for tasks, group in groups.items() if len(tasks) <= 1 for chart in _charts_of_one(group, styles)
    ]
    if single:
        blocks.append(_block("One task at a time", single))
    return join([key_to_lines(styles), *blocks])


def _block(title: str, charts: Sequence[Markup]) -> Markup:
    return tag("section", tag("h3", title), tag("div", *charts, class_="charts"), class_="training")


def _charts_of_all(group: Sequence[TrainedPhase], styles: Mapping[str, int]) -> list[Markup]:
    scalars = {"loss, all tasks": "loss", "dev, mean over tasks": "dev/mean"}
    scalars |= {f"{task}, loss": f"loss/{task}" for task in group[0].phase.tasks}
    return [chart for title, scalar in scalars.items() for chart in _chart(group, styles, title, scalar)]


def _charts_of_one(group: Sequence[TrainedPhase], styles: Mapping[str, int]) -> list[Markup]:
    name = " ".join(group[0].phase.tasks) or group[0].phase.name
    metrics = {each.rpartition("/")[2] for one in group for each in one.curves if each.startswith("dev/")}
    metric = next((metric for metric in MAIN if metric in metrics), "mean")
    dev = "dev/mean" if metric == "mean" else f"dev/{name}/{metric}"
    scalars = {f"{name}, loss": "loss", f"{name}, dev {METRICS.get(metric, metric)}": dev}
    return [chart for title, scalar in scalars.items() for chart in _chart(group, styles, title, scalar)]


def _chart(
    group: Sequence[TrainedPhase], styles: Mapping[str, int], title: str, scalar: str
) -> Iterator[Markup]:
    """The chart of a scalar, if any of the phases has it."""
    is_dev = scalar.startswith("dev/")
    lines = [
        Line(
            label=f"{each.arm}, seed {each.phase.seed}",
            curve=each.curves[scalar],
            style=styles[each.arm],
            noisy=not is_dev and len(each.curves[scalar].steps) > SMOOTH_FROM,
            best=each.phase.dev.step if is_dev and each.phase.dev is not None else None,
        )
        for each in group
        if scalar in each.curves
    ]
    if lines:
        yield line_chart(title, lines)
