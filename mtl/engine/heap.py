"""The C library's heap, told to keep the memory of freed tensors for the next ones.

By default it gives every large block back to the system, which hands it out anew page by page, cleared: for
simple operations on CPUs, whose every result is such a block, a third of the time and more.
"""

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4  # from <malloc.h>
LARGE = 1 << 30
"""Blocks from here on, such as a large model's word table, still go back to the system."""


def keep_freed_memory() -> None:
    """Keep it from now on, in this process; nothing happens where the C library knows no such wish."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
        # Older versions refuse a threshold of more than 32 MiB; they can only be told never to give back.
        if not mallopt(MMAP_THRESHOLD, LARGE):
            mallopt(MMAP_MAX, 0)


def give_back_memory() -> None:
    """Give back once what is kept, so that what the system calls free is free."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
