"""The tables of a study, as values that every writer of the report room renders."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from mtl.report.lineage import duration
from mtl.report.tables import MINUS, MISSING, Cell, Column, Row, Table, signed
from mtl.study.analysis import Analysis, Finding
from mtl.study.closeness import Closeness
from mtl.study.leakage import Leak, Leakage
from mtl.study.models import weights_of
from mtl.study.page.curves import curves_table
from mtl.study.page.interactions import interactions_table
from mtl.study.page.words import interval, number, p_value, subject
from mtl.study.plan import arm_lines
from mtl.study.results import Results
from mtl.study.sources import Source, find_sources, told_by
from mtl.study.spread import Spread
from mtl.study.statistics.effects import Effect
from mtl.study.statistics.summary import LEVEL, Summary, summarise
from mtl.study.zero_shot import warnings_of

MEAN = "mean"


def all_tables(results: Results, analysis: Analysis, leakage: Leakage) -> list[Table]:
    """What a paper may want."""
    findings = (*analysis.means, *analysis.single)
    return [
        design_table(results),
        scores_table(results),
        *([averages_table(results)] if has_averages(results) else []),
        *(language_table(results, target) for target in results.languages),
        *([sources_table(results)] if has_sources(results) else []),
        *([closeness_table(analysis.closeness)] if analysis.closeness else []),
        *([spread_table(analysis.spreads)] if analysis.spreads else []),
        *([tests_table("tests", "Comparisons", findings)] if findings else []),
        *([tests_table("tests-averages", "By average", analysis.averages)] if analysis.averages else []),
        *([tests_table("tests-aside", "Arms apart", analysis.aside)] if analysis.aside else []),
        *([tests_table("tests-apart", "Without shared data", analysis.clean)] if analysis.clean else []),
        *([interactions_table(analysis.interactions)] if analysis.interactions else []),
        *([curves_table(analysis.curves)] if analysis.curves else []),
        *([effects_table(analysis.effects)] if analysis.effects else []),
        leakage_table(leakage),
        cost_table(results),
    ]


def scores_table(results: Results) -> Table:
    """Arms down, targets across, the mean last; the small numbers are gains over the control."""
    study, targets = results.matrix.study, tuple(results.languages)
    groups = [study.targets[target].group or "" for target in targets]
    columns = [Column(label=target, group=group) for target, group in zip(targets, groups, strict=True)]
    there = set(results.rows)
    shown = [row for row in results.matrix.rows if row in there or row.empty is not None]
    rows = []
    for row in shown:
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
        notes=tuple(
            f"{row.label}: {'no data: ' + row.empty if row.empty else row.aside}"
            for row in shown
            if row.empty or row.aside
        )
        + warnings_of(results.seen),
    )


def has_averages(results: Results) -> bool:
    """Whether any target has all the languages of an average that the study asks for."""
    return any(_whole(results, name) for name in results.matrix.study.averages)


def averages_table(results: Results) -> Table:
    """Arms down, the study's averages of languages across."""
    averages = {name: _whole(results, name) for name in results.matrix.study.averages}
    averages = {name: targets for name, targets in averages.items() if targets}
    parts = results.matrix.study.averages
    spelled = "; ".join(
        f"{name}: {' '.join(parts[name].languages)}"
        + (f" less the mean of {' '.join(parts[name].less)}" if parts[name].less else "")
        for name in averages
    )
    return Table(
        name="averages",
        title="Averages of languages",
        caption=f"Percent, mean over seeds{_deviation(results)}. {spelled}.",
        corner="arm",
        columns=tuple(Column(label=name) for name in averages),
        rows=tuple(
            Row(
                label=row.label,
                cells=tuple(
                    _cell(results, row.label, targets, average=name) for name, targets in averages.items()
                ),
            )
            for row in results.rows
        ),
        delta=f"gain over {results.matrix.study.control}, in points; a wider gap is a gain of English alone",
    )


def _whole(results: Results, average: str) -> tuple[str, ...]:
    """The targets that have all its languages."""
    parts = results.matrix.study.averages[average]
    wanted = {*parts.languages, *parts.less}
    return tuple(target for target, codes in results.languages.items() if wanted <= set(codes))


def has_sources(results: Results) -> bool:
    """Whether arms train in different languages."""
    return len({source.language for source in find_sources(results.matrix)}) > 1


def sources_table(results: Results) -> Table:
    """What is known of the language that each arm trains in; empty where nobody says."""
    study = results.matrix.study
    columns = ["trains on", "language", "family", "script", "resource"]
    told = told_by(study)
    if study.distance_to is None:
        told = {column: source for column, source in told.items() if column != "distance"}
    else:
        columns.append(f"distance to {study.distance_to}")
    rows = tuple(
        Row(
            label=source.row.label,
            cells=(
                *(Cell(text=text or MISSING) for text in _facts(source)[: len(columns)]),
                _gain_cell(results, source.row.label),
            ),
        )
        for source in find_sources(results.matrix)
    )
    return Table(
        name="sources",
        title="Source languages",
        caption=f"Gains over {study.control}, in points, on the mean over targets and seeds.",
        corner="arm",
        columns=tuple(Column(label=label) for label in (*columns, "gain")),
        rows=rows,
        notes=tuple(f"{column}: {source}" for column, source in told.items()),
    )


def _facts(source: Source) -> tuple[str, ...]:
    facts = source.facts
    distance = "" if facts.distance is None else f"{facts.distance:.3f}"
    tasks = ", ".join(source.tasks)
    return (tasks, source.language, facts.family, facts.script, facts.resource, distance)


def closeness_table(found: Sequence[Closeness]) -> Table:
    """Rank correlations of distance and gain."""
    rows = []
    for each in found:
        agreement = each.agreement
        texts = (
            "not enough sources" if agreement is None else f"{agreement.rho:+.2f}".replace("-", MINUS),
            MISSING if agreement is None else f"{_rho(agreement.low)} to {_rho(agreement.high)}",
            MISSING if agreement is None else p_value(agreement.p),
            f"{_rho(min(each.by_seed))} to {_rho(max(each.by_seed))}" if each.by_seed else MISSING,
            str(len(each.points)),
            max(each.points, key=lambda point: point.gain).source.language,
            each.points[0].source.language,
        )
        where = "mean" if len(each.targets) > 1 else each.targets[0]
        rows.append(Row(label=f"{', '.join(each.tasks)}: {where}", cells=tuple(Cell(text=t) for t in texts)))
    return Table(
        name="closeness",
        title="Distance and gain",
        caption=(
            "Spearman's rank correlation over source languages: \N{MINUS SIGN}1 says that the closer the "
            "source, the larger the gain. Sources are the sample: the interval is wide where they are few. "
            "Each p stands alone, unadjusted for the other lines."
        ),
        corner="trains on: target",
        columns=tuple(
            Column(label=label)
            for label in (
                "correlation",
                f"{LEVEL:.0%} interval",
                "p, all orders",
                "seed by seed",
                "sources",
                "largest gain",
                "closest",
            )
        ),
        rows=tuple(rows),
    )


def _rho(value: float) -> str:
    return f"{value:+.2f}".replace("-", MINUS)


def spread_table(found: Sequence[Spread]) -> Table:
    """How much scores vary over seeds and items."""
    rows = [
        Row(
            label=each.target,
            cells=tuple(
                Cell(text=text)
                for text in (
                    f"{each.seeds:.2f}",
                    f"{each.low:.2f} to {each.high:.2f}",
                    MISSING if each.gains is None else f"{each.gains:.2f}",
                    MISSING if each.items is None else f"{each.items:.2f}",
                    MISSING if each.needed is None else str(each.needed),
                    str(each.num_arms),
                    str(each.num_seeds),
                )
            ),
        )
        for each in found
    ]
    columns = (
        "score, over seeds",
        f"{LEVEL:.0%} interval",
        "gain, over seeds",
        "score, over test items",
        "seeds for \N{PLUS-MINUS SIGN}1 point",
        "arms",
        "seeds",
    )
    return Table(
        name="spread",
        title="Random seeds",
        caption=(
            "Standard deviations in points, pooled over arms: of a score and of a gain from seed to seed, "
            "and of a score from one set of test items to another; then, how many seeds would give the mean "
            "of a gain an interval of one point to either side."
        ),
        corner="target",
        columns=tuple(Column(label=column) for column in columns),
        rows=tuple(rows),
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
    """Targets down, or the languages of the only one, and arms across: what the heat-map shows."""
    if len(results.languages) == 1 and len(next(iter(results.languages.values()))) > 1:
        return language_table(results, next(iter(results.languages)))
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


def _cell(
    results: Results,
    label: str,
    targets: Sequence[str],
    language: str | None = None,
    *,
    average: str = "",
) -> Cell:
    """The mean over targets and seeds, its deviation, and the gain over the control."""
    scores = _by_seed(results, label, targets, language, average)
    if not scores:
        return Cell(text=MISSING)
    base = _by_seed(results, results.matrix.study.control, targets, language, average)
    common = [seed for seed in scores if seed in base]
    own = label != results.matrix.study.control
    gains = [scores[seed] - base[seed] for seed in common]
    delta = sum(gains) / len(gains) if gains and own else None
    return Cell(text=_shown(summarise(list(scores.values()))), delta=delta)


def _by_seed(
    results: Results,
    label: str,
    targets: Sequence[str],
    language: str | None = None,
    average: str = "",
) -> dict[int, float]:
    """The mean over the targets, for each seed that has them all."""
    found = {}
    for seed in results.matrix.study.seeds:
        there = {target: results.get(label, target, seed) for target in targets}
        scores = {target: each.by_language for target, each in there.items() if each is not None}
        if targets and len(scores) == len(targets):
            found[seed] = (
                sum(own[language] for own in scores.values()) / len(scores)
                if language is not None
                else sum(
                    weight * scores[target][code]
                    for (target, code), weight in weights_of(results, targets, average).items()
                )
            )
    return found


def _gain_cell(results: Results, label: str) -> Cell:
    """The gain alone, on the mean over targets."""
    gain = _cell(results, label, tuple(results.languages)).delta
    return Cell(text=MISSING if gain is None else signed(gain))


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
    if finding.average:
        label += f", {finding.average}"
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
