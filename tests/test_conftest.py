"""Tests that are not about GPUs give the same on a machine that has some."""

import os

import pytest

from tests.conftest import hide_gpus
from tests.kit.ranks import run_on_ranks


def seen_by_a_rank() -> str | None:
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def test_neither_a_test_nor_a_rank_that_it_starts_sees_a_gpu() -> None:
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    assert run_on_ranks(seen_by_a_rank, 1) == [""]


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("not slow and not gpu", ""),
        ("slow and not gpu", ""),
        ("", ""),
        ("gpu", "0"),
        ("gpu and not slow", "0"),
    ],
)
def test_only_tests_of_gpus_see_them(asked: str, seen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    hide_gpus(asked)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == seen
