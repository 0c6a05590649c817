"""The interactions of a study: a table, a plot, and the sentence that answers the question."""

from collections.abc import Sequence

from mtl.report.tables import MISSING, Row, Table, each_once, signed, text_columns, text_row
from mtl.study.interactions import InteractionResult
from mtl.study.page.forest import Mark, mark_of
from mtl.study.page.words import ALPHA, hundredths, interval, p_value, without_items
from mtl.study.statistics.summary import LEVEL


def interaction_marks(found: Sequence[InteractionResult]) -> list[Mark]:
    """For the forest plot."""
    return [mark_of(name(each), each.evidence.value, each.evidence.estimate, each.adjusted) for each in found]


def name(found: InteractionResult) -> str:
    """The arm with both, and on what."""
    where = found.targets[0] if len(found.targets) == 1 else f"mean of {len(found.targets)} targets"
    return f"{found.interaction.both}: {where}"


def interactions_table(found: Sequence[InteractionResult]) -> Table:
    """What each brings, what both bring, and what is left when one is taken from the other."""
    columns = (
        "one alone",
        "other alone",
        "both",
        "interaction",
        f"{LEVEL:.0%} interval",
        "p, items and seeds",
        "p after Holm",
        "bootstrap interval",
        "p, permutation",
        "kept of the sum",
        "clusters",
        "seeds",
        "interactions",
    )
    return Table(
        name="interactions",
        title="Interactions",
        caption=(
            "Points. The interaction is what both bring less what the one brings less what the other "
            "brings, each over neither: 0 where they add up, below where they do the same work. Kept: "
            "both, as a share of the sum of the two alone, where both of these are gains. Where a target has "
            "no items, the first p and interval are over seeds alone."
        ),
        corner="both",
        columns=text_columns(columns),
        rows=tuple(_row(each) for each in found),
        notes=each_once(without_items(each.evidence, each.targets) for each in found),
    )


def _row(found: InteractionResult) -> Row:
    both, one, other = found.gains
    evidence, estimate = found.evidence, found.evidence.estimate
    texts = (
        signed(one),
        signed(other),
        signed(both),
        hundredths(evidence.value),
        interval(estimate) or MISSING,
        p_value(None if estimate is None else estimate.p),
        p_value(found.adjusted),
        interval(evidence.bootstrap) or MISSING,
        p_value(evidence.permutation),
        MISSING if found.kept is None else f"{found.kept:.0%}",
        MISSING if evidence.num_clusters is None else f"{evidence.num_clusters:,}",
        str(len(found.seeds)),
        str(found.family),
    )
    arms = found.interaction
    title = f"{arms.both}; {arms.one}; {arms.other}; {arms.neither}"
    return text_row(name(found), texts, title=title)


def interaction_answer(found: Sequence[InteractionResult]) -> str:
    """One sentence for each interaction on the mean of the targets, or on the only one."""
    most = max((len(each.targets) for each in found), default=0)
    return " ".join(_sentence(each) for each in found if len(each.targets) == most)


def _sentence(found: InteractionResult) -> str:
    both, one, other = found.gains
    arms = found.interaction
    start = (
        f"“{arms.one}” alone brings {signed(one)} points, “{arms.other}” alone {signed(other)}, "
        f"“{arms.both}” {signed(both)}: an interaction of {signed(found.evidence.value)}"
    )
    if found.evidence.estimate is None:
        return f"{start}, of which nothing is claimed, for there are too few seeds."
    verdict = "which cannot be told from adding up"
    if found.adjusted is not None and found.adjusted < ALPHA:
        verdict = "less than the sum" if found.evidence.value < 0 else "more than the sum"
    return f"{start} ({LEVEL:.0%} interval {interval(found.evidence.estimate)}), {verdict}."
