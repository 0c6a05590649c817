"""The names by which recipes and commands choose how to embed and mine; whoever reads them needs no torch."""

from typing import Literal

Pooling = Literal["mean", "first"]
"""A sentence's vector: the mean over its tokens, or its first token."""
Margin = Literal["ratio", "distance", "absolute"]
"""How a pair's cosine is held against those of its neighbours: see `margins`."""
Retrieval = Literal["max", "forward", "backward", "intersect"]
"""Which of the best pairs of both directions are taken: see `mine`."""
