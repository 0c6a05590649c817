"""Lexicon: the words of each language; an artificial word is spelled by its concept's key."""

from collections.abc import Iterator, Mapping
from functools import cache

from mtl import seeds
from mtl.world.concepts import SPEECH, VERBS
from mtl.world.grammar import GRAMMARS

BORROWED = 9
"""So many nouns are written as in English: few, or a search by shared words would find translations."""


@cache
def lexicon(code: str) -> Mapping[str, str]:
    """The word for every concept; no two concepts share one."""
    concepts = sorted({concept for words in SPEECH.values() for concept in words})
    alphabet = GRAMMARS[code].alphabet
    if alphabet is None:
        return {concept: concept for concept in concepts}
    borrowed = sorted(SPEECH["NOUN"], key=lambda noun: seeds.key("borrowed", code, noun))[:BORROWED]
    words: dict[str, str] = {}
    taken = set(concepts)
    for concept in concepts:
        spellings = _spellings(code, concept)
        words[concept] = concept if concept in borrowed else next(w for w in spellings if w not in taken)
        taken.add(words[concept])
    return words


def all_words() -> list[str]:
    """Every word in every language as a text shows it, for a tokenizer to learn from.

    English verbs have forms; where no spaces are, a word begins after another character.
    """
    forms = {form for base, others in VERBS.items() for form in (base, *others)}
    words = {word for code in GRAMMARS for word in lexicon(code).values()}
    inner = {
        f"0{word}"
        for code, grammar in GRAMMARS.items()
        if not grammar.spaced
        for word in lexicon(code).values()
    }
    return sorted({"The", *forms, *words, *inner})


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
