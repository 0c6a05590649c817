"""How many units of each task every block draws: from real-valued shares to whole numbers that keep to them.

A unit is what is drawn: an example, or a whole step in the one-task-a-step regime. First the ideal, in real
numbers, with floors and limits over the whole run; then whole numbers that are less than one unit from the
ideal at the end of every block, for every task at once. Shares of 0.5, 0.3, 0.2 in blocks of 4 units:

    block   due by its end     whole, so far
    0       2    1.2  0.8      2  1  1
    1       4    2.4  1.6      4  2  2
    2       6    3.6  2.4      6  4  2
    3       8    4.8  3.2      8  5  3
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GRID_BITS = 20
"""The ideal is compared on a grid of 2**-20 units, so that rounding noise of the shares decides nothing."""


def ideal_units(shares: Floats, totals: Ints, *, least: Sequence[float], most: Sequence[float]) -> Floats:
    """The real-valued units [blocks + 1, tasks] that are due by the start, and by the end of each block.

    `shares` [blocks, tasks] sum to one in each block; `totals` [blocks] counts the units of each. A task that
    would end the run below its `least` holds the constant share that meets it, and the others shrink in
    proportion; a task that reaches its `most` stops there, and its share goes to the others in proportion.
    """
    floor, limit = np.array(least, dtype=np.float64), np.array(most, dtype=np.float64)
    held = np.zeros(shares.shape[1], dtype=bool)
    while True:
        ideal = _cumulate(_hold(shares, held, floor / totals.sum()), totals, limit)
        short = ~held & (ideal[-1] < floor)
        if not short.any():
            return ideal
        held |= short


def whole_units(ideal: Floats, totals: Ints) -> Ints:
    """Whole cumulative units [blocks + 1, tasks] that never fall and are less than one from the ideal.

    In each block every task first gets what it must have by now; the units that remain go to the tasks whose
    next unit falls due soonest, at equal dates to the largest remainders. Largest remainders alone can paint
    themselves into a corner: tasks ahead of their due plus tasks that are due exceed a block. This rule
    cannot: sequences that stay within 1 - 1/(2n - 2) of any n shares exist (Tijdeman 1980), and serving the
    first due finds one whenever there is one.
    """
    one = 1 << _GRID_BITS
    margin = one // (4 * ideal.shape[1])
    due = np.rint(ideal * one).astype(np.int64)
    lower, upper = (due + margin) // one, (due - margin) // one + 1
    preference = _preference(due, lower, upper)
    whole: Ints = np.zeros_like(lower)
    for block, total in enumerate(np.cumsum(totals), start=1):
        row = np.maximum(whole[block - 1], lower[block])
        missing = int(total - row.sum())
        if missing:
            order = preference[block]
            takers = order[row[order] < upper[block, order]][: max(missing, 0)]
            assert takers.size == missing, f"block {block - 1}: no whole quotas near the ideal"
            row[takers] += 1
        whole[block] = row
    return whole


def _preference(due: Ints, lower: Ints, upper: Ints) -> Ints:
    """The order [blocks + 1, tasks] in which tasks take a block's remaining units."""
    dates = np.stack([np.searchsorted(lower[:, i], upper[:, i]) for i in range(due.shape[1])], axis=1)
    remainder = due - ((upper - 1) << _GRID_BITS)
    urgency = (dates << (_GRID_BITS + 2)) - remainder
    return np.argsort(urgency, axis=1, kind="stable").astype(np.int64)


def _hold(shares: Floats, held: NDArray[np.bool_], floor: Floats) -> Floats:
    """The shares when `held` tasks have their floor and the others divide the rest as before."""
    if not held.any():
        return shares
    others = np.where(held, 0.0, shares)
    rest = 1.0 - float(floor[held].sum())
    scale = rest / np.maximum(others.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    raised: Floats = np.where(held, floor, others * scale)
    return raised


def _cumulate(shares: Floats, totals: Ints, most: Floats) -> Floats:
    """Shares times units, summed over the blocks, with each task stopped at its `most`."""
    ideal = np.zeros((shares.shape[0] + 1, shares.shape[1]))
    for block, total in enumerate(totals.tolist()):
        done, want = ideal[block], total * shares[block]
        if (done + want > most).any():
            want = _share_out(total, shares[block], most - done)
        ideal[block + 1] = np.minimum(done + want, most)
    return ideal


def _share_out(total: float, share: Floats, room: Floats) -> Floats:
    """Divide `total` in proportion to `share`, nobody above their room."""
    given = np.zeros_like(share)
    open_tasks = room > 0
    while open_tasks.any():
        part = np.where(open_tasks, share, 0.0)
        want = part * ((total - given.sum()) / part.sum())
        full = open_tasks & (want >= room)
        if not full.any():
            given += want
            break
        given[full] = room[full]
        open_tasks &= ~full
    return given
