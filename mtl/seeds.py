"""Keyed randomness: a random number is a function of a key and a counter; there is no generator and no state.

A key is hashed from names and numbers (`key(seed, "mask", step)`); word i of a key is two rounds of a 64-bit
mixer over i. All of it is arithmetic modulo 2**64, equal on every machine and in every version of a library.
"""

import operator
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]

_WEYL = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ONE, _TWO, _HALF = np.uint64(1), np.uint64(2), np.uint64(32)
_FEISTEL_ROUNDS = 12


def key(*parts: int | str) -> int:
    """A 64-bit key that depends on every part, on its type, and on their order."""
    digest = blake2b(digest_size=8)
    for part in parts:
        text = f"s{part}" if isinstance(part, str) else f"i{operator.index(part)}"
        data = text.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return int.from_bytes(digest.digest(), "little")


def words(key: int, n: int, start: int = 0) -> Words:
    """Words start, ..., start + n - 1 of a key: uniform on all 64-bit integers."""
    return words_at(key, np.arange(start, start + n, dtype=np.uint64))


def words_at(keys: int | Words, counters: ArrayLike) -> Words:
    """Word `counters[j]` of key `keys[j]`, element by element; either side may be a single number."""
    key, counter = (np.atleast_1d(np.asarray(part, dtype=np.uint64)) for part in (keys, counters))
    # The key enters twice, so that two keys never give the same stream shifted.
    return _mixed(_mixed(key + (counter + _ONE) * _WEYL) ^ key)


def uniform(key: int, n: int) -> NDArray[np.float64]:
    """Numbers in [0, 1): multiples of 2**-53, all equally likely."""
    return (words(key, n) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def integers(key: int, n: int, high: int) -> NDArray[np.int64]:
    """Integers in [0, high) for a `high` up to 2**32; no probability is off by more than 2**-64."""
    assert 0 < high <= 2**32, high
    word, bound = words(key, n), np.uint64(high)
    low = (word & np.uint64(2**32 - 1)) * bound
    return (((word >> _HALF) * bound + (low >> _HALF)) >> _HALF).astype(np.int64)


def shuffled(key: int, n: int) -> NDArray[np.int64]:
    """The numbers 0, ..., n - 1 in an order of the key's own."""
    return np.argsort(words(key, n), kind="stable").astype(np.int64)


def permute(keys: int | Words, sizes: ArrayLike, indices: ArrayLike) -> NDArray[np.int64]:
    """Where a key's permutation of [0, size) sends each index; only the asked places are computed.

    `keys`, `sizes` and `indices` go together element by element, and each may be a single number. The
    permutation is a Feistel network on a near-square grid that just holds `size` points; a point that lands
    outside [0, size) is sent on until it lands inside.
    """
    shape = np.broadcast_shapes(*(np.shape(part) for part in (keys, sizes, indices)))
    key_words = np.broadcast_to(np.asarray(keys, np.uint64), shape).reshape(-1)
    size = np.broadcast_to(np.asarray(sizes, np.int64), shape).reshape(-1)
    index = np.broadcast_to(np.asarray(indices, np.int64), shape).reshape(-1)
    assert np.all((index >= 0) & (index < size)), "an index is outside its permutation"
    out = _feistel(key_words, size, index)
    astray = np.flatnonzero(out >= size)
    while astray.size:
        out[astray] = _feistel(key_words[astray], size[astray], out[astray])
        astray = astray[out[astray] >= size[astray]]
    return out.reshape(shape)


def _mixed(word: Words) -> Words:
    """A bijection of 64-bit words in which every bit depends on every bit."""
    word = (word ^ (word >> np.uint64(30))) * _MIX_1
    word = (word ^ (word >> np.uint64(27))) * _MIX_2
    return word ^ (word >> np.uint64(31))


def _feistel(keys: Words, sizes: NDArray[np.int64], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """One pass: the two coordinates of a point on a rows x columns grid shift each other in turn."""
    rows = np.ceil(np.sqrt(sizes)).astype(np.uint64)
    # A cycle of odd length is an even permutation; were both numbers odd, no odd permutation would occur.
    columns = (sizes.astype(np.uint64) + _TWO * rows - _ONE) // (_TWO * rows) * _TWO
    row, column = np.divmod(indices.astype(np.uint64), columns)
    for turn in range(0, _FEISTEL_ROUNDS, 2):
        row = (row + _shift(keys, turn, column, rows)) % rows
        column = (column + _shift(keys, turn + 1, row, columns)) % columns
    return (row * columns + column).astype(np.int64)


def _shift(keys: Words, turn: int, coordinate: Words, extent: Words) -> Words:
    """A number in [0, extent): the key's word for this turn and coordinate."""
    word = words_at(keys, coordinate + np.uint64(turn << 32))
    return ((word >> _HALF) * extent) >> _HALF
