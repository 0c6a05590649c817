"""The launcher: what it hands on, how it ends, and how quickly it answers."""

import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import mtl.errors
from mtl.errors import PreemptedError, UserError

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "launchers" / "train.py"


@pytest.fixture
def launch(monkeypatch):
    """Run the launcher in this process with a stand-in for training; the answer is the exit code."""

    def run(*arguments, train):
        monkeypatch.setitem(sys.modules, "mtl.run.running", SimpleNamespace(run_recipe=train))
        monkeypatch.setattr(mtl.errors, "leave_at_once", sys.exit)
        monkeypatch.setattr(sys, "argv", [str(LAUNCHER), *arguments])
        with pytest.raises(SystemExit) as caught:
            runpy.run_path(str(LAUNCHER), run_name="__main__")
        return caught.value.code

    return run


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ("recipes/demo.yaml", [], {})),
        (["r.yaml"], ("r.yaml", [], {})),
        (["train.lr=1", "seed=2"], ("recipes/demo.yaml", ["train.lr=1", "seed=2"], {})),
        (["--local_rank=3", "r.yaml", "--dry-run", "seed=2"], ("r.yaml", ["seed=2"], {"dry_run": True})),
        (["r.yaml", "seed=2", "--resume", "a=b=c"], ("r.yaml", ["seed=2", "a=b=c"], {"resume": True})),
        (["--resume", "--insist", "r.yaml"], ("r.yaml", [], {"resume": True, "insist": True})),
        (["r.yaml", "--only", "one,two"], ("r.yaml", [], {"only": ["one", "two"]})),
        (["runs/lr=1/recipe.yaml", "tasks=[a/b]"], ("runs/lr=1/recipe.yaml", ["tasks=[a/b]"], {})),
    ],
)
def test_the_command_line_reaches_training(launch, words, expected):
    seen = []
    code = launch(
        *words, train=lambda recipe, overrides, **options: seen.append((str(recipe), overrides, options))
    )
    recipe, overrides, options = expected
    plain = {"dry_run": False, "resume": False, "insist": False, "smoke": False, "only": []}
    assert (code, seen) == (0, [(recipe, overrides, plain | options)])


def ending(error):
    def train(*_, **__):
        raise error

    return train


def test_a_user_s_mistake_is_one_line_and_exit_code_2(launch, capsys):
    assert launch(train=ending(UserError("r.yaml:3: no"))) == 2
    assert capsys.readouterr() == ("", "error: r.yaml:3: no\n")


def test_another_rank_says_who_it_is(launch, capsys, monkeypatch):
    monkeypatch.setenv("RANK", "3")
    assert launch(train=ending(UserError("no"))) == 2
    assert capsys.readouterr().err == "error (rank 3): no\n"


def test_our_own_fault_keeps_its_traceback_and_is_exit_code_1(launch, capsys):
    assert launch(train=ending(ZeroDivisionError("ours"))) == 1
    text = capsys.readouterr().err
    assert "Traceback" in text and "ZeroDivisionError: ours" in text


def test_a_run_that_was_stopped_in_good_order_is_exit_code_75(launch, capsys, monkeypatch):
    assert launch(train=ending(PreemptedError("after step 3"))) == 75
    assert capsys.readouterr().err == "stopped: after step 3; go on with --resume\n"
    monkeypatch.setenv("RANK", "1")
    assert launch(train=ending(PreemptedError("after step 3"))) == 75
    assert capsys.readouterr().err == ""


def test_an_interrupt_is_exit_code_130(launch, capsys):
    assert launch(train=ending(KeyboardInterrupt())) == 128 + signal.SIGINT
    assert capsys.readouterr().err == "interrupted\n"


def test_a_wrong_command_line_is_exit_code_2(launch, capsys):
    assert launch("a.yaml", "b.yaml", train=None) == 2
    assert "one recipe at a time, not a.yaml and b.yaml" in capsys.readouterr().err
    assert launch("--nonsense", train=None) == 2


def python(*words, cwd):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True)


def test_leaving_at_once_keeps_what_was_said_and_skips_the_teardown(tmp_path):
    script = (
        "import atexit, mtl.errors as e; atexit.register(print, 'late'); print('said'); e.leave_at_once(75)"
    )
    done = python("-c", script, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (75, "said\n")


def test_help_comes_from_any_folder_within_a_second(tmp_path):
    times = []
    for _ in range(2):
        start = time.monotonic()
        done = python(LAUNCHER, "--help", cwd=tmp_path)
        times.append(time.monotonic() - start)
        assert done.returncode == 0 and "RECIPE" in done.stdout and "local_rank" not in done.stdout
    assert min(times) < 1.0
