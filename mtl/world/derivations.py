"""Derivations: sentences of the world with their categorial-grammar trees, whose leaves carry the supertags.

A word's category follows from its class and its neighbours: an adjective before a noun is not one after `is`,
a verb after `will` is not one after its subject, and a preposition's category says what its phrase modifies.
"""

import re
from dataclasses import dataclass

from mtl.world.concepts import CITIES, FIRST_NAMES, MANNERS, QUALITIES, RELATIONS, SURNAMES, TOPICS, VERBS
from mtl.world.dice import Dice

_INTRANSITIVE = ("play", "stay", "work")
_TRANSITIVE = tuple(verb for topic in TOPICS for verb in topic.verbs)
_NOUNS = tuple(thing for topic in TOPICS for thing in topic.things)
_TRADES = next(relation.values for relation in RELATIONS if relation.noun == "job")
_BASE, _FINITE = "S[b]", "S[dcl]"


@dataclass(frozen=True)
class Leaf:
    """A word with its category and its part of speech."""

    category: str
    pos: str
    word: str


@dataclass(frozen=True)
class Node:
    """One or two parts, and which of them is the head."""

    category: str
    head: int
    parts: tuple["Tree", ...]


Tree = Leaf | Node


def draw_sentence(dice: Dice) -> Tree:
    """A sentence with a full stop."""
    sentence = _combine(_noun_phrase(dice), _verb_phrase(dice))
    return Node(sentence.category, 0, (sentence, Leaf(".", ".", ".")))


def leaves(tree: Tree) -> list[Leaf]:
    """The words in order."""
    return [tree] if isinstance(tree, Leaf) else [leaf for part in tree.parts for leaf in leaves(part)]


def render(tree: Tree) -> str:
    """The tree as CCGbank writes it."""
    if isinstance(tree, Leaf):
        return f"(<L {tree.category} {tree.pos} {tree.pos} {tree.word} {tree.category}>)"
    parts = " ".join(render(part) for part in tree.parts)
    return f"(<T {tree.category} {tree.head} {len(tree.parts)}> {parts} )"


def _noun_phrase(dice: Dice, *, deep: bool = True) -> Tree:
    kind = dice.below(5 if deep else 4)
    if kind == 0:
        return _name(dice)
    if kind == 1:
        first, last = Leaf("N/N", "NNP", dice.pick(FIRST_NAMES)), Leaf("N", "NNP", dice.pick(SURNAMES))
        return _raised(_combine(first, last))
    noun: Tree = Leaf("N", "NN", dice.pick((_TRADES, _NOUNS)[dice.below(2)]))
    for _ in range(dice.below(3)):
        noun = _combine(Leaf("N/N", "JJ", dice.pick(QUALITIES)), noun)
    phrase = Node("NP", 1, (Leaf("NP[nb]/N", "DT", "the"), noun))
    if kind < 4:
        return phrase
    owner = _combine(Leaf("(NP\\NP)/NP", "IN", "of"), _name(dice))
    return Node("NP", 0, (phrase, owner))


def _verb_phrase(dice: Dice) -> Tree:
    kind = dice.below(5)
    if kind == 0:
        adjective = Leaf("S[adj]\\NP", "JJ", dice.pick(QUALITIES))
        return _combine(Leaf("(S[dcl]\\NP)/(S[adj]\\NP)", "VBZ", "is"), adjective)
    if kind == 1:
        return _combine(
            Leaf("(S[dcl]\\NP)/(S[b]\\NP)", "MD", "will"), _modified(dice, _plain_verb(dice, _BASE))
        )
    if kind == 2:
        does = Leaf("(S[dcl]\\NP)/(S[b]\\NP)", "VBZ", "does")
        denied = Node(does.category, 0, (does, Leaf("(S\\NP)\\(S\\NP)", "RB", "not")))
        return _combine(denied, _plain_verb(dice, _BASE))
    return _modified(dice, _plain_verb(dice, _FINITE))


def _plain_verb(dice: Dice, mood: str) -> Tree:
    base = mood == _BASE
    pos = "VB" if base else "VBZ"
    kind = dice.below(3)
    if kind == 0:
        return Leaf(f"{mood}\\NP", pos, _form(dice.pick(_INTRANSITIVE), base))
    if kind == 1:
        return _combine(
            Leaf(f"({mood}\\NP)/NP", pos, _form(dice.pick(_TRANSITIVE), base)), _noun_phrase(dice, deep=False)
        )
    place = _combine(Leaf("PP/NP", "IN", "in"), _city(dice))
    return _combine(Leaf(f"({mood}\\NP)/PP", pos, ("lives", "live")[base]), place)


def _form(verb: str, base: bool) -> str:
    return verb if base else VERBS[verb][0]


def _modified(dice: Dice, verb: Tree) -> Tree:
    kind = dice.below(4)
    if kind == 0:
        return _combine(verb, Leaf("(S\\NP)\\(S\\NP)", "RB", dice.pick(MANNERS)))
    if kind == 1:
        return _combine(verb, _combine(Leaf("((S\\NP)\\(S\\NP))/NP", "IN", "near"), _city(dice)))
    return verb


def _name(dice: Dice) -> Tree:
    return _raised(Leaf("N", "NNP", dice.pick(FIRST_NAMES)))


def _city(dice: Dice) -> Tree:
    return _raised(Leaf("N", "NNP", dice.pick(CITIES)))


def _raised(noun: Tree) -> Tree:
    return Node("NP", 0, (noun,))


def _combine(left: Tree, right: Tree) -> Tree:
    """Forward or backward application. A modifier (X/X) is not the head, and passes on the features."""
    result, slash, argument = _split(left.category)
    if slash == "/" and _bare(argument) == _bare(right.category):
        return (
            Node(right.category, 1, (left, right)) if result == argument else Node(result, 0, (left, right))
        )
    result, slash, argument = _split(right.category)
    assert slash == "\\" and _bare(argument) == _bare(left.category), (left, right)
    return Node(left.category, 0, (left, right)) if result == argument else Node(result, 1, (left, right))


def _split(category: str) -> tuple[str, str, str]:
    """Result, slash and argument of a category; an atomic one has only a result."""
    depth = 0
    for place in range(len(category) - 1, -1, -1):
        depth += (category[place] == ")") - (category[place] == "(")
        if depth == 0 and category[place] in "/\\":
            return _unwrap(category[:place]), category[place], _unwrap(category[place + 1 :])
    return category, "", ""


def _unwrap(category: str) -> str:
    return category[1:-1] if category.startswith("(") else category


def _bare(category: str) -> str:
    """A category without its features."""
    return re.sub(r"\[[a-z]+\]", "", category)
