"""A token store of any number of rows, written at once, and what it costs to start a run over it."""

import json
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
from contest.made_up import special_tokens

from mtl.data.costs import Costs
from mtl.data.draw import Draw
from mtl.data.features import Document, Encoded, Example, Shaping
from mtl.data.mixture import plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.data.records import Located
from mtl.data.steps import Steps
from mtl.data.store import DTYPES, Store, is_whole
from mtl.data.store_header import HEADER, write_header
from mtl.data.strip import HeadStore
from mtl.data.writer import StoreWriter
from mtl.tasks.records import TextRecord
from mtl.tasks.registry import get_task

VOCABULARY = 8000


def write_pairs(folder: Path, count: int, length: int) -> None:
    """So many pairs of `length` random tokens."""
    folder.mkdir()
    task = get_task("mnli")
    first = Document(tokens=(0, *range(5, 3 + length), 2), second=length)
    with StoreWriter(folder, task, special_tokens(VOCABULARY), keep_records=False) as writer:
        example = Example(documents=(first,), sites=(0,), gold=(0,))
        writer.add([Located(TextRecord(id="0", text=""), "made:0")], Encoded(examples=[[example]]))
    header = writer.header("train", None, Shaping(max_length=task.max_length, labels=task.labels), {})
    every = np.arange(count + 1)
    tokens = np.random.default_rng(0).integers(5, VOCABULARY, (count, length), dtype=np.int32)
    tokens[:, 0], tokens[:, -1] = 0, 2
    arrays = {
        "tokens": tokens,
        "doc_starts": every * length,
        "doc_second": np.full(count, length),
        "example_docs": every,
        "sites": np.zeros(count),
        "site_starts": every,
        "gold": every[:-1] % 3,
        "gold_starts": every,
        "record": every[:-1],
    }
    for name, array in arrays.items():
        array.astype(DTYPES[name]).tofile(folder / f"{name}.bin")
    counted = {
        "num_records": count,
        "num_examples": count,
        "num_documents": count,
        "num_tokens": count * length,
    }
    write_header(folder, replace(header, **counted))


def start(folder: Path) -> tuple[float, float]:
    """Seconds from the libraries to the first step's strips, and the most MiB that a second start then has allocated.

    What is resident would not say it: the kernel counts whatever it keeps of the files around each place that is read.
    """
    begun = time.perf_counter()
    _first_strips(folder)
    seconds = time.perf_counter() - begun
    tracemalloc.start()
    _first_strips(folder)
    return seconds, tracemalloc.get_traced_memory()[1] / 2**20


def _first_strips(folder: Path) -> None:
    # A run remembers the checksums of its first start, as long as no file changes.
    checksums = json.loads((folder / HEADER).read_text(encoding="utf-8"))["checksums"]
    assert is_whole(folder, lambda path: checksums[path.name])
    store = Store(folder)
    header = store.header
    size = TaskSize(name="mnli", num_records=header.num_records, num_examples=header.num_examples)
    draw = Draw(plan_mixture([size], MixtureSpec(), examples_per_step=128, steps=1000), seed=0)
    costs = Costs(per_token=1.0, per_square=0.0, per_read=0.0, per_look=0.0, per_masked=0.0)
    steps = Steps(
        [HeadStore(head="mnli", store=store)], draw, budget=16384, bins_multiple=8, costs=costs, seed=0
    )
    assert steps.for_rank(0, rank=0, world=1).bins
