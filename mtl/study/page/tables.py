"""The tables of a study, as values that every writer of the report room renders."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from mtl.report.lineage import duration
from mtl.report.tables import MISSING, Cell, Column, Row, Table
from mtl.study.analysis import Analysis, Finding
from mtl.study.leakage import Leak, Leakage
from mtl.study.page.words import interval, number, p_value, subject
from mtl.study.plan import arm_lines
from mtl.study.results import Results
from mtl.study.statistics.effects import Effect
from mtl.study.statistics.summary import LEVEL, Summary, summarise

MEAN = "mean"


def all_tables(results: Results, analysis: Analysis, leakage: Leakage) -> list[Table]:
    """What a paper may want."""
    findings = (*analysis.means, *analysis.single)
    return [
        design_table(results),
        scores_table(results),
        *(language_table(results, target) for target in results.languages),
        *([tests_table("tests", "Comparisons", findings)] if findings else []),
        *([tests_table("tests-apart", "Without shared data", analysis.clean)] if analysis.clean else []),
        *([effects_table(analysis.effects)] if analysis.effects else []),
        leakage_table(leakage),
        cost_table(results),
    ]


def scores_table(results: Results) -> Table:
    """Arms down, targets across, the mean last; the small numbers are gains over the control."""
    study, targets = results.matrix.study, tuple(results.languages)
    groups = [study.targets[target].group or "" for target in targets]
    columns = [Column(label=target, group=group) for target, group in zip(targets, groups, strict=True)]
    rows = []
    for row in results.rows:
        cells = [_cell(results, row.label, (target,)) for target in targets]
        whole = _cell(results, row.label, targets)
        rows.append(Row(label=row.label, cells=(*cells, whole)))
    return Table(
        name="scores",
        title="Scores by target",
        caption=f"Percent, mean over languages and seeds{_deviation(results)}.",
        corner="arm",
        columns=(*columns, Column(label=MEAN)),
        rows=tuple(rows),
        delta=f"gain over {study.control}, in points, over the seeds that both have",
    )


def language_table(results: Results, target: str) -> Table:
    """A target's languages down, arms across."""
    labels = [row.label for row in results.rows]
    rows = tuple(
        Row(
            label=language,
            cells=tuple(_cell(results, label, (target,), language) for label in labels),
            kind="language",
        )
        for language in results.languages[target]
    )
    return Table(
        name=target,
        title=target,
        caption="percent, mean over seeds",
        corner="language",
        columns=tuple(Column(label=label) for label in labels),
        rows=rows,
        delta=f"gain over {results.matrix.study.control}",
    )


def overview_table(results: Results) -> Table:
    """Targets down, arms across: what the heat-map shows."""
    labels = [row.label for row in results.rows]
    rows = tuple(
        Row(label=target, cells=tuple(_cell(results, label, (target,)) for label in labels))
        for target in results.languages
    )
    return Table(
        name="overview",
        title="Targets",
        caption="percent, mean over languages and seeds",
        corner="target",
        columns=tuple(Column(label=label) for label in labels),
        rows=rows,
        delta=f"gain over {results.matrix.study.control}",
    )


def tests_table(name: str, title: str, findings: Sequence[Finding]) -> Table:
    """A line for each comparison: gain, interval, p-values, and what they rest on."""
    columns = (
        "gain",
        f"{LEVEL:.0%} interval",
        "p, items and seeds",
        "p after Holm",
        "bootstrap interval",
        "p, bootstrap",
        "p, permutation",
        "items",
        "clusters",
        "seeds",
        "comparisons",
    )
    notes = dict.fromkeys(finding.note for finding in findings if finding.note is not None)
    return Table(
        name=name,
        title=title,
        caption=(
            "Gains in points. The first p asks whether other training runs on other test items would differ "
            "too; bootstrap and permutation speak of these very models on other items."
        ),
        corner="comparison",
        columns=tuple(Column(label=column) for column in columns),
        rows=tuple(_test_row(finding) for finding in findings),
        notes=tuple(note for note in notes if note is not None),
    )


def effects_table(effects: Sequence[Effect]) -> Table:
    """The analysis of variance."""
    rows = tuple(
        Row(
            label=effect.name,
            cells=tuple(
                Cell(text=text)
                for text in (
                    f"{effect.squares:.2f}",
                    str(effect.freedom),
                    MISSING if effect.f is None else f"{effect.f:.2f}",
                    MISSING if effect.p is None else p_value(effect.p),
                    f"{effect.share:.1%}",
                )
            ),
        )
        for effect in effects
    )
    columns = ("sum of squares", "degrees of freedom", "F", "p", "share of squares")
    return Table(
        name="effects",
        title="Two-way effects",
        caption="Arms and targets as factors of the scores, seeds as repetitions. An interaction says that "
        "which arm is best depends on the target.",
        corner="effect",
        columns=tuple(Column(label=column) for column in columns),
        rows=rows,
    )


def leakage_table(leakage: Leakage) -> Table:
    """What each arm has seen of each target; parts of which it has seen nothing are counted, not listed."""
    found = [leak for leak in leakage.leaks if leak.rows or leak.texts or leak.files]
    return Table(
        name="leakage",
        title="Shared data",
        caption=(
            f"Of {len(leakage.leaks)} pairs of an arm's training data and a part of a target, {len(found)} "
            "share something. Arms that train on part of their data are compared with the whole of it."
        ),
        corner="arm",
        columns=tuple(
            Column(label=label)
            for label in ("target", "part", "same rows", "rows with a same text", "same files")
        ),
        rows=tuple(_leak_row(leak) for leak in found),
        notes=leakage.problems,
    )


def design_table(results: Results) -> Table:
    """What each arm trains on."""
    return Table(
        name="arms",
        title="Arms",
        caption=f"Random seeds: {', '.join(map(str, results.matrix.study.seeds))}.",
        corner="arm",
        columns=tuple(Column(label=label) for label in ("family", "trains on", "for")),
        rows=tuple(
            Row(label=label, cells=tuple(Cell(text=text) for text in texts))
            for label, *texts in arm_lines(results.matrix)
        ),
    )


def cost_table(results: Results) -> Table:
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
        Row(
            label=arm,
            cells=(
                Cell(text=str(count[arm])),
                *(
                    Cell(text=duration(spent[arm, kind]) if (arm, kind) in spent else MISSING)
                    for kind in kinds
                ),
            ),
        )
        for arm in count
    ]
    total = sum(results.seconds.values())
    rows.append(
        Row(
            label="all",
            cells=(
                Cell(text=str(sum(count.values()))),
                *(Cell(text=duration(sum(spent[a, kind] for a in count))) for kind in kinds),
            ),
            kind="summary",
        )
    )
    return Table(
        name="costs",
        title="Time",
        caption=f"{duration(total)} in all. A phase that several arms share counts for the first of them.",
        corner="arm",
        columns=tuple(Column(label=label) for label in ("phases", *kinds)),
        rows=tuple(rows),
    )


def _cell(results: Results, label: str, targets: Sequence[str], language: str | None = None) -> Cell:
    """The mean over targets and seeds, its deviation, and the gain over the control."""
    scores = _by_seed(results, label, targets, language)
    if not scores:
        return Cell(text=MISSING)
    base = _by_seed(results, results.matrix.study.control, targets, language)
    common = [seed for seed in scores if seed in base]
    own = label != results.matrix.study.control
    gains = [scores[seed] - base[seed] for seed in common]
    delta = sum(gains) / len(gains) if gains and own else None
    return Cell(text=_shown(summarise(list(scores.values()))), delta=delta)


def _by_seed(
    results: Results, label: str, targets: Sequence[str], language: str | None = None
) -> dict[int, float]:
    """The mean over the targets, for each seed that has them all."""
    found = {}
    for seed in results.matrix.study.seeds:
        there = [results.get(label, target, seed) for target in targets]
        values = [
            each.score if language is None else each.by_language[language]
            for each in there
            if each is not None
        ]
        if targets and len(values) == len(targets):
            found[seed] = sum(values) / len(values)
    return found


def _shown(summary: Summary) -> str:
    text = number(summary.mean)
    return text if summary.deviation is None else f"{text} ±{summary.deviation:.1f}"


def _deviation(results: Results) -> str:
    return ", and the deviation over seeds" if len(results.matrix.study.seeds) > 1 else ""


def _test_row(finding: Finding) -> Row:
    estimate, again = finding.estimate, finding.bootstrap
    texts = (
        interval(estimate) or MISSING,
        p_value(None if estimate is None else estimate.p),
        p_value(finding.adjusted),
        interval(again) or MISSING,
        p_value(None if again is None else again.p),
        p_value(finding.permutation),
        MISSING if finding.num_items is None else f"{finding.num_items:,}",
        MISSING if finding.num_clusters is None else f"{finding.num_clusters:,}",
        str(len(finding.seeds)),
        str(finding.family),
    )
    comparison = finding.comparison
    label = f"{comparison.arm} against {comparison.against}"
    if len(finding.targets) == 1:
        label += f": {finding.targets[0]}"
    gain = Cell(text=f"{finding.gain:+.2f}".replace("-", "\N{MINUS SIGN}"))
    return Row(label=label, cells=(gain, *(Cell(text=text) for text in texts)), title=subject(finding))


def _leak_row(leak: Leak) -> Row:
    texts = (
        leak.target,
        leak.part,
        f"{leak.rows:.1%}",
        f"{leak.texts:.1%}",
        ", ".join(leak.files) or MISSING,
    )
    return Row(label=leak.arm, cells=tuple(Cell(text=text) for text in texts))
