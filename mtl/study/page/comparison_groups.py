"""Which comparisons stand together: on the page and in the files, each group is a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mtl.study.analysis import Analysis, ComparisonResult

ASIDE = (
    "Arms that are no fair competitors, for a reason that stands beside them under Design: they are tested "
    "in a family of their own, and have no part in the answer."
)
APART = (
    "Below, each comparison once more on the mean of those targets that share no data with its arms (see "
    "Leakage): what is left when a gain cannot come from having seen the target's own data."
)


@dataclass(frozen=True, kw_only=True)
class ComparisonGroup:
    """Comparisons with a table of their own."""

    name: str
    title: str
    findings: tuple[ComparisonResult, ...]
    intro: str = ""
    """What the page says before it."""
    plots: Mapping[str, Sequence[ComparisonResult]] = field(default_factory=dict)
    """By title, which says on what target or average they are: those that the page draws before it."""


def comparison_groups(analysis: Analysis) -> tuple[ComparisonGroup, ...]:
    """Those that a study has, in the order of its page and of its files."""
    averages, single = analysis.averages, analysis.single
    groups = (
        ComparisonGroup(name="tests", title="Comparisons", findings=analysis.means),
        ComparisonGroup(
            name="tests-averages",
            title="Comparisons by average",
            findings=averages,
            plots=_plots(averages, lambda finding: finding.average),
        ),
        ComparisonGroup(name="tests-aside", title="Arms apart", findings=analysis.aside, intro=ASIDE),
        ComparisonGroup(
            name="tests-apart", title="Without shared data", findings=analysis.clean, intro=APART
        ),
        ComparisonGroup(
            name="tests-by-target",
            title="Comparisons by target",
            findings=single,
            plots=_plots(single, lambda finding: finding.targets[0]),
        ),
    )
    return tuple(group for group in groups if group.findings)


def _plots(
    findings: Sequence[ComparisonResult], title: Callable[[ComparisonResult], str]
) -> dict[str, list[ComparisonResult]]:
    plots: dict[str, list[ComparisonResult]] = {}
    for finding in findings:
        plots.setdefault(title(finding), []).append(finding)
    return plots
