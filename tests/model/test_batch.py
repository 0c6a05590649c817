"""A strip on its device: by hand, what each head reads."""

from dataclasses import replace

import numpy as np
import torch

from mtl.data.strip import Sites, Strip
from mtl.model.batch import to_device

CPU = torch.device("cpu")
STRIP = Strip(
    tokens=np.array([0, 9, 9, 2, 0, 8, 2]),
    positions=np.array([0, 1, 2, 3, 0, 1, 2]),
    second=np.array([0, 0, 1, 1, 0, 0, 0]),
    bounds=np.array([0, 4, 7]),
    sites={},
    slots=np.array([0, 1]),
)


def test_rows_owners_and_padded_places_by_hand() -> None:
    sites = Sites(
        rows=np.array([4, 5, 6, 0, 1]),
        per_example=np.array([3, 2]),
        gold=np.array([7, 8, 9, 1, 2]),
        softmaxes=2.5,
    )
    strip = replace(STRIP, sites={"b": sites})
    batch = to_device(strip, ["a", "b"], device=CPU, dtype=torch.float32, width=8)
    assert list(batch.reads) == ["a", "b"]
    read, idle = batch.reads["b"], batch.reads["a"]
    asking = batch.asking
    assert asking.order is not None
    assert asking.order.tolist() == [4, 5, 6, 0, 1, 2, 3], "the one read in half its places stands behind"
    assert asking.order[asking.rows][read.rows].tolist() == [4, 5, 6, 0, 1]
    assert read.gold.tolist() == [7, 8, 9, 1, 2]
    assert read.owner.tolist() == [0, 0, 0, 1, 1]
    assert read.padded.tolist() == [[0, 1, 2], [3, 4, 5]], "5 stands for no row"
    assert (read.num_examples, read.softmaxes) == (2, 2.5)
    assert (idle.num_examples, idle.rows.numel(), idle.gold.numel(), idle.padded.numel()) == (0, 0, 0, 0)
    assert batch.tokens.tolist() == strip.tokens.tolist()
    assert batch.tokens.dtype == batch.positions.dtype == batch.second.dtype == torch.int64
    assert [group.keys.length for group in batch.documents.groups] == [4, 3]


def test_a_strip_that_is_read_everywhere_or_nowhere_goes_through_all_of_the_last_layer() -> None:
    everywhere = Sites(rows=np.arange(7), per_example=np.array([7]), gold=np.arange(7), softmaxes=1.0)
    for sites, rows in (({"b": everywhere}, list(range(7))), ({}, [])):
        batch = to_device(replace(STRIP, sites=sites), ["b"], device=CPU, dtype=torch.float32, width=8)
        assert batch.asking.order is None and batch.asking.rows.tolist() == list(range(7))
        assert batch.reads["b"].rows.tolist() == rows


def test_half_precision_on_a_cpu_sees_few_shapes_and_the_same_rows() -> None:
    sites = Sites(rows=np.array([0, 4]), per_example=np.array([1, 1]), gold=np.array([7, 8]), softmaxes=1.0)
    strip = replace(STRIP, sites={"b": sites})
    fine, coarse = (
        to_device(strip, ["b"], device=CPU, dtype=dtype, width=8) for dtype in (torch.float32, torch.bfloat16)
    )
    for rows in (coarse.tokens, coarse.positions, coarse.second, coarse.asking.rows):
        assert len(rows) == 128
    assert torch.equal(coarse.tokens[:7], fine.tokens)
    assert [group.keys.length for group in coarse.documents.groups] == [16]
    assert [group.queries.length for group in coarse.asking.documents.groups] == [16]
    assert coarse.reads["b"].rows.tolist() == fine.reads["b"].rows.tolist() == [0, 1]
    assert coarse.asking.order is None
    assert coarse.asking.rows[:2].tolist() == [0, 4]
