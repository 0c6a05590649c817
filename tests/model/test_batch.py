"""A strip on its device: by hand, what each head reads."""

import numpy as np
import torch

from mtl.data.strip import Sites, Strip
from mtl.model.batch import to_device


def test_rows_owners_and_padded_places_by_hand() -> None:
    sites = Sites(
        rows=np.array([4, 5, 6, 0, 1]),
        per_example=np.array([3, 2]),
        gold=np.array([7, 8, 9, 1, 2]),
        softmaxes=2.5,
    )
    strip = Strip(
        tokens=np.array([0, 9, 9, 2, 0, 8, 2]),
        positions=np.array([0, 1, 2, 3, 0, 1, 2]),
        second=np.array([0, 0, 1, 1, 0, 0, 0]),
        bounds=np.array([0, 4, 7]),
        sites={"b": sites},
        slots=np.array([0, 1]),
    )
    batch = to_device(strip, ["a", "b"], device=torch.device("cpu"), dtype=torch.float32)
    assert list(batch.reads) == ["a", "b"]
    read, idle = batch.reads["b"], batch.reads["a"]
    assert read.rows.tolist() == [4, 5, 6, 0, 1]
    assert read.gold.tolist() == [7, 8, 9, 1, 2]
    assert read.owner.tolist() == [0, 0, 0, 1, 1]
    assert read.padded.tolist() == [[0, 1, 2], [3, 4, 5]], "5 stands for no row"
    assert (read.num_examples, read.softmaxes) == (2, 2.5)
    assert (idle.num_examples, idle.rows.numel(), idle.gold.numel(), idle.padded.numel()) == (0, 0, 0, 0)
    assert batch.tokens.tolist() == strip.tokens.tolist()
    assert batch.tokens.dtype == batch.positions.dtype == batch.second.dtype == torch.int64
    assert batch.documents.longest == 4
