"""Speech: a clause in a language, as words with their parts of speech, and as text with their places."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

from mtl.world.clauses import Asked, At, Clause, Manner, Name, Noun, Number, Phrase, Quality
from mtl.world.concepts import SPEECH, VERBS
from mtl.world.grammar import ENGLISH, grammar
from mtl.world.lexicon import lexicon


class Word(NamedTuple):
    """A word as it is written, its part of speech, and what it belongs to: a name, a part of the clause."""

    form: str
    speech: str
    entity: str = ""
    """PER, LOC or ORG."""
    concept: str = ""
    """What it says, where a lexicon has it."""
    part: str = ""
    """S, V, O, X or Q: subject, verb, object, adjunct, opening; D: English `do` before the subject."""


@dataclass(frozen=True)
class Text:
    """Written language: the text, its words, and where each word starts."""

    text: str
    words: tuple[Word, ...]
    starts: tuple[int, ...]


Parts = dict[str, Sequence[Word]]
"""The words of each part of a clause."""


def say(code: str, clause: Clause) -> tuple[Word, ...]:
    """The clause as words, with its full stop or question mark."""
    asks = any(_asks(part) for part in (clause.subject, clause.object, *clause.adjuncts))
    parts: Parts = {
        "S": _phrase(code, clause.subject),
        "O": () if clause.object is None else _phrase(code, clause.object, is_object=clause.verb != "be"),
        "X": [word for adjunct in clause.adjuncts for word in _phrase(code, adjunct)],
        "Q": () if clause.opening is None else _phrase(code, clause.opening),
    }
    if code == ENGLISH:
        order, parts = _english(clause, parts, asks)
    else:
        order, parts = _artificial(code, clause, parts)
    words = [
        Word(form, speech, entity, concept, part)
        for part in order
        for form, speech, entity, concept, _ in parts.get(part, ())
    ]
    if code == ENGLISH:
        words[0] = words[0]._replace(form=words[0].form[0].upper() + words[0].form[1:])
    return (*words, Word("?" if asks else ".", "PUNCT"))


def write(code: str, sentences: Sequence[Sequence[Word]]) -> Text:
    """Sentences one after another, as the language spaces them."""
    spaced = grammar(code).spaced
    words = tuple(chain.from_iterable(sentences))
    pieces: list[str] = []
    starts = []
    length = 0
    before = None
    for word in words:
        if before is not None and word.speech != "PUNCT" and (spaced or _meets_latin(before, word)):
            pieces.append(" ")
            length += 1
        starts.append(length)
        pieces.append(word.form)
        length += len(word.form)
        before = word
    return Text("".join(pieces), words, tuple(starts))


def tell(code: str, *clauses: Clause) -> str:
    """The text of some clauses."""
    return write(code, [say(code, clause) for clause in clauses]).text


def _meets_latin(before: Word, word: Word) -> bool:
    """Whether a space stands between them even in a language without: around Latin words and digits."""
    return word.form.isascii() or (before.speech != "PUNCT" and before.form.isascii())


def _asks(part: Phrase | None) -> bool:
    return isinstance(part, Asked) or (isinstance(part, At) and isinstance(part.thing, Asked))


def _english(clause: Clause, parts: Parts, asks: bool) -> tuple[str, Parts]:
    """English inflects its verbs, and denies and asks with `do`."""
    third, past = VERBS[clause.verb]
    finite = past if clause.past else third
    denial = [Word("not", "PART")] if clause.negated else []
    asked = "O" if _asks(clause.object) else "X" if asks and not _asks(clause.subject) else ""
    if clause.verb == "be":
        parts["V"] = [Word(finite, "AUX", concept="be"), *denial]
        return ("QOVSX" if asked == "O" else "QSVOX"), parts
    if clause.negated or asked:
        does = Word("did" if clause.past else "does", "AUX")
        parts["V"] = [Word(clause.verb, "VERB")]
        if not asked:
            parts["V"] = [does, *denial, *parts["V"]]
            return "QSVOX", parts
        if asked == "O" and isinstance(clause.object, At) and len(parts["O"]) > 1:  # what does she work as?
            parts["V"], parts["O"] = [*parts["V"], parts["O"][0]], parts["O"][1:]
        parts["D"] = [does, *denial]
        return ("QODSVX" if asked == "O" else "QXDSVO"), parts
    parts["V"] = [Word(finite, "VERB", concept=clause.verb)]
    return "QSVOX", parts


def _artificial(code: str, clause: Clause, parts: Parts) -> tuple[str, Parts]:
    habits = grammar(code)
    copular = clause.verb == "be"
    verb = (
        []
        if copular and not habits.copula
        else [Word(lexicon(code)[clause.verb], "AUX" if copular else "VERB", concept=clause.verb)]
    )
    parts["V"] = [*([_word(code, "not")] if clause.negated else []), *verb]
    order = "Q" + habits.order
    if habits.fronts_questions and _asks(clause.object):
        order = "O" + order.replace("O", "")
    return order, parts


@cache
def _phrase(code: str, part: Phrase, *, is_object: bool = False) -> tuple[Word, ...]:
    match part:
        case Name():
            return tuple(Word(form, "PROPN", part.entity) for form in part.words)
        case Noun():
            return tuple(_noun(code, part, is_object=is_object))
        case Number():
            return (Word(part.digits, "NUM"),)
        case Asked() | Quality() | Manner():
            return (_word(code, part.concept),)
        case At():
            adposition, inner = _word(code, part.preposition), _phrase(code, part.thing)
            if part.thing == Asked("where"):
                return inner
            return (adposition, *inner) if grammar(code).prepositions else (*inner, adposition)


def _noun(code: str, noun: Noun, *, is_object: bool) -> list[Word]:
    habits = grammar(code)
    head = _word(code, noun.concept)
    if is_object:
        head = head._replace(form=head.form + habits.marks_object)
    words = [head]
    if noun.quality is not None:
        quality = _word(code, noun.quality)
        words = [quality, head] if habits.adjective_first else [head, quality]
    if noun.article is not None and habits.articles:
        words = [_article(code, noun.article, words[0].form), *words]
    if noun.owner is not None:
        owner = _phrase(code, At("of", noun.owner))
        words = [*words, *owner] if habits.prepositions else [*owner, *words]
    return words


def _article(code: str, article: str, following: str) -> Word:
    word = _word(code, article)
    return word._replace(form="an") if word.form == "a" and following[0] in "aeiou" else word


def _word(code: str, concept: str) -> Word:
    return Word(lexicon(code)[concept], _speech()[concept], concept=concept)


@cache
def _speech() -> dict[str, str]:
    """The part of speech of every concept that is not a verb (English `play` is one and not the other)."""
    return {concept: speech for speech, concepts in SPEECH.items() for concept in concepts}
