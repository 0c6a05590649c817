"""The arms of a study, as tables: what each trains on, and how long its phases took."""

from collections import Counter, defaultdict
from dataclasses import replace

from mtl.report.lineage import duration
from mtl.report.tables import MISSING, Table, text_columns, text_row
from mtl.study.plan import arm_lines
from mtl.study.results import StudyResults


def design_table(results: StudyResults) -> Table:
    """What each arm trains on."""
    return Table(
        name="arms",
        title="Arms",
        caption=f"Random seeds: {', '.join(map(str, results.matrix.study.seeds))}.",
        corner="arm",
        columns=text_columns(("family", "trains on", "for")),
        rows=tuple(text_row(label, texts) for label, *texts in arm_lines(results.matrix)),
    )


def cost_table(results: StudyResults) -> Table:
    """Time by arm and kind of phase."""
    recipe = results.matrix.recipe
    spent: defaultdict[tuple[str, str], float] = defaultdict(float)
    count: Counter[str] = Counter()
    for name, seconds in results.seconds.items():
        phase = recipe.phases[name]
        spent[recipe.arm_of(phase), phase.kind] += seconds
        count[recipe.arm_of(phase)] += 1
    kinds = list(dict.fromkeys(phase.kind for phase in recipe.phases.values()))
    rows = [
        text_row(arm, (str(count[arm]), *(_time(spent.get((arm, kind))) for kind in kinds))) for arm in count
    ]
    total = sum(results.seconds.values())
    totals = (str(count.total()), *(_time(sum(spent[arm, kind] for arm in count)) for kind in kinds))
    rows.append(replace(text_row("all", totals), kind="summary"))
    return Table(
        name="costs",
        title="Time",
        caption=f"{duration(total)} in all. A phase that several arms share counts for the first of them.",
        corner="arm",
        columns=text_columns(("phases", *kinds)),
        rows=tuple(rows),
    )


def _time(seconds: float | None) -> str:
    return MISSING if seconds is None else duration(seconds)
