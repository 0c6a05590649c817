"""The scorer from the command line: what it prints and writes, its exit codes, and that it starts at once."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("MTL_SHARED_DATA", ROOT.parent / "shared" / "data"))
MOCK = SHARED / "xtreme_mock"
needs_mock = pytest.mark.skipif(not MOCK.is_dir(), reason=f"no benchmark fixtures at {MOCK}")


def run(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "launchers" / "eval.py"), *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, check=False)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Predictions and labels of PAWS-X alone, the Korean predictions half right."""
    for name in ("predictions", "labels"):
        for lang in ("de", "en", "es", "fr", "ja", "ko", "zh"):
            file = tmp_path / name / "pawsx" / f"test-{lang}.tsv"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("0\n0\n" if (name, lang) == ("predictions", "ko") else "0\n1\n", encoding="utf-8")
    return tmp_path / "predictions", tmp_path / "labels"


def test_help_comes_at_once() -> None:
    start = time.monotonic()
    done = run("--help")
    assert time.monotonic() - start < 3  # a tenth of a second where nothing else runs
    assert done.returncode == 0
    assert "--predictions" in done.stdout
    assert "xtreme-r" in done.stdout


def test_a_part_of_a_benchmark_is_scored_only_when_asked_for(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    predictions, labels = folders
    out = tmp_path / "deep" / "scores.json"
    strict = run("--predictions", predictions, "--labels", labels, "--out", out)
    assert (strict.returncode, strict.stdout) == (2, "")
    assert strict.stderr.startswith(f"error: {predictions}: no folder xnli (and ")
    assert strict.stderr.count("\n") == 1
    assert not out.exists()
    done = run("--predictions", predictions, "--labels", labels, "--out", out, "--partial", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))["pawsx"]["ko"] == {"accuracy": 50.0}
    assert "accuracy 92.86" in done.stdout
    assert f"  {predictions}: no folder xnli" in done.stdout


def test_a_mistake_is_one_line_and_exit_code_two(folders: tuple[Path, Path]) -> None:
    predictions, labels = folders
    (predictions / "pawsx/test-ko.tsv").write_text("0\n2\n", encoding="utf-8")
    (labels / "pawsx").rename(labels / "xnli")
    done = run("--predictions", predictions, "--labels", labels, "--partial")
    assert done.returncode == 2
    assert done.stderr.startswith("error: nothing of xtreme can be scored: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--predictions"),
        (["--predictions", "P"], "--labels to score against, or of a --submission"),
        (["--predictions", "P", "--submission", "S", "--out", "O"], "--out needs --labels"),
        (["--predictions", "P", "--labels", "L", "--benchmark", "glue"], "invalid choice: 'glue'"),
        (["--predictions", "P", "--labels", "L", "--arm", "none"], "--arm has no meaning here"),
        (["R", "--out", "O"], "--out has no meaning here"),
        (["R", "--submission", "S", "--targets", "xnli"], "--targets has no meaning here"),
    ],
)
def test_arguments_that_make_no_sense_are_exit_code_two(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


@needs_mock
def test_the_benchmarks_own_fixtures_from_end_to_end(tmp_path: Path) -> None:
    out, submission = tmp_path / "scores.json", tmp_path / "submission"
    done = run(
        "--predictions", MOCK / "predictions", "--labels", MOCK / "labels",
        "--benchmark", "xtreme", "--out", out, "--submission", submission,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    scores = json.loads(out.read_text(encoding="utf-8"))
    assert scores["udpos"]["avg"]["f1"] == 70.21746048354693
    assert scores["xtreme"]["tasks"]["xquad"] == (77.27272727272727 + 79.9586776859504) / 2
    assert done.stdout.splitlines()[-1] == f"{submission}: 162 files for xtreme"
    assert len(list(submission.iterdir())) == 9
    again = run("--predictions", submission, "--labels", MOCK / "labels", "--out", tmp_path / "again.json")
    assert again.returncode == 0
    rescored = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    scores["xtreme"].pop("ignored")
    assert rescored["xtreme"].pop("ignored") == []
    assert rescored == scores
