"""A process's peak: its own, and kept when memory is given back."""

import subprocess
import sys

from mtl.footprint import peak_bytes

MUCH = 300 << 20
CHILD = "from mtl.footprint import peak_bytes; print(peak_bytes())"


def test_a_peak_stays_after_the_memory_is_given_back_and_is_not_a_childs() -> None:
    held = bytearray(MUCH)
    held[::4096] = b"x" * len(held[::4096])
    del held
    assert peak_bytes() >= MUCH
    done = subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True, text=True)
    assert int(done.stdout) < MUCH // 2
