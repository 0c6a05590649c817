"""Means over languages of one family, one script or one class of resources."""

from collections.abc import Callable, Iterator

from mtl.languages import ENGLISH, RESOURCES, UNKNOWN, Language, find_language
from mtl.report.results import Measure, Results, mean_of
from mtl.report.rows import gain_words, measure_row
from mtl.report.tables import Column, Table

ORDER = (*RESOURCES, "none")
"""Classes of resources, the largest first."""


def kinship_tables(results: Results) -> Iterator[Table]:
    """A table for each way to group the languages, English left out; none where all fall into one group."""
    for name, title, group in (
        ("family", "By language family", _family),
        ("script", "By script", lambda each: each.script),
        ("resource", "By text in XLM-R's training data (CC-100)", lambda each: each.resource),
    ):
        members = _members(results, group)
        if len(members) > 1:
            yield Table(
                name=name,
                title=title,
                caption="Mean over targets of the mean over the row's languages, without English. Rows "
                "differ in targets and languages: compare along a row, not down a column.",
                corner=f"{name} (languages)",
                columns=tuple(Column(label=arm) for arm in results.arms),
                rows=tuple(
                    measure_row(
                        results,
                        f"{value} ({len(codes)})",
                        _over_tasks(results, codes),
                        kind="language",
                        title=" ".join(sorted(codes)),
                    )
                    for value, codes in members.items()
                ),
                delta=gain_words(results),
            )


def _members(results: Results, group: Callable[[Language], str]) -> dict[str, set[str]]:
    """The languages other than English by group, in order."""
    members: dict[str, set[str]] = {}
    for code in {code for codes in results.tasks.values() for code in codes} - {ENGLISH}:
        known = find_language(code)
        members.setdefault(UNKNOWN if known is None else group(known), set()).add(code)
    return dict(sorted(members.items(), key=lambda each: (_rank(each[0]), each[0])))


def _rank(value: str) -> int:
    return ORDER.index(value) if value in ORDER else len(ORDER)


def _family(each: Language) -> str:
    return f"{each.family}: {each.branch}" if each.branch else each.family


def _over_tasks(results: Results, languages: set[str]) -> Measure:
    """The mean over tasks of the mean over those of the languages that a task has."""
    own = {task: [code for code in codes if code in languages] for task, codes in results.tasks.items()}
    return mean_of([results.of_task(task, codes) for task, codes in own.items() if codes])
