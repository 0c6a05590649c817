"""Masked-language-model features: plain text, cut into pieces; masks are drawn later, anew at every step."""

from collections import Counter
from collections.abc import Sequence

from mtl.data.features.example import Encoded, Example, Shaping
from mtl.data.features.template import Template
from mtl.tasks.records import TextRecord


def encode_texts(records: Sequence[TextRecord], template: Template, shaping: Shaping) -> Encoded:
    """One example a piece of at most `max_length` tokens; a piece that offers nothing to mask gives none."""
    cuts: Counter[str] = Counter()
    room = shaping.max_length - template.single_specials
    special = set(template.special.special)
    examples = []
    for ids in template.encode([record.text for record in records]):
        pieces = [ids[i : i + room] for i in range(0, len(ids), room)]
        cuts["texts split"] += len(pieces) > 1
        cuts["texts without a token"] += not pieces
        useful = [piece for piece in pieces if not special.issuperset(piece)]
        cuts["pieces of unknown tokens alone, left out"] += len(pieces) - len(useful)
        examples.append([Example(documents=(template.join(piece),), sites=(), gold=()) for piece in useful])
    return Encoded(examples=examples, cuts=cuts)
