"""What grew out of what, and how long each phase took: the graph of phases as an indented table."""

from collections.abc import Iterator, Sequence

from mtl.report.markup import Markup, tag
from mtl.report.runs import Phase


def lineage_table(phases: Sequence[Phase]) -> Markup:
    """The phases of a run, each below the one from whose weights it starts."""
    longest = max((phase.seconds for phase in phases), default=0.0) or 1.0
    rows = [_row(phase, depth, longest) for phase, depth in in_tree_order(phases)]
    total = sum(phase.seconds for phase in phases)
    head = [tag("th", name, scope="col") for name in ("phase", "kind", "arm", "state", "best dev", "time")]
    return tag(
        "table",
        tag("thead", tag("tr", *head)),
        tag("tbody", *rows),
        tag(
            "tfoot",
            tag(
                "tr",
                tag("th", "all phases", scope="row", colspan=5),
                tag("td", duration(total), class_="time"),
            ),
        ),
        class_="lineage",
    )


def in_tree_order(phases: Sequence[Phase]) -> Iterator[tuple[Phase, int]]:
    """Every phase once and how deep it stands: after the one that it starts from, in the recipe's order."""
    names = {phase.name for phase in phases}
    left = {phase.name: phase for phase in phases}

    def below(after: str | None, depth: int) -> Iterator[tuple[Phase, int]]:
        for phase in phases:
            start = phase.after if phase.after in names else None
            if start == after and phase.name in left:
                yield left.pop(phase.name), depth
                yield from below(phase.name, depth + 1)

    yield from below(None, 0)
    yield from ((phase, 0) for phase in list(left.values()))  # damaged records that form a ring


def duration(seconds: float) -> str:
    """A time as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def _row(phase: Phase, depth: int, longest: float) -> Markup:
    start = "" if phase.after is None else f"starts from {phase.after}"
    branch = [tag("span", "└ ", aria_hidden="true", class_="branch")] if depth else []
    tasks = tag("span", " ".join(phase.tasks), class_="tasks")
    name = tag("th", *branch, phase.name, tasks, scope="row", style=f"--depth:{depth}", title=start or None)
    share = phase.seconds / longest
    bar = tag("span", class_="bar", style=f"--share:{share:.3f}", aria_hidden="true")
    return tag(
        "tr",
        name,
        tag("td", phase.kind),
        tag("td", phase.arm),
        tag("td", phase.state, class_="" if phase.state == "done" else "warning"),
        tag("td", "" if phase.dev is None else f"{phase.dev.mean:.1f} at step {phase.dev.step:,}"),
        tag("td", tag("span", duration(phase.seconds), class_="seconds"), bar, class_="time"),
    )
