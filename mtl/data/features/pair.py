"""Pair features: one or two texts in one document; the head reads its first token."""

from collections import Counter
from collections.abc import Sequence

from mtl.data.features.example import UNKNOWN_GOLD, Encoded, Example, Shaping
from mtl.data.features.template import Template
from mtl.tasks.records import PairRecord


def encode_pairs(records: Sequence[PairRecord], template: Template, shaping: Shaping) -> Encoded:
    """One example a record; the longer text loses tokens from its end until both fit."""
    cuts: Counter[str] = Counter()
    index = shaping.label_index
    firsts = template.encode([record.text_a for record in records])
    seconds = template.encode([record.text_b or "" for record in records])
    examples = []
    for record, first, second in zip(records, firsts, seconds, strict=True):
        two = record.text_b is not None
        room = shaping.max_length - (template.pair_specials if two else template.single_specials)
        first_kept, second_kept = _longest_first(len(first), len(second), room)
        cuts["texts cut to max_length"] += first_kept + second_kept < len(first) + len(second)
        document = template.join(first[:first_kept], second[:second_kept] if two else None)
        gold = UNKNOWN_GOLD if record.label is None else index[record.label]
        examples.append([Example(documents=(document,), sites=(0,), gold=(gold,))])
    return Encoded(examples=examples, cuts=cuts)


def _longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of each text remain if the longer one is shortened, again and again, until both fit."""
    excess = max(first + second - room, 0)
    from_longer = min(excess, abs(first - second))
    rest = excess - from_longer
    if first > second:
        return first - from_longer - rest // 2, second - (rest - rest // 2)
    return first - (rest - rest // 2), second - from_longer - rest // 2
