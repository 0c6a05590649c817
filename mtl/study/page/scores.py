"""The scores of a study as tables: by target, by average of languages, by language."""

from mtl.report.tables import Column, Row, Table, text_columns
from mtl.study.models import targets_with
from mtl.study.page.cells import deviation_words, score_cell
from mtl.study.results import StudyResults
from mtl.study.zero_shot import warnings_of

MEAN = "mean"


def scores_table(results: StudyResults) -> Table:
    """Arms down, targets across, the mean last; the small numbers are gains over the control."""
    study, targets = results.matrix.study, tuple(results.languages)
    groups = [study.targets[target].group or "" for target in targets]
    columns = [Column(label=target, group=group) for target, group in zip(targets, groups, strict=True)]
    there = set(results.rows)
    shown = [row for row in results.matrix.rows if row in there or row.empty is not None]
    rows = []
    for row in shown:
        cells = [score_cell(results, row.label, (target,)) for target in targets]
        whole = score_cell(results, row.label, targets)
        rows.append(Row(label=row.label, cells=(*cells, whole)))
    return Table(
        name="scores",
        title="Scores by target",
        caption=f"Percent, mean over languages and seeds{deviation_words(results)}.",
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


def has_averages(results: StudyResults) -> bool:
    """Whether any target has all the languages of an average that the study asks for."""
    return any(targets_with(results, name) for name in results.matrix.study.averages)


def averages_table(results: StudyResults) -> Table:
    """Arms down, the study's averages of languages across."""
    parts = results.matrix.study.averages
    averages = {name: targets for name in parts if (targets := targets_with(results, name))}
    spelled = "; ".join(
        f"{name}: {' '.join(parts[name].languages)}"
        + (f" less the mean of {' '.join(parts[name].less)}" if parts[name].less else "")
        for name in averages
    )
    return Table(
        name="averages",
        title="Averages of languages",
        caption=f"Percent, mean over seeds{deviation_words(results)}. {spelled}.",
        corner="arm",
        columns=text_columns(averages),
        rows=tuple(
            Row(
                label=row.label,
                cells=tuple(
                    score_cell(results, row.label, targets, average=name)
                    for name, targets in averages.items()
                ),
            )
            for row in results.rows
        ),
        delta=f"gain over {results.matrix.study.control}, in points; a wider gap is a gain of English alone",
    )


def language_table(results: StudyResults, target: str) -> Table:
    """A target's languages down, arms across."""
    labels = [row.label for row in results.rows]
    rows = tuple(
        Row(
            label=language,
            cells=tuple(score_cell(results, label, (target,), language) for label in labels),
            kind="language",
        )
        for language in results.languages[target]
    )
    return Table(
        name=target,
        title=target,
        caption="percent, mean over seeds",
        corner="language",
        columns=text_columns(labels),
        rows=rows,
        delta=f"gain over {results.matrix.study.control}",
    )


def overview_table(results: StudyResults) -> Table:
    """Targets down, or the languages of the only one, and arms across: what the heat-map shows."""
    if len(results.languages) == 1 and len(next(iter(results.languages.values()))) > 1:
        return language_table(results, next(iter(results.languages)))
    labels = [row.label for row in results.rows]
    rows = tuple(
        Row(label=target, cells=tuple(score_cell(results, label, (target,)) for label in labels))
        for target in results.languages
    )
    return Table(
        name="overview",
        title="Targets",
        caption="percent, mean over languages and seeds",
        corner="target",
        columns=text_columns(labels),
        rows=rows,
        delta=f"gain over {results.matrix.study.control}",
    )
