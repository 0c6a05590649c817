"""The C library's heap after it was told to keep freed memory."""

import subprocess
import sys

import pytest

GROWTH = """
import resource, torch
from mtl.engine.heap import keep_freed_memory
{tell}
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    torch.zeros(16 << 20)  # larger than any block that is kept by default
before = faults()
for _ in range(20):
    torch.zeros(16 << 20)
print(faults() - before)
"""


def page_faults(*, told: bool) -> int:
    """How often the system had to hand out a page while twenty blocks came and went."""
    program = GROWTH.format(tell="keep_freed_memory()" if told else "")
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout)


def test_freed_blocks_are_used_again_and_the_system_hands_out_few_pages() -> None:
    by_default, told = page_faults(told=False), page_faults(told=True)
    if by_default < 20 * 16384:  # pages of a block
        pytest.skip("this C library keeps large blocks anyway")
    assert told < by_default / 2
