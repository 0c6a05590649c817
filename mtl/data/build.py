"""Builds token stores: reads a task's text, tokenises it in worker processes, and writes the arrays once.

A store is keyed by everything that determines it: the files' content, the tokenizer, the settings, the
declaration and the code that shapes it. It is written aside and renamed; one process writes, the others wait
for it and then read.
"""

import json
import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl.data.content import FileHashes, code_hash
from mtl.data.features import FEATURES, Encoded, Shaping, Template
from mtl.data.features.room import check_room
from mtl.data.features.template import load_tokenizer
from mtl.data.groups import group_pairs
from mtl.data.records import Located, read_records
from mtl.data.rewrite.copies import Rewriting
from mtl.data.sources import source_files
from mtl.data.store import Store, is_whole
from mtl.data.store_header import write_header
from mtl.data.writer import StoreWriter
from mtl.files import replacing, unwritable
from mtl.tasks.task import Kind, Task
from mtl.workers import worker_pool

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNK = 512
"""Records that one call of a worker tokenises."""

WAY_OUT = "make room there, or name another folder with data.cache"
"""Of trouble with the place of stores."""

SECONDS_ALONE = 6.0
"""So long a process tokenises by itself before it starts workers, which costs seconds of every core."""


@dataclass(frozen=True, kw_only=True)
class StorePlace:
    """Where data comes from and where stores go."""

    root: Path
    cache: Path
    tokenizer: str
    workers: int


def open_store(
    task: Task,
    split: str,
    *,
    place: StorePlace,
    labels: tuple[str, ...] | None = None,
    language: str | None = None,
    rewriting: Rewriting | None = None,
) -> Store:
    """The store of a split, built first if need be; with `rewriting`, its records have copies.

    `labels` are those of the training split, where the declaration leaves them open.
    """
    from filelock import FileLock

    folder = store_folder(task, split, place=place, labels=labels, language=language, rewriting=rewriting)
    hash_of = FileHashes(place.cache / "hashes").of  # remembers: a second start reads no array
    if not is_whole(folder, hash_of):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{folder}.lock"):
                if not is_whole(folder, hash_of):
                    _build(
                        task,
                        split,
                        folder,
                        place=place,
                        labels=labels,
                        language=language,
                        rewriting=rewriting,
                    )
                    assert is_whole(folder, hash_of), folder  # which is remembered
        except OSError as error:
            raise unwritable(folder, error, WAY_OUT) from None
    return Store(folder)


def store_folder(
    task: Task,
    split: str,
    *,
    place: StorePlace,
    labels: tuple[str, ...] | None = None,
    language: str | None = None,
    rewriting: Rewriting | None = None,
) -> Path:
    """Where the store of a split lies, built or not: its name ends in the key of all that determines it."""
    hash_of = FileHashes(place.cache / "hashes").of
    parts = {
        "files": [hash_of(path) for path in source_files(task, split, root=place.root, lang=language)],
        "tokenizer": _template(place.tokenizer).fingerprint,
        "task": task.origin,
        "split": split,
        "language": language or task.language,
        "shaping": asdict(_shaping(task, labels or task.labels)),
        "code": code_hash(),
        "rewriting": None if rewriting is None else rewriting.facts(hash_of),
    }
    key = blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()
    return place.cache / "stores" / f"{task.name}-{split}{f'-{language}' if language else ''}-{key}"


def labels_of(
    task: Task, split: str, *, place: StorePlace, language: str | None = None
) -> tuple[str, ...] | None:
    """The declared labels; for a tag task that leaves them open, those of the split, sorted."""
    if task.labels is not None or task.kind != "tag":
        return task.labels
    located = read_records(task, split, root=place.root, lang=language, drops=Counter())
    return tuple(sorted({tag for one in located for tag in getattr(one.record, "tags", None) or ()}))


def _build(
    task: Task,
    split: str,
    folder: Path,
    *,
    place: StorePlace,
    labels: tuple[str, ...] | None,
    language: str | None,
    rewriting: Rewriting | None,
) -> None:
    template = _template(place.tokenizer)
    check_room(task, template)
    with replacing(folder, way_out=WAY_OUT) as aside:
        drops, rewritten = Counter[str](), Counter[str]()
        shaping = _shaping(task, labels or labels_of(task, split, place=place, language=language))
        records = read_records(task, split, root=place.root, lang=language, drops=drops)
        if rewriting is not None:
            records = rewriting.add(records, rewritten)
        if task.kind == "embed":
            records = group_pairs(records, task.group)
        with StoreWriter(aside, task, template.special, keep_records=split != "train") as writer:
            for chunk, encoded in _encode(records, task.kind, shaping, place):
                writer.add(chunk, encoded)
        write_header(aside, writer.header(split, language, shaping, drops, rewritten))


def _shaping(task: Task, labels: tuple[str, ...] | None) -> Shaping:
    return Shaping(
        max_length=task.max_length,
        stride=task.stride,
        max_question=task.max_question,
        group=task.group,
        labels=labels,
        open_labels=task.labels is None,
    )


def _encode(
    records: Iterator[Located], kind: Kind, shaping: Shaping, place: StorePlace
) -> Iterator[tuple[list[Located], Encoded]]:
    """Chunks of records with their examples, in order; worker processes start only for much work."""
    chunks = iter(lambda: list(islice(records, CHUNK)), [])
    encode = partial(_encode_chunk, kind, shaping, place.tokenizer)
    begun = time.monotonic()
    for chunk in chunks:
        yield chunk, encode([one.record for one in chunk])
        if place.workers > 1 and time.monotonic() - begun >= SECONDS_ALONE:
            break
    pending: deque[tuple[list[Located], Future[Encoded]]] = deque()
    with worker_pool(place.workers) as pool:
        for chunk in chunks:
            pending.append((chunk, pool.submit(encode, [one.record for one in chunk])))
            if len(pending) > 2 * place.workers:
                done, future = pending.popleft()
                yield done, future.result()
        for done, future in pending:
            yield done, future.result()


def _encode_chunk(kind: Kind, shaping: Shaping, tokenizer: str, records: Sequence[Any]) -> Encoded:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are the parallelism
    return FEATURES[kind](records, _template(tokenizer), shaping)


@cache
def _template(tokenizer: str) -> Template:
    return Template(load_tokenizer(tokenizer))
