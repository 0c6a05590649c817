"""A report is whole: read from folders, written in every form, also where little has been scored."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.report.report import read_report
from mtl.report.write import write_report
from mtl.tasks.benchmarks import BENCHMARKS
from tests.kit.runs import demo_phases, write_run

KNOWN = tuple(BENCHMARKS.values())


def test_a_finished_run_is_written_in_every_form(tmp_path: Path) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    report = read_report([root], benchmarks=KNOWN)
    files = write_report(report, tmp_path / "deep" / "out")
    assert {"results.md", "results.csv", "results.tex"} <= {file.name for file in files}
    assert all(file.read_text(encoding="utf-8") for file in files if file.suffix != ".png")
    assert [table.name for table in report.tables] == [
        "targets",
        *("xnli", "xcopa", "udpos", "xquad", "tatoeba"),
        "dev",
    ]


def test_a_run_without_scores_has_a_report_without_tables(tmp_path: Path) -> None:
    report = read_report([write_run(tmp_path / "demo", demo_phases()[:2])], benchmarks=KNOWN)
    assert report.tables == ()
    write_report(report, tmp_path / "out")


def test_several_runs_make_one_report(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / f"seed{seed}", demo_phases(seed=seed)) for seed in (1, 2)]
    report = read_report([*folders, folders[0]], benchmarks=KNOWN)
    assert report.title == "seed1, seed2"
    assert report.answer is not None
    assert report.answer.rows[1].cells[0].text == "65.0 ± 0.0"


def test_two_runs_of_one_name_are_the_user_s_mistake(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / side / "demo", demo_phases()) for side in ("left", "right")]
    with pytest.raises(UserError, match="two runs of one name"):
        read_report(folders, benchmarks=KNOWN)
