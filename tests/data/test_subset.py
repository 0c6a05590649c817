"""A part of a task's data is a pure function of a key, and a larger part holds every smaller one."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl.data.store_header import Stretch
from mtl.data.subset import chosen_examples, num_chosen, smoothed
from mtl.errors import UserError
from tests.kit.stores import make_store, make_task


def test_parts_are_nested_and_exact(tmp_path: Path) -> None:
    store = make_store(tmp_path, make_task("pairs", "pair"), 50)
    parts = [chosen_examples(store, count, key=3).tolist() for count in (1, 10, 25, 50)]
    assert [len(part) for part in parts] == [1, 10, 25, 50]
    for smaller, larger in zip(parts, parts[1:], strict=False):
        assert set(smaller) < set(larger)
    assert parts[-1] == list(range(50))
    assert (
        chosen_examples(store, 10, key=3).tolist() == parts[1] != chosen_examples(store, 10, key=4).tolist()
    )


def test_a_part_is_given_by_number_or_by_share() -> None:
    assert num_chosen(200, records=None, fraction=None, where="tasks.a") == 200
    assert num_chosen(200, records=30, fraction=None, where="tasks.a") == 30
    assert num_chosen(200, records=None, fraction=0.25, where="tasks.a") == 50
    assert num_chosen(200, records=None, fraction=1e-9, where="tasks.a") == 1
    with pytest.raises(UserError, match=r"tasks\.a\.records: 201 are asked for, but there are 200"):
        num_chosen(200, records=201, fraction=None, where="tasks.a")


def test_smoothing_evens_out_the_files(tmp_path: Path) -> None:
    store = make_store(tmp_path, make_task("text", "mlm"), 120)
    read = Stretch("en.txt", "en", 90), Stretch("fi.txt", "fi", 20), Stretch("sw.txt", "sw", 10)
    store.header = replace(store.header, stretches=read)
    every = np.arange(120)

    def counts(smoothing: float, examples: np.ndarray = every) -> list[int]:
        drawn = smoothed(store, examples, smoothing, key=1)
        assert len(drawn) == len(examples) and set(drawn) <= set(examples)
        return np.histogram(drawn, [0, 90, 110, 120])[0].tolist()

    assert counts(1.0) == [90, 20, 10]
    assert counts(0.0) == [40, 40, 40]
    half = np.sqrt([90, 20, 10])
    assert counts(0.5) == pytest.approx((half / half.sum() * 120).tolist(), abs=1)
    assert counts(0.0, np.arange(100, 120)) == [0, 10, 10]
    repeated = Counter(smoothed(store, every, 0.0, key=1).tolist())
    assert {repeated[example] for example in range(110, 120)} == {4}


def test_smoothing_evens_out_the_languages_of_a_file_also_with_another_file_in_between(
    tmp_path: Path,
) -> None:
    store = make_store(tmp_path, make_task("text", "mlm"), 120)
    read = (Stretch("a", "fi", 70), Stretch("a", "sw", 10), Stretch("b", "fi", 30), Stretch("a", "fi", 10))
    store.header = replace(store.header, stretches=read)
    drawn = smoothed(store, np.arange(120), 0.0, key=1)
    first, sw, other, second = np.histogram(drawn, [0, 70, 80, 110, 120])[0].tolist()
    assert (first + second, sw, other) == (40, 40, 40)
    assert first and second
