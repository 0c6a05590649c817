"""Tag features: the words of a sentence; the head reads the first sub-word of each.

A sentence that is too long is split between words into pieces; a word without sub-words becomes the unknown
token, so that every word keeps its site and its tag.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mtl.data.features.example import UNKNOWN_GOLD, Encoded, Example, Shaping
from mtl.data.features.template import Template
from mtl.tasks.records import TagRecord


def encode_tags(records: Sequence[TagRecord], template: Template, shaping: Shaping) -> Encoded:
    """One example a piece; all pieces of a sentence together hold each of its words once, in order."""
    cuts: Counter[str] = Counter()
    index = shaping.label_index
    room = shaping.max_length - template.single_specials
    vocabulary = list(dict.fromkeys(word for record in records for word in record.words))
    sub_words = dict(
        zip(vocabulary, template.encode([template.word_prefix + word for word in vocabulary]), strict=True)
    )
    examples = []
    for record in records:
        words = [sub_words[word] or [template.unknown] for word in record.words]
        cuts["words without a sub-word"] += sum(not sub_words[word] for word in record.words)
        cuts["words cut to max_length"] += sum(len(word) > room for word in words)
        gold = (
            [UNKNOWN_GOLD] * len(words)
            if record.tags is None
            else [_index(tag, index, shaping) for tag in record.tags]
        )
        cuts["tags unseen in training"] += 0 if record.tags is None else gold.count(UNKNOWN_GOLD)
        pieces = list(_pieces(words, room))
        cuts["sentences split"] += len(pieces) > 1
        examples.append([_example(words[a:b], gold[a:b], room, template) for a, b in pieces])
    return Encoded(examples=examples, cuts=cuts)


def _index(tag: str, index: Mapping[str, int], shaping: Shaping) -> int:
    known = index.get(tag)
    if known is None:
        assert shaping.open_labels, f"tag {tag!r} should have been refused by the reader"
        return UNKNOWN_GOLD
    return known


def _pieces(words: Sequence[Sequence[int]], room: int) -> Iterator[tuple[int, int]]:
    """Word ranges whose sub-words fit into `room`."""
    start, used = 0, 0
    for i, word in enumerate(words):
        size = min(len(word), room)
        if used + size > room:
            yield start, i
            start, used = i, 0
        used += size
    yield start, len(words)


def _example(words: Sequence[Sequence[int]], gold: Sequence[int], room: int, template: Template) -> Example:
    tokens: list[int] = []
    sites = []
    for word in words:
        sites.append(len(template.prefix) + len(tokens))
        tokens.extend(word[:room])
    return Example(documents=(template.join(tokens),), sites=tuple(sites), gold=tuple(gold))
