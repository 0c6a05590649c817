"""Clauses: what is said, before any language says it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A proper name: its words, and what it names (PER, LOC or ORG)."""

    words: tuple[str, ...]
    entity: str


@dataclass(frozen=True)
class Noun:
    """A common noun, with its article, a quality, and an owner."""

    concept: str
    article: str | None = "the"
    quality: str | None = None
    owner: "Thing | None" = None


@dataclass(frozen=True)
class Quality:
    """An adjective that is said of somebody."""

    concept: str


@dataclass(frozen=True)
class Asked:
    """What is not known: a word that asks."""

    concept: str


@dataclass(frozen=True)
class Number:
    """Digits."""

    digits: str


@dataclass(frozen=True)
class Manner:
    """An adverb."""

    concept: str


Thing = Name | Noun | Quality | Asked | Number


@dataclass(frozen=True)
class At:
    """A thing after an adposition."""

    preposition: str
    thing: Thing


Phrase = Thing | At | Manner


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One sentence; `past` matters to English alone, which inflects its verbs."""

    subject: Thing
    verb: str
    object: Phrase | None = None
    adjuncts: tuple[At | Manner, ...] = ()
    negated: bool = False
    past: bool = True
    opening: Manner | At | None = None
    """What stands before everything else."""
