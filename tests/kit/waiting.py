"""Waits for what another process does: looks again and again, and no longer than it may take."""

import time
from collections.abc import Callable


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Look until something is true; a test that waits in vain says for what."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"no {what} in {seconds} s"
        time.sleep(0.02)
