"""Groups: pairs that are learnt together, as one record that nothing takes apart.

A file's pairs in a language are dealt into as few groups as hold no more than so many, as even as can be, in
an order that a key decides. None is left over, and none is alone but where there is a single pair.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from mtl import seeds
from mtl.data.records import Located
from mtl.tasks.records import EmbedRecord, GroupRecord


def group_pairs(pairs: Iterator[Located], size: int) -> Iterator[Located]:
    """A record a group, file by file and language by language; its place is that of its first pair."""
    for _, own in groupby(pairs, key=lambda one: (one.file, one.language)):
        rows = list(own)
        order = seeds.shuffled(seeds.key("groups", len(rows)), len(rows))
        start = 0
        for count in group_sizes(len(rows), size):
            yield _group([rows[place] for place in sorted(order[start : start + count].tolist())])
            start += count


def group_sizes(pairs: int, size: int) -> list[int]:
    """How many pairs each group has: at most `size` (of an odd number in twos, one has three)."""
    groups = max(min(-(-pairs // size), pairs // 2), 1)
    least, more = divmod(pairs, groups)
    return [least + 1] * more + [least] * (groups - more)


def _group(rows: Sequence[Located]) -> Located:
    pairs = [one.record for one in rows]
    assert all(isinstance(pair, EmbedRecord) for pair in pairs), "pairs are grouped, nothing else"
    group = GroupRecord(id=rows[0].record.id, pairs=tuple(p for p in pairs if isinstance(p, EmbedRecord)))
    return replace(rows[0], record=group)
