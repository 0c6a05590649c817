"""Nine tasks of random tokens whose documents are as long as those of the real data sets, and as uneven."""

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from contest.problem import Rows
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.features import Document, Encoded, Example, Shaping
from mtl.data.features.template import SpecialTokens
from mtl.data.records import Located
from mtl.data.store import Store
from mtl.data.store_header import write_header
from mtl.data.strip import HeadStore
from mtl.data.writer import StoreWriter
from mtl.tasks.records import TextRecord
from mtl.tasks.registry import get_task
from mtl.tasks.task import Task

VOCABULARY = 8000
PIECES = 64_000
"""Of a large vocabulary, those that occur. Under XLM-R's tokenizer 3.9 million tokens of samples of the nine tasks
had 23,000 different pieces, 0.9 million 16,000; at that rate of growth the whole 135 million have about as many."""
TAGS = tuple(f"tag{i}" for i in range(425))  # as many as CCGbank's training sections have


@dataclass(frozen=True)
class Lengths:
    """A lognormal distribution of document lengths, special tokens included."""

    mean: float
    spread: float
    """Standard deviation over mean."""
    longest: int
    among_choices: float = 0.0
    """Standard deviation, in tokens, among the choices of one example, which share their context."""

    def draw(self, key: int, choices: int) -> list[int]:
        """The lengths of the documents of one example."""
        variance = math.log(1 + self.spread**2)
        draws = [NormalDist().inv_cdf(u + 2.0**-54) for u in seeds.uniform(key, 1 + choices).tolist()]
        shared = math.exp(math.log(self.mean) - variance / 2 + math.sqrt(variance) * draws[0])
        return [min(max(round(shared + self.among_choices * own), 5), self.longest) for own in draws[1:]]


# Measured with XLM-R's pieces on rows of the real data; where a licence keeps those away, estimates:
# ANLI+ (most of it MNLI and SNLI) as MNLI, CCGbank as a treebank of newspaper text.
LENGTHS = {
    "anli": Lengths(45, 0.47, 212),
    "mnli": Lengths(45, 0.47, 212),
    "qqp": Lengths(34, 0.41, 205),
    "squad_v2": Lengths(211, 0.34, 384),
    "squad_v1": Lengths(211, 0.34, 384),
    "hellaswag": Lengths(93, 0.33, 160, among_choices=7.0),
    "ccg": Lengths(30, 0.45, 120),
    "cosmosqa": Lengths(118, 0.26, 236, among_choices=2.4),
    "commonsenseqa": Lengths(23, 0.31, 62, among_choices=0.8),
}


def make_rows(folder: Path, num_examples: int, *, vocabulary: int = VOCABULARY) -> Rows:
    """The nine tasks, and a store of random examples for each."""
    special = special_tokens(vocabulary)
    made = [make_task(folder, name, lengths, num_examples, special) for name, lengths in LENGTHS.items()]
    return Rows(
        title="made-up rows: random tokens in documents as long and as uneven as those of the real data sets",
        tasks=tuple(task for rows in made for task in rows.tasks),
        sources=tuple(source for rows in made for source in rows.sources),
    )


def make_task(
    folder: Path, name: str, lengths: Lengths, num_examples: int, special: SpecialTokens | None = None
) -> Rows:
    """One task, and a store of random examples of these lengths."""
    task, special = get_task(name), special or special_tokens(VOCABULARY)
    labels, pieces, place = TAGS if task.kind == "tag" else task.labels, _pieces(special), folder / name
    place.mkdir(parents=True)
    with StoreWriter(place, task, special, keep_records=False) as writer:
        for i in range(num_examples):
            record = Located(TextRecord(id=str(i), text=""), f"made:{i}")
            writer.add([record], Encoded(examples=[[_example(task, lengths, len(labels or ()), i, pieces)]]))
    shaping = Shaping(max_length=task.max_length, labels=labels)
    write_header(place, writer.header("train", None, shaping, {}))
    return Rows(title=name, tasks=(task,), sources=(HeadStore(head=name, store=Store(place)),))


def special_tokens(vocabulary: int) -> SpecialTokens:
    """Those of XLM-R's kind in front of a vocabulary of this size."""
    return SpecialTokens(mask=4, vocab_size=vocabulary, special=(0, 1, 2, 3, 4))


def _pieces(special: SpecialTokens) -> NDArray[np.int64]:
    """The tokens that occur, spread evenly over the vocabulary."""
    first, size = len(special.special), special.vocab_size
    return np.unique(np.linspace(first, size - 1, PIECES).astype(np.int64))


def _example(
    task: Task, typical: Lengths, num_labels: int, number: int, pieces: NDArray[np.int64]
) -> Example:
    key = seeds.key(task.name, number)
    lengths = typical.draw(seeds.key(key, "lengths"), task.num_choices or 1)
    documents = tuple(_document(seeds.key(key, i), length, pieces) for i, length in enumerate(lengths))
    first, second = seeds.uniform(seeds.key(key, "gold"), 2).tolist()
    if task.kind == "pair":
        return Example(documents=documents, sites=(0,), gold=(int(first * num_labels),))
    if task.kind == "choice":
        starts = tuple(sum(lengths[:i]) for i in range(len(lengths)))
        return Example(documents=documents, sites=starts, gold=(int(first * len(lengths)),))
    if task.kind == "span":
        begin = int(first * lengths[0])
        end = begin + int(second * (lengths[0] - begin))
        return Example(documents=documents, sites=tuple(range(lengths[0])), gold=(begin, end))
    assert task.kind == "tag", task.kind
    words = range(1, lengths[0] - 1)
    gold = seeds.integers(seeds.key(key, "tags"), len(words), num_labels).tolist()
    return Example(documents=documents, sites=tuple(words), gold=tuple(gold))


def _document(key: int, length: int, pieces: NDArray[np.int64]) -> Document:
    inner: list[int] = pieces[seeds.integers(key, length - 2, len(pieces))].tolist()
    return Document(tokens=(0, *inner, 2), second=length)
