"""A small run of a task of every kind that trains: rows of random words, a tokenizer, a recipe."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.kit.tokenizers import WORDS, xlmr_shaped

STEPS = 8
TAGS = ("low", "high")


def write(folder: Path) -> Path:
    """Everything that `recipe.yaml`, whose path is given, needs."""
    xlmr_shaped().save_pretrained(folder / "tokenizer")
    for name, row in ROWS.items():
        for split, size in (("train", 40), ("dev", 6)):
            dice = random.Random(f"{name}/{split}")
            path = folder / "data" / name / f"{split}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row(dice, i)) + "\n" for i in range(size)))
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(folder=folder), encoding="utf-8")
    return recipe


def words(dice: random.Random, least: int = 3, most: int = 12) -> str:
    return " ".join(dice.choices(WORDS[:20], k=dice.randint(least, most)))


def _pair(dice: random.Random, number: int) -> dict[str, Any]:
    return {"a": words(dice), "b": words(dice), "label": dice.choice(("no", "yes", "perhaps"))}


def _choice(dice: random.Random, number: int) -> dict[str, Any]:
    return {"prompt": words(dice), "choices": [words(dice) for _ in range(3)], "label": dice.randrange(3)}


def _span(dice: random.Random, number: int) -> dict[str, Any]:
    context = words(dice, 8, 20)
    answer = dice.choice(context.split())
    return {
        "id": str(number),
        "question": words(dice),
        "context": context,
        "answer_text": answer,
        "answer_start": context.index(answer),
    }


def _tag(dice: random.Random, number: int) -> dict[str, Any]:
    sentence = words(dice).split()
    return {"words": sentence, "tags": [dice.choice(TAGS) for _ in sentence]}


def _text(dice: random.Random, number: int) -> dict[str, Any]:
    return {"text": words(dice)}


ROWS: dict[str, Callable[[random.Random, int], dict[str, Any]]] = {
    "pairs": _pair,
    "choices": _choice,
    "spans": _span,
    "tags": _tag,
    "texts": _text,
}
RECIPE = """
name: small
seed: 3
out: {folder}/runs
model:
  config: {{hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 32}}
  tokenizer: {folder}/tokenizer
  dropout: 0.1
  attention_dropout: 0.1
data: {{root: {folder}/data, cache: {folder}/cache, workers: 1}}
declare:
  pairs:
    kind: pair
    files: {{train: pairs/train.jsonl, dev: pairs/dev.jsonl}}
    columns: {{text_a: a, text_b: b, label: label}}
    labels: [yes, perhaps, no]
    max_length: 64
  choices:
    kind: choice
    files: {{train: choices/train.jsonl, dev: choices/dev.jsonl}}
    num_choices: 3
    max_length: 64
  spans:
    kind: span
    files: {{train: spans/train.jsonl, dev: spans/dev.jsonl}}
    columns: {{answer_text: answer_text, answer_start: answer_start}}
    max_length: 64
    stride: 8
    max_question: 24
  tags:
    kind: tag
    files: {{train: tags/train.jsonl, dev: tags/dev.jsonl}}
    labels: [low, high]
    max_length: 64
  texts:
    kind: mlm
    files: {{train: texts/train.jsonl, dev: texts/dev.jsonl}}
    max_length: 64
tasks: [pairs, choices, spans, tags, texts]
mixture: {{block: 4}}
train:
  examples_per_step: 12
  token_budget: 256
  bins_multiple: 4
  steps: 8
  lr: 1e-3
  precision: fp32
  eval_every: 4
  log_every: 3
  checkpoint_every: 2
deepspeed: ds_configs/zero1.json
"""
