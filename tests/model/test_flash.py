"""The flash kernel is tried with heads of the run's own width, and what fails for another reason is told."""

from collections.abc import Iterator

import pytest
import torch

from mtl.data.strip import HeadStore
from mtl.model import flash
from mtl.model.flash import has_flash
from tests.kit.models import make_model, make_strip, on_cpu

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


@pytest.fixture(autouse=True)
def nothing_is_known() -> Iterator[None]:
    has_flash.cache_clear()
    yield
    has_flash.cache_clear()


def test_each_width_is_tried_once_and_one_too_wide_has_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def narrow_alone(device: torch.device, dtype: torch.dtype, width: int) -> None:
        tried.append(width)
        if width > 256:
            raise RuntimeError("only head dimensions of at most 256")

    monkeypatch.setattr(flash, "_try", narrow_alone)
    assert [has_flash(CUDA, torch.bfloat16, width) for width in (64, 512, 64)] == [True, False, True]
    assert tried == [64, 512]
    assert not has_flash(CPU, torch.bfloat16, 64) and not has_flash(CUDA, torch.float32, 64)


def test_a_full_gpu_is_an_error_and_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    full = [True]

    def in_a_crowd(device: torch.device, dtype: torch.dtype, width: int) -> None:
        if full:
            full.clear()
            raise torch.OutOfMemoryError("another process has it all")

    monkeypatch.setattr(flash, "_try", in_a_crowd)
    with pytest.raises(torch.OutOfMemoryError):
        has_flash(CUDA, torch.bfloat16, 64)
    assert has_flash(CUDA, torch.bfloat16, 64)


def test_a_strip_asks_for_heads_as_wide_as_the_model_s(
    sources: list[HeadStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("mtl.model.documents.has_flash", lambda *which: asked.append(which))
    model = make_model(hidden_size=48, num_attention_heads=4)
    on_cpu(make_strip(sources, [(0, 4)]), model)
    assert set(asked) == {(CPU, torch.float32, 12)}
