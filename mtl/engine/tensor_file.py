"""Writes a safetensors file tensor by tensor and hashes as it goes: only the tensor at hand is in memory."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from math import prod
from os import fsync
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

Shape = tuple[int, ...]
BLOCK = 1 << 22


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """What a file must be."""

    bytes: int
    checksum: str


class TensorWriter:
    """Of fp32 tensors, whose names and shapes are known beforehand.

    The caller is in the middle of collectives, so an error waits until `close`.
    """

    def __init__(self, path: Path, shapes: Mapping[str, Shape]) -> None:
        """Begin the file."""
        self._left = dict(shapes)
        self._digest = blake2b(digest_size=16)
        self._bytes = 0
        self._problem: OSError | None = None
        self._file: BinaryIO | None = None
        try:
            self._file = path.open("wb")
        except OSError as error:
            self._problem = error
        header = _header(shapes)
        self._write(len(header).to_bytes(8, "little") + header)

    def add(self, name: str, tensor: Tensor) -> None:
        """Write the next tensor."""
        expected, shape = next(iter(self._left.items()))
        assert (name, tuple(tensor.shape), tensor.dtype) == (expected, shape, torch.float32)
        del self._left[name]
        values: Any = tensor.detach().cpu().contiguous().view(-1).numpy()
        self._write(memoryview(values).cast("B"))

    def _write(self, data: bytes | memoryview) -> None:
        if self._problem is not None or self._file is None:
            return
        try:
            self._file.write(data)
        except OSError as error:
            self._problem = error
        self._digest.update(data)
        self._bytes += len(data)

    def close(self) -> FileEntry:
        """Bring the file to the disk; raises what went wrong since the beginning."""
        try:
            if self._file is not None and self._problem is None:
                self._file.flush()
                fsync(self._file.fileno())
                self._file.close()
        except OSError as error:
            self._problem = error
        if self._problem is not None:
            if self._file is not None:
                with suppress(OSError):
                    self._file.close()  # what is still buffered fails again
            raise self._problem
        assert not self._left, "tensors are missing"
        return FileEntry(bytes=self._bytes, checksum=self._digest.hexdigest())


def entry_of(path: Path) -> FileEntry:
    """What a file is."""
    digest, size = blake2b(digest_size=16), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return FileEntry(bytes=size, checksum=digest.hexdigest())


def _header(shapes: Mapping[str, Shape]) -> bytes:
    """The format's JSON: where each tensor lies after the header, which ends on a multiple of eight."""
    entries, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 4 * prod(shape)
        entries[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(entries).encode()
    return text + b" " * (-len(text) % 8)
