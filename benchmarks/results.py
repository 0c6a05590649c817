"""Compose RESULTS.md and its pictures from the records in results/: `python benchmarks/results.py`."""

import argparse
from pathlib import Path

from contest.plots import draw
from contest.record import FOLDER, Ratio, Record, Table, digits, range_text, read_records

HEAD = """# Results

Composed by `python benchmarks/results.py` from the records in `benchmarks/results/`, each of which a benchmark wrote when it ran
(`make bench` runs all that need no GPU; XLM-R Large's shape is a slow test). Rivals take turns within one run, on the same weights and the same examples; a ratio is the median over
rounds, beside it the lowest and the highest.
"""


def main() -> None:
    """Write the page and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--into", type=Path, default=FOLDER.parent, help="another folder than that of the benchmarks"
    )
    folder = parser.parse_args().into
    (folder / FOLDER.name).mkdir(exist_ok=True)
    for old in (folder / FOLDER.name).glob("*.svg"):
        old.unlink()
    records = read_records()
    for record in records:
        for number, plot in enumerate(record.plots):
            (folder / FOLDER.name / picture(record, number)).write_text(draw(plot), encoding="utf-8")
    (folder / "RESULTS.md").write_text(page(records), encoding="utf-8")


def picture(record: Record, number: int) -> str:
    """The file of one of a record's plots."""
    return f"{record.name}-{number}.svg"


def page(records: list[Record]) -> str:
    """All results: the ratios first, then each benchmark."""
    rows = [(ratio, record) for record in records for ratio in record.ratios]
    parts = [HEAD, "## Ratios\n", ratios(rows), *map(section, records)]
    return "\n".join(parts)


def ratios(rows: list[tuple[Ratio, Record]]) -> str:
    """One table of all that is compared."""
    return markdown(
        Table(
            title="",
            columns=("what", "ratio", "range", "wanted", "measured"),
            rows=[
                (ratio.what, f"**{digits(ratio.value)}**", range_text(ratio)[1:-1], wanted(ratio),
                 f"[{record.conditions.date}](#{anchor(record.title)})")
                for ratio, record in rows
            ],
        )
    )  # fmt: skip


def wanted(ratio: Ratio) -> str:
    """What is wanted, and whether it was reached."""
    if ratio.at_least is not None:
        return f"at least {ratio.at_least:g}{'' if ratio.value >= ratio.at_least else ': missed'}"
    if ratio.at_most is not None:
        return f"at most {ratio.at_most:g}{'' if ratio.value <= ratio.at_most else ': missed'}"
    return ""


def section(record: Record) -> str:
    """A benchmark's result."""
    c = record.conditions
    parts = [
        f"## {record.title}",
        record.about,
        f"`{c.command}`, {c.date}; {c.machine}; {c.versions}; load {c.load}.",
        *(f"{table.title}\n\n{markdown(table)}".strip() for table in record.tables),
        *(f"![{plot.title}](results/{picture(record, i)})" for i, plot in enumerate(record.plots)),
        *record.notes,
    ]
    return "\n\n".join(parts) + "\n"


def markdown(table: Table) -> str:
    """A table whose first column is words and whose others are numbers."""
    lines = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def anchor(title: str) -> str:
    """The heading's name in a link."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


if __name__ == "__main__":
    main()
