"""Parquet files, read a batch at a time."""

from collections.abc import Iterator
from pathlib import Path

from mtl.data.formats.lines import unreadable
from mtl.tasks.task import Row

_BATCH = 1024


def read_parquet(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows, numbered from 1; lists and structures come as lists and mappings."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
