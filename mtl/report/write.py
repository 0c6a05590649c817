"""Writes a report in every form: a page for people, tables for papers, numbers for programs, pictures."""

from pathlib import Path

from mtl.files import make_folder, write_atomic
from mtl.report import latex, markdown, page, tidy
from mtl.report.heatmap import heatmap
from mtl.report.picture import to_png, to_svg
from mtl.report.report import Report
from mtl.runfolder import RunFolder


def write_report(report: Report, out: Path) -> tuple[Path, ...]:
    """Write all forms into a folder; gives the files, the page first."""
    files: dict[str, str | bytes] = {
        "results.md": markdown.render(report.title, report.tables, report.results.problems),
        "results.csv": tidy.render(report.results),
        "results.tex": latex.render(report.tables),
    }
    for table in report.languages:
        picture = heatmap(table, title=f"{table.title} by language")
        files[f"heatmaps/{table.name}.svg"] = to_svg(picture)
        files[f"heatmaps/{table.name}.png"] = to_png(picture)
    files = {RunFolder(out).report.name: page.render(report, tuple(files)), **files}
    make_folder(out)
    for name, content in files.items():
        write_atomic(out / name, content)
    return tuple(out / name for name in files)
