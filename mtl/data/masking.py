"""Masks for masked-language modelling: a function of a key and a document, never state.

15 % of a document's ordinary tokens (at least one) are predicted; of these 80 % are shown as the mask token,
10 % as a random ordinary token, 10 % as themselves.
"""

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.features.template import SpecialTokens

IntArray = NDArray[np.int64]


def num_masked(num_tokens: int) -> int:
    """How many of a document's ordinary tokens are predicted."""
    return max((15 * num_tokens + 50) // 100, 1)


def mask(tokens: IntArray, vocabulary: SpecialTokens, key: int) -> tuple[IntArray, IntArray]:
    """The tokens as shown, and the positions to predict, in ascending order."""
    candidates = np.flatnonzero(~np.isin(tokens, vocabulary.special))
    order = seeds.shuffled(seeds.key(key, "choice"), len(candidates))
    sites = np.sort(candidates[order[: num_masked(len(candidates))]])
    fate = seeds.uniform(seeds.key(key, "fate"), len(sites))
    random = _ordinary(seeds.key(key, "token"), len(sites), vocabulary)
    shown = tokens.copy()
    shown[sites] = np.where(fate < 0.8, vocabulary.mask, np.where(fate < 0.9, random, tokens[sites]))
    return shown, sites


def _ordinary(key: int, n: int, vocabulary: SpecialTokens) -> IntArray:
    """Random tokens that are not special: a padding token in mid-text would mean something else elsewhere."""
    special = np.array(vocabulary.special)
    index = seeds.integers(key, n, vocabulary.vocab_size - special.size)
    # The i-th ordinary token comes after as many special ones as have at most i ordinary ones before them.
    return index + np.searchsorted(special - np.arange(special.size), index, side="right")
