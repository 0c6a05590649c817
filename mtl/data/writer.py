"""Appends examples to the arrays of a token store, and sums them up in its header."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mtl.data.features import Encoded, Example, Shaping
from mtl.data.features.template import SpecialTokens
from mtl.data.masking import num_masked
from mtl.data.records import Located
from mtl.data.store import DTYPES, RECORDS
from mtl.data.store_header import Header, Stretch
from mtl.errors import UserError
from mtl.tasks.task import Task


class StoreWriter:
    """Appends examples to the arrays of a store."""

    def __init__(self, folder: Path, task: Task, vocabulary: SpecialTokens, *, keep_records: bool) -> None:
        """Write into `folder`, which exists."""
        self._folder = folder
        self._task = task
        self._vocabulary = vocabulary
        self._special = frozenset(vocabulary.special)
        self._keep_records = keep_records
        self._files: dict[str, BinaryIO] = {}
        self._waiting: dict[str, list[int]] = {name: [] for name in DTYPES}
        self._counts = Counter[str]()
        self._cuts = Counter[str]()
        self._stretches: list[Stretch] = []
        self._used_tokens: set[int] = set()
        self._softmaxes = 0
        self._max_document = 0
        self._max_example = (0, "")

    def __enter__(self) -> "StoreWriter":
        self._files = {name: (self._folder / f"{name}.bin").open("wb") for name in DTYPES}
        self._files[RECORDS] = (self._folder / RECORDS).open("wb")
        for name in ("doc_starts", "example_docs", "site_starts", "gold_starts"):
            self._write(name, [0])
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as closing:  # all of them, also where one cannot be brought to the disk
            for file in self._files.values():
                closing.callback(file.close)
            self._write("used_tokens", sorted(self._used_tokens))
            self._write_out()

    def add(self, chunk: Sequence[Located], encoded: Encoded) -> None:
        """Append the examples of a chunk of records."""
        self._cuts.update(encoded.cuts)
        for located, examples in zip(chunk, encoded.examples, strict=True):
            if self._keep_records:
                line = json.dumps(asdict(located.record), ensure_ascii=False)
                self._files[RECORDS].write(line.encode() + b"\n")
            for example in examples:
                self._add_example(example, located.where)
            self._counts["records"] += 1
        for (file, language), own in groupby(chunk, key=lambda one: (one.file, one.language)):
            self._add_stretch(Stretch(file, language or self._task.language, len(list(own))))
        self._write_out()

    def _add_stretch(self, new: Stretch) -> None:
        """A chunk may begin in the middle of one."""
        if self._stretches and self._stretches[-1][:2] == new[:2]:
            new = new._replace(records=self._stretches.pop().records + new.records)
        self._stretches.append(new)

    def _add_example(self, example: Example, where: str) -> None:
        before = self._counts["tokens"]
        for document in example.documents:
            self._write("tokens", document.tokens)
            self._counts["tokens"] += len(document.tokens)
            self._used_tokens.update(document.tokens)
            self._write("doc_starts", [self._counts["tokens"]])
            self._write("doc_second", [document.second])
            self._counts["documents"] += 1
            self._max_document = max(self._max_document, len(document.tokens))
        self._counts["sites"] += len(example.sites)
        self._counts["gold"] += len(example.gold)
        self._counts["examples"] += 1
        self._write("example_docs", [self._counts["documents"]])
        self._write("sites", example.sites)
        self._write("site_starts", [self._counts["sites"]])
        self._write("gold", example.gold)
        self._write("gold_starts", [self._counts["gold"]])
        self._write("record", [self._counts["records"]])
        self._write("offsets", [edge for span in example.offsets for edge in span])
        size = self._counts["tokens"] - before
        self._max_example = max(self._max_example, (size, where))
        self._softmaxes += self._num_softmaxes(example)

    def _num_softmaxes(self, example: Example) -> int:
        if self._task.kind != "mlm":
            return len(example.gold)
        (document,) = example.documents
        return num_masked(sum(token not in self._special for token in document.tokens))

    def _write(self, name: str, values: Iterable[int]) -> None:
        self._waiting[name].extend(values)

    def _write_out(self) -> None:
        """One write an array: a call of NumPy costs more than a row's numbers."""
        for name, values in self._waiting.items():
            self._files[name].write(np.fromiter(values, dtype=DTYPES[name]).tobytes())
            values.clear()

    def header(
        self,
        split: str,
        language: str | None,
        shaping: Shaping,
        drops: Mapping[str, int],
        rewriting: Mapping[str, int] | None = None,
    ) -> Header:
        """What was written, as the header says it."""
        task = self._task
        if not self._counts["examples"]:
            raise UserError(f"task {task.name}: the {split} split has no example left; look at its files")
        return Header(
            task=task.name,
            split=split,
            language=language,
            kind=task.kind,
            labels=shaping.labels,
            num_choices=task.num_choices,
            num_records=self._counts["records"],
            num_examples=self._counts["examples"],
            num_documents=self._counts["documents"],
            num_tokens=self._counts["tokens"],
            num_used_tokens=len(self._used_tokens),
            max_document=self._max_document,
            max_example=self._max_example[0],
            max_example_where=self._max_example[1],
            softmaxes=self._softmaxes / self._counts["examples"],
            vocabulary=self._vocabulary,
            stretches=tuple(self._stretches),
            drops={what: count for what, count in drops.items() if count},
            cuts={what: count for what, count in self._cuts.items() if count},
            rewriting=dict(rewriting or {}),
        )
