"""A run whose model did not load has not begun: it is started again as if for the first time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import small_run
from tests.kit.ranks import ROOT


def start(recipe: Path, *changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "launchers/train.py", str(recipe), *changes],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Two steps of one task."""
    written = small_run.write(tmp_path)
    few = written.read_text(encoding="utf-8").replace("[pairs, choices, spans, tags, texts]", "[pairs]")
    written.write_text(few.replace("steps: 8", "steps: 2").replace("eval_every: 4", "eval_every: null"))
    return written


def test_after_a_model_that_does_not_load_another_is_tried_without_any_flag(recipe: Path) -> None:
    from transformers import AutoConfig

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    torso = recipe.parent / "torso"
    AutoConfig.for_model("xlm-roberta", vocab_size=300, max_position_embeddings=66, **shape).save_pretrained(
        torso
    )
    failed = start(recipe, "model.config=null", f"model.name={torso}")
    assert failed.returncode == 2 and "model.name: cannot load" in failed.stderr, failed.stderr
    assert (recipe.parent / "runs" / "small" / "intermediate" / "phase.json").exists(), "it came that far"
    again = start(recipe)
    assert again.returncode == 0, again.stderr
    third = start(recipe)
    assert third.returncode == 2 and "holds a run that has begun" in third.stderr, third.stderr
