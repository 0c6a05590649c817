"""Embed features: a group of pairs, each query and its candidate in documents of their own, in turn.

The head reads the first token of each document. The gold says of each pair which key it has: pairs with the
same one are not held against each other.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from mtl.data.features.example import Encoded, Example, Shaping
from mtl.data.features.template import Template
from mtl.tasks.records import GroupRecord


def encode_groups(records: Sequence[GroupRecord], template: Template, shaping: Shaping) -> Encoded:
    """One example a group; queries and candidates lose what is beyond their lengths."""
    cuts: Counter[str] = Counter()
    pairs = [pair for record in records for pair in record.pairs]
    queries = iter(template.encode([pair.query for pair in pairs]))
    candidates = iter(template.encode([pair.candidate for pair in pairs]))
    query_room = shaping.max_question - template.single_specials
    candidate_room = shaping.max_length - template.single_specials
    examples = []
    for record in records:
        documents = []
        for _ in record.pairs:
            query, candidate = next(queries), next(candidates)
            cuts["queries cut to max_question"] += len(query) > query_room
            cuts["candidates cut to max_length"] += len(candidate) > candidate_room
            documents += [template.join(query[:query_room]), template.join(candidate[:candidate_room])]
        keys = {key: number for number, key in enumerate(dict.fromkeys(pair.key for pair in record.pairs))}
        gold = tuple(keys[pair.key] for pair in record.pairs)
        cuts[f"pairs, in groups of up to {shaping.group}"] += len(gold)
        cuts["pairs whose key another of their group has"] += sum(gold.count(key) > 1 for key in gold)
        starts = accumulate((len(document.tokens) for document in documents[:-1]), initial=0)
        examples.append([Example(documents=tuple(documents), sites=tuple(starts), gold=gold)])
    return Encoded(examples=examples, cuts=cuts)
