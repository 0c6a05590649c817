"""Dictionaries from English, as MUSE has them: true ones, and shuffled ones as a placebo."""

from collections.abc import Iterator

from mtl import seeds
from mtl.world.concepts import SPEECH, VERBS
from mtl.world.grammar import grammar
from mtl.world.lexicon import lexicon


def write_dictionary(seed: int, num: int, *, code: str, shuffled: bool = False) -> Iterator[str]:
    """A word and a translation a line, all words whatever `num` is; shuffled, every word means another's."""
    entries = _entries(code)
    words, meanings = zip(*entries, strict=True)
    if shuffled:
        order = seeds.shuffled(seeds.key(seed, "shuffled", code), len(entries)).tolist()
        meanings = tuple(meanings[place] for place in order)
    lines = [f"{word} {form}\n" for word, forms in zip(words, meanings, strict=True) for form in forms]
    return (
        lines[place] for place in seeds.shuffled(seeds.key(seed, "dictionary", code), len(lines)).tolist()
    )


def _entries(code: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every English form of a word that the language has another word for, with its forms there."""
    habits, known = grammar(code), lexicon(code)
    lacking = {*(() if habits.articles else SPEECH["DET"]), *(() if habits.copula else ("be",))}
    entries: list[tuple[str, tuple[str, ...]]] = []
    for concept, word in known.items():
        if concept in lacking or word == concept:
            continue
        is_object = bool(habits.marks_object) and concept in SPEECH["NOUN"]
        forms: tuple[str, ...] = (word, word + habits.marks_object) if is_object else (word,)
        entries += [(english, forms) for english in dict.fromkeys((concept, *VERBS.get(concept, ())))]
    return entries
