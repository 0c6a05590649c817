"""Lexicon: the words of each language; an artificial word is spelled by its concept's key."""

from collections.abc import Iterator, Mapping
from functools import cache

from mtl import seeds
from mtl.world.concepts import SPEECH, VERBS
from mtl.world.grammar import GRAMMARS

BORROWED = 10
"""One noun of so many is written as in English."""


@cache
def lexicon(code: str) -> Mapping[str, str]:
    """The word for every concept; no two concepts share one."""
    concepts = sorted({concept for words in SPEECH.values() for concept in words})
    alphabet = GRAMMARS[code].alphabet
    if alphabet is None:
        return {concept: concept for concept in concepts}
    words: dict[str, str] = {}
    taken = set(concepts)
    for concept in concepts:
        borrowed = concept in SPEECH["NOUN"] and seeds.key("borrowed", code, concept) % BORROWED == 0
        words[concept] = concept if borrowed else next(w for w in _spellings(code, concept) if w not in taken)
        taken.add(words[concept])
    return words


def all_words() -> list[str]:
    """Every word in every language, and the forms of English verbs."""
    forms = {form for base, others in VERBS.items() for form in (base, *others)}
    return sorted({*forms, "The", *(word for code in GRAMMARS for word in lexicon(code).values())})


def _spellings(code: str, concept: str) -> Iterator[str]:
    """Words of two or three syllables, without end."""
    alphabet = GRAMMARS[code].alphabet
    assert alphabet is not None
    onsets, vowels = alphabet
    attempt = 0
    while True:
        word = seeds.words(seeds.key("word", code, concept, attempt), 7).tolist()
        syllables = [
            onsets[word[2 * i] * len(onsets) >> 64] + vowels[word[2 * i + 1] * len(vowels) >> 64]
            for i in range(2 + word[6] % 2)
        ]
        yield "".join(syllables)
        attempt += 1
