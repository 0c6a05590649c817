"""oneDNN's cache of compiled products, made large enough for the shapes of a run.

In half precision on CPUs a matrix product is compiled for its shape, which takes milliseconds. By default a
thousand are kept; strips of many lengths have several times as many, and would have them compiled again and
again.
"""

import os

CAPACITY = 8192


def keep_compiled_products() -> None:
    """Keep them in this process, if called before its first product; a number the user has set stays."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(CAPACITY))
