"""The report from the command line: what it prints and writes, and its exit codes."""

import os
import subprocess
import sys
from pathlib import Path

from tests.kit.runs import demo_phases, write_run

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "launchers" / "report.py"), *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def test_a_run_s_report_is_printed_and_lies_in_its_folder(tmp_path: Path) -> None:
    phases = demo_phases()
    phases[-1]["done"] = False
    root = write_run(tmp_path / "demo", phases)
    done = run(root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "65.0 (+5.0)" in done.stdout
    assert "qaa" not in done.stdout
    assert "problem: phase tatoeba-nine: unfinished" in done.stdout
    assert f"written: {root / 'report.html'} and " in done.stdout
    assert (root / "results.csv").exists()
    assert "qaa" in run(root, "--all").stdout


def test_several_runs_need_a_folder_for_their_report(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / f"seed{seed}", demo_phases(seed=seed)) for seed in (1, 2)]
    refused = run(*folders)
    assert refused.returncode == 2
    assert "--out" in refused.stderr
    done = run(*folders, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "± 0.0" in done.stdout
    assert (tmp_path / "out" / "results.md").exists()


def test_a_mistake_is_one_line_and_exit_code_two(tmp_path: Path) -> None:
    for arguments in ((tmp_path,), (write_run(tmp_path / "demo", demo_phases()), "--baseline", "nine")):
        done = run(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
