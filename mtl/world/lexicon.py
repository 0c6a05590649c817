"""Lexicon: the words of each language; an artificial word is spelled by its concept's key."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from mtl import seeds
from mtl.world.concepts import SPEECH, VERBS
from mtl.world.grammar import GRAMMARS, SISTERS, grammar

BORROWED = 9
"""So many nouns are written as in English: few, or a search by shared words would find translations."""


COGNATES = 4
"""One word in so many is a sister's own; the others are her elder's."""


@cache
def lexicon(code: str) -> Mapping[str, str]:
    """The word for every concept; no two concepts share one."""
    concepts = sorted({concept for words in SPEECH.values() for concept in words})
    if grammar(code).alphabet is None:
        return {concept: concept for concept in concepts}
    if code in SISTERS:
        return _of_sister(code)
    borrowed = sorted(SPEECH["NOUN"], key=lambda noun: seeds.key("borrowed", code, noun))[:BORROWED]
    words: dict[str, str] = {}
    taken = set(concepts)
    for concept in concepts:
        spellings = _spellings(code, concept)
        words[concept] = concept if concept in borrowed else next(w for w in spellings if w not in taken)
        taken.add(words[concept])
    return words


def _of_sister(code: str) -> Mapping[str, str]:
    """The elder's words, but for some."""
    words = dict(lexicon(SISTERS[code]))
    taken = {*words, *words.values()}
    for concept in words:
        if seeds.key("cognate", code, concept) % COGNATES == 0:
            words[concept] = next(word for word in _spellings(code, concept) if word not in taken)
            taken.add(words[concept])
    return words


def shared_words(one: str, other: str) -> float:
    """The share of concepts that two languages have the same word for."""
    first, second = lexicon(one), lexicon(other)
    return sum(word == second[concept] for concept, word in first.items()) / len(first)


def all_words(sisters: Sequence[str] = ()) -> list[str]:
    """Every word in every language as a text shows it, for a tokenizer to learn from.

    English verbs have forms; where no spaces are, a word is what stands in several surroundings.
    """
    words = {"The", "What", "Where", *(form for base, others in VERBS.items() for form in (base, *others))}
    for code in (*GRAMMARS, *sisters):
        for word in lexicon(code).values():
            apart = word.isascii() or grammar(code).spaced
            words |= {word} if apart else {f"{i}{word}{end}" for i, end in enumerate(".,?")}
    return sorted(words)


def _spellings(code: str, concept: str) -> Iterator[str]:
    """Words of two or three syllables, without end."""
    alphabet = grammar(code).alphabet
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
