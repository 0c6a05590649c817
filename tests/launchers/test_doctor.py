"""The doctor as a person starts it: a line a check, and an exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.ranks import ROOT

BIN = Path(sys.executable).parent


def start(command: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, "launchers/doctor.py", "--megabytes", "1", *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize(
    "command",
    [[sys.executable], [str(BIN / "torchrun"), "--standalone", "--nproc_per_node", "2"]],
    ids=["python", "torchrun"],
)
def test_one_rank_prints_a_line_a_check(command: list[str], tmp_path: Path) -> None:
    done = start(command, "--out", str(tmp_path / "runs"), "--cache", str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert [line[6:20].strip() for line in lines] == [
        *("ranks", "versions", "devices", "limits", "compiler", "attention", "clocks", "all-reduce"),
        *("runs folder", "cache folder", "shared folder", "deepspeed"),
    ]
    assert all(line[:4].strip() in ("ok", "warn") for line in lines)


def test_a_check_that_fails_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = start([sys.executable], "--out", str(tmp_path / "file"), "--cache", str(tmp_path / "cache"))
    assert done.returncode == 2
    assert "fail  runs folder" in done.stdout
    assert done.stderr.strip().splitlines()[-1].startswith("error: a check failed")
