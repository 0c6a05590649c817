"""Dev splits without any text: records as given, each beside the examples that it became."""

from collections.abc import Sequence
from pathlib import Path

from mtl.data.features import Document, Encoded, Example, Shaping
from mtl.data.records import Located
from mtl.data.store import Store
from mtl.data.store_header import write_header
from mtl.data.writer import StoreWriter
from mtl.tasks.records import ChoiceRecord, PairRecord, Record
from mtl.tasks.task import Task
from tests.kit.stores import SPECIAL


def write_split(
    folder: Path, task: Task, made: Sequence[tuple[Record, Sequence[Example]]], *, files: Sequence[str] = ()
) -> Store:
    """A store that keeps its records, which are out of one file or of these, one by one."""
    folder.mkdir(parents=True)
    with StoreWriter(folder, task, SPECIAL, keep_records=True) as writer:
        for i, (record, examples) in enumerate(made):
            file = files[i] if files else "made"
            writer.add([Located(record, f"{file}:{i}")], Encoded(examples=[examples]))
    shaping = Shaping(max_length=task.max_length, labels=task.labels)
    write_header(folder, writer.header("dev", None, shaping, {}))
    return Store(folder)


def document(*tokens: int) -> Document:
    """These tokens, as one text."""
    return Document(tokens=tokens, second=len(tokens))


def pair(label: str | None, *tokens: int) -> tuple[Record, list[Example]]:
    """A pair record, and its one example: the head reads the first token."""
    record = PairRecord(id="", text_a="", text_b=None, label=label)
    return record, [Example(documents=(document(*tokens),), sites=(0,), gold=(0,))]


def choice(label: int, *firsts: int) -> tuple[Record, list[Example]]:
    """A choice record, and its one example: a document of two tokens each, of which the head reads the first."""
    record = ChoiceRecord(id="", prompt="", choices=("",) * len(firsts), label=label)
    documents = tuple(document(first, 2) for first in firsts)
    sites = tuple(range(0, 2 * len(firsts), 2))
    return record, [Example(documents=documents, sites=sites, gold=(label,))]
