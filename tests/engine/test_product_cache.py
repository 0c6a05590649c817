"""Compiled products after the cache was made larger than the number of shapes that come round."""

import subprocess
import sys

import pytest

TWICE = """
import time, torch
from mtl.engine.product_cache import keep_compiled_products
{tell}
def seconds():
    begun = time.process_time()
    for length in range(1, 1300):
        torch.bmm(torch.ones(1, length, 16).bfloat16(), torch.ones(1, 16, 16).bfloat16())
    return time.process_time() - begun
torch.set_num_threads(1)
first = seconds()
print(first, seconds())
"""


def seconds(*, told: bool) -> tuple[float, float]:
    """Of thirteen hundred shapes, and of the same once more."""
    program = TWICE.format(tell="keep_compiled_products()" if told else "")
    first, again = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True
    ).stdout.split()
    return float(first), float(again)


def test_shapes_that_come_again_are_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", raising=False)
    first, again = seconds(told=False)
    if again < first / 2:
        pytest.skip("this processor compiles nothing in half precision, or keeps more by itself")
    first, again = seconds(told=True)
    assert again < first / 2
