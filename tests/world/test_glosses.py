"""Glosses bring the languages together: a tiny encoder that has read them finds translations."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.kit.ranks import ROOT

ALIGNED = ("qaa", "qab", "qac")
"""The languages with spaces. Without, a word begins with a bare space mark, and glosses do not reach the word."""
RECIPE = """
seed: 7
model:
  config:
    family: xlm-roberta
    hidden_size: 64
    num_hidden_layers: 2
    num_attention_heads: 4
    intermediate_size: 256
  dropout: 0.0
  attention_dropout: 0.0
data: {world: {seed: 1, scale: 0.1}}
declare:
  plain: {kind: mlm, files: {train: ["text/??.txt", "text/???.txt"]}, max_length: 64}
  mixed: {kind: mlm, files: {train: "text/??-???.txt"}, max_length: 64}
  glosses: {kind: tag, files: {train: "glosses/*.jsonl"}, columns: {tags: glosses}, max_length: 64}
train: {examples_per_step: 128, token_budget: 4096, steps: 120, lr: 3e-3, warmup: 0.1, precision: fp32}
retrieve: {centre: true}
phases:
  text:
    tasks: [plain, mixed, glosses]
    mixture: {weights: {plain: 0.1, mixed: 0.1, glosses: 0.8}}
  retrieval: {kind: retrieve, after: text, tasks: [tatoeba]}
"""


def test_an_encoder_of_text_and_glosses_finds_translations(tmp_path: Path) -> None:
    """A random encoder finds fewer than one in five (see test_shared_words.py)."""
    (tmp_path / "glossed.yaml").write_text(RECIPE)
    places = [f"out={tmp_path}/runs", f"data.cache={tmp_path}/cache"]
    done = subprocess.run(
        [sys.executable, "launchers/train.py", str(tmp_path / "glossed.yaml"), *places],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    scores = json.loads((tmp_path / "runs/glossed/retrieval/scores.json").read_text())["tatoeba"]
    for code in ALIGNED:
        assert scores[code]["accuracy"] - scores[code]["interval"] > 20, scores
