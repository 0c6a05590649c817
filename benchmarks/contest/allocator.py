"""The C library's heap as users of a rival have it: what our commands tell it stays theirs."""

import ctypes

from mtl.engine.heap import MMAP_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD

LARGEST_THRESHOLD = 32 << 20
"""Where the C library's own threshold stops growing; it does as large blocks are freed, that of trimming by twice."""
MOST_MAPPINGS = 65_536


def allocate_by_default() -> None:
    """From now on give large freed blocks back to the system, as a process does that was told nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_MAX, MOST_MAPPINGS)
        mallopt(MMAP_THRESHOLD, LARGEST_THRESHOLD)
        mallopt(TRIM_THRESHOLD, 2 * LARGEST_THRESHOLD)
