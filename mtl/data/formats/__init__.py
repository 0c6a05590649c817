"""Readers: from a file to its rows, each with its place; one table by the name of the format."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mtl.data.formats.ccg_auto import read_ccg_auto
from mtl.data.formats.conll import read_conll
from mtl.data.formats.conllu import read_conllu
from mtl.data.formats.delimited import (
    read_csv,
    read_headless_tsv,
    read_quoted_tsv,
    read_ragged_tsv,
    read_tsv,
)
from mtl.data.formats.jsonl import read_jsonl
from mtl.data.formats.mentions import read_mentions
from mtl.data.formats.parquet import read_parquet
from mtl.data.formats.squad import read_squad
from mtl.data.formats.squad_sentences import read_squad_sentences
from mtl.data.formats.text import read_text
from mtl.tasks.records import Drop
from mtl.tasks.task import Row

Reader = Callable[[Path], Iterator[tuple[int, Row | Drop]]]

READERS: Mapping[str, Reader] = {
    "ccg_auto": read_ccg_auto,
    "conll": read_conll,
    "conllu": read_conllu,
    "csv": read_csv,
    "jsonl": read_jsonl,
    "mentions": read_mentions,
    "parquet": read_parquet,
    "squad": read_squad,
    "squad_sentences": read_squad_sentences,
    "text": read_text,
    "tsv": read_tsv,
    "tsv_headless": read_headless_tsv,
    "tsv_quoted": read_quoted_tsv,
    "tsv_ragged": read_ragged_tsv,
}
"""Each yields rows with their line (or item) number, from 1; a `Drop` stands for a row that is torn."""
