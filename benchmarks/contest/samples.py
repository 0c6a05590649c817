"""Rows of the real data sets under XLM-R's tokenizer, where samples of them are at hand."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from contest.problem import Rows

from mtl.data.build import StorePlace, open_store
from mtl.data.strip import HeadStore
from mtl.tasks.declared import declare
from mtl.tasks.registry import get_task
from mtl.tasks.task import Task

FOLDER = Path(
    os.environ.get("MTL_SHARED_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
)

# The samples come in other files, and partly in other shapes, than the data sets were published in.
PUBLISHED = {
    "squad_v2": "squad/dev-v2.0.cs224n.json",
    "cosmosqa": "cosmosqa/valid.csv",
    "commonsenseqa": "commonsenseqa/train_rand_split.first2000.jsonl",
}
RESHAPED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "mnli": (
        "mnli/glue_pretrain/train.first3000.json",
        {
            "kind": "pair",
            "columns": {"text_a": "text_a", "text_b": "text_b"},
            "labels": ["entailment", "neutral", "contradiction"],
        },
    ),
    "qqp": (
        "qqp/glue_pretrain/train.json",
        {"kind": "pair", "columns": {"text_a": "text_a", "text_b": "text_b"}, "labels": ["0", "1"]},
    ),
    "hellaswag": (
        "hellaswag/hellaswag_val1000.olmo.jsonl",
        {
            "kind": "choice",
            "columns": {"prompt": "query", "choices": "choices", "label": "gold"},
            "num_choices": 4,
        },
    ),
}


def open_samples(cache: Path) -> Rows | None:
    """Six tasks and their stores, which go into `cache`; none where the samples are absent."""
    if not FOLDER.is_dir():
        return None
    tasks = [*map(_reshaped, RESHAPED, [cache / "rows"] * len(RESHAPED)), *map(_published, PUBLISHED)]
    place = StorePlace(root=FOLDER, cache=cache, tokenizer=str(FOLDER / "xlmr_tokenizer"), workers=1)
    return Rows(
        title="real rows: samples of the data sets under XLM-R's tokenizer",
        tasks=tuple(tasks),
        sources=tuple(
            HeadStore(head=task.name, store=open_store(task, "train", place=place)) for task in tasks
        ),
    )


def _published(name: str) -> Task:
    task = get_task(name)
    return replace(task, splits={"train": (replace(task.splits["train"][0], files=(PUBLISHED[name],)),)})


def _reshaped(name: str, rows: Path) -> Task:
    file, spec = RESHAPED[name]
    if file.endswith(".json"):  # one mapping from numbers to rows
        lines = map(json.dumps, json.loads((FOLDER / file).read_text(encoding="utf-8")).values())
        rows.mkdir(parents=True, exist_ok=True)
        file = str(rows / f"{name}.jsonl")
        Path(file).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return declare(name, {**spec, "files": {"train": file}})
