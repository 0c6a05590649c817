"""The demo's encoder learns English labels and carries them to languages in which it saw none: by how much at least."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.ranks import ROOT

PHASES = "text,nine,xnli,xnli-test,xcopa,xcopa-test"
CHANCE = {"xnli": 100 / 3, "xcopa": 50.0}
IN_ENGLISH, ELSEWHERE = 20, 8
"""Points over chance."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("demo")
    subprocess.run(
        [
            sys.executable,
            "launchers/train.py",
            f"out={folder}",
            f"data.cache={folder}/cache",
            "--only",
            PHASES,
        ],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
        check=True,
    )
    return folder / "demo"


@pytest.mark.slow
@pytest.mark.parametrize("task", CHANCE)
def test_the_demo_is_above_chance_in_english_and_in_every_other_language(demo: Path, task: str) -> None:
    scores = json.loads((demo / f"{task}-test" / "scores.json").read_text())[task]
    points = {code: score["accuracy"] - CHANCE[task] for code, score in scores.items() if code != "avg"}
    assert points.keys() == {"en", "qaa", "qab", "qac", "qad"}
    assert points.pop("en") >= IN_ENGLISH
    assert min(points.values()) >= ELSEWHERE, points
