"""Exact match and token F1 of answers by MLQA's rules, which differ from language to language."""

import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from mtl.errors import UserError
from mtl.evaluate.metrics.answers import SpanAnswer, Tokens, answer_scores
from mtl.languages import PRIVATE_USE


class _NoPunctuation(dict[int, int | None]):
    """A table for `str.translate` that drops Unicode and ASCII punctuation, filled as characters turn up."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        drop = unicodedata.category(char).startswith("P") or char in string.punctuation
        self[code] = None if drop else code
        return self[code]


_NO_PUNCTUATION = _NoPunctuation()
_CHINESE_CHARACTER = re.compile("([\u4e00-\u9fa5])")


def mlqa(
    predictions: Sequence[SpanAnswer | None], golds: Sequence[tuple[str, ...]], *, language: str = "en"
) -> dict[str, float]:
    """Exact match, F1 and their mean, each text being cut as its language wants it."""
    words = _rules(language)
    if words is None:
        raise UserError(f"metric mlqa has no rules for language {language!r}; it knows {', '.join(_WORDS)}")
    return answer_scores(predictions, golds, lambda text: words(text.lower().translate(_NO_PUNCTUATION)))


def knows(language: str) -> bool:
    """Whether there are rules for the language."""
    return _rules(language) is not None


def _rules(language: str) -> Callable[[str], Tokens] | None:
    # Artificial languages, which the benchmark does not know, have no articles, and words between spaces.
    return str.split if PRIVATE_USE.fullmatch(language) else _WORDS.get(language)


def _words_without(articles: str) -> Callable[[str], Tokens]:
    pattern = re.compile(rf"\b(?:{articles})\b")
    return lambda text: pattern.sub(" ", text).split()


def _arabic_words(text: str) -> Tokens:
    # The article goes wherever its two letters stand, inside words too: that is the benchmark's rule.
    return text.replace("ال", " ").split()


def _chinese_words(text: str) -> Tokens:
    return _CHINESE_CHARACTER.sub(r" \1 ", text).split()


_WORDS: Mapping[str, Callable[[str], Tokens]] = MappingProxyType(
    {
        "en": _words_without("a|an|the"),
        "es": _words_without("un|una|unos|unas|el|la|los|las"),
        "de": _words_without("ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des"),
        "vi": _words_without("của|là|cái|chiếc|những"),
        "ar": _arabic_words,
        "hi": str.split,
        "zh": _chinese_words,
    }
)
