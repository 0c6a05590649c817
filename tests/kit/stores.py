"""Small stores without any text: tokens, sites and gold by the rules of each kind, at random or as given."""

import random
from collections.abc import Sequence
from pathlib import Path

from mtl.data.features import Document, Encoded, Example, Shaping
from mtl.data.features.template import SpecialTokens
from mtl.data.records import Located
from mtl.data.store import Store
from mtl.data.store_header import write_header
from mtl.data.writer import StoreWriter
from mtl.model.heads import HeadSpec
from mtl.tasks.records import TextRecord
from mtl.tasks.task import Kind, Task

VOCABULARY = 120
SPECIAL = SpecialTokens(mask=4, vocab_size=VOCABULARY, special=(0, 1, 2, 3, 4))


def make_task(name: str, kind: Kind) -> Task:
    labels = (
        ("a", "b", "c") if kind == "pair" else tuple(f"t{i}" for i in range(11)) if kind == "tag" else None
    )
    return Task(
        name=name,
        kind=kind,
        splits={},
        metric="accuracy",
        labels=labels,
        num_choices=4 if kind == "choice" else None,
    )


def head_spec(task: Task) -> HeadSpec:
    return HeadSpec.of(task, task.labels)


def make_store(folder: Path, task: Task, size: int, *, seed: int = 0, longest: int = 40) -> Store:
    """A store of `size` random examples."""
    dice = random.Random(f"{seed}/{task.name}")
    examples = [make_example(dice, task, longest) for _ in range(size)]
    return write_store(folder / f"{task.name}-{size}-{seed}", task, examples)


def write_store(folder: Path, task: Task, examples: Sequence[Example]) -> Store:
    """A store of these examples, each a record's only one."""
    folder.mkdir(parents=True)
    with StoreWriter(folder, task, SPECIAL, keep_records=False) as writer:
        for i, example in enumerate(examples):
            record = Located(TextRecord(id=str(i), text=""), f"made:{i}")
            writer.add([record], Encoded(examples=[[example]]))
    shaping = Shaping(max_length=task.max_length, labels=task.labels)
    write_header(folder, writer.header("train", None, shaping, {}))
    return Store(folder)


def make_example(dice: random.Random, task: Task, longest: int) -> Example:
    count = 2 * dice.randint(2, task.group) if task.kind == "embed" else task.num_choices or 1
    most = longest // 2 if task.kind == "embed" else longest  # no example is larger than four long documents
    documents = tuple(make_document(dice, most) for _ in range(count))
    starts = [sum(len(d.tokens) for d in documents[:i]) for i in range(count)]
    length = len(documents[0].tokens)
    if task.kind == "pair":
        return Example(documents=documents, sites=(0,), gold=(dice.randrange(3),))
    if task.kind == "choice":
        return Example(documents=documents, sites=tuple(starts), gold=(dice.randrange(count),))
    if task.kind == "embed":  # perhaps two pairs of one key
        keys = [dice.randrange(4) for _ in range(count // 2)]
        return Example(documents=documents, sites=tuple(starts), gold=tuple(keys))
    if task.kind == "span":
        first = dice.randrange(length)
        return Example(
            documents=documents, sites=tuple(range(length)), gold=(first, dice.randrange(first, length))
        )
    if task.kind == "tag":
        sites = tuple(sorted(dice.sample(range(1, length - 1), dice.randint(1, length - 2))))
        return Example(documents=documents, sites=sites, gold=tuple(dice.randrange(11) for _ in sites))
    return Example(documents=documents, sites=(), gold=())


def make_document(dice: random.Random, longest: int) -> Document:
    length = dice.randint(5, longest)
    tokens = (0, *(dice.randrange(5, VOCABULARY) for _ in range(length - 2)), 2)
    return Document(tokens=tokens, second=dice.randint(2, length))
