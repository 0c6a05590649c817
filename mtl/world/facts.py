"""Facts: what happens to people, how they are, and what is true of them, as clauses that say so."""

from collections.abc import Sequence
from dataclasses import dataclass

from mtl.world.clauses import Asked, At, Clause, Manner, Name, Noun, Number, Quality, Thing
from mtl.world.concepts import (
    CITIES,
    ENCOUNTERS,
    FIRMS,
    FIRST_NAMES,
    MANNERS,
    QUALITIES,
    RELATIONS,
    SURNAMES,
    TOPICS,
    Relation,
)
from mtl.world.dice import Dice

HOURS = 12


@dataclass(frozen=True)
class Fact:
    """What is true of a person: one value of one relation."""

    person: Thing
    relation: Relation
    value: str


def draw_person(dice: Dice) -> Name:
    """Somebody by first name."""
    return Name((dice.pick(FIRST_NAMES),), "PER")


def draw_people(dice: Dice, num: int) -> list[Name]:
    """Different people."""
    return [Name((first,), "PER") for first in dice.sample(FIRST_NAMES, num)]


def draw_somebody(dice: Dice) -> Thing:
    """A person: by name, by full name, or by trade."""
    kind = dice.below(20)
    if kind == 0:
        return Name((dice.pick(FIRST_NAMES), dice.pick(SURNAMES)), "PER")
    if kind < 4:
        return draw_person(dice)
    trades = next(relation.values for relation in RELATIONS if relation.noun == "job")
    return Noun(dice.pick(trades), quality=dice.pick(QUALITIES) if kind < 12 else None)


def draw_firm(dice: Dice) -> Name:
    """An organisation, which is called after a person or a city."""
    return Name((dice.pick((SURNAMES, CITIES)[dice.below(2)]), dice.pick(FIRMS)), "ORG")


def event(dice: Dice, subject: Thing, topic: int, *, full: bool = True) -> Clause:
    """Something that brings about the topic's state; `full`: perhaps with where, when and how."""
    of = TOPICS[topic]
    quality = dice.pick(QUALITIES) if full and dice.below(4) == 0 else None
    place = (At("in", Noun(of.place)),) if full and dice.below(2) else ()
    return Clause(
        subject=subject,
        verb=dice.pick(of.verbs),
        object=Noun(dice.pick(of.things), quality=quality),
        adjuncts=(*place, *circumstances(dice, one_in=6 if full else 0)),
    )


def stay(dice: Dice, subject: Thing, topic: int) -> Clause:
    """Somebody is where the topic's events happen."""
    return Clause(
        subject=subject,
        verb="stay",
        object=At("in", Noun(TOPICS[topic].place)),
        adjuncts=circumstances(dice, one_in=4),
    )


def circumstances(dice: Dice, *, one_in: int) -> tuple[At | Manner, ...]:
    """An hour, a manner or nothing."""
    if not one_in or dice.below(one_in):
        return ()
    return (At("at", Number(str(1 + dice.below(HOURS)))) if dice.below(2) else Manner(dice.pick(MANNERS)),)


def state(dice: Dice, subject: Thing, topic: int, *, past: bool = False, negated: bool = False) -> Clause:
    """Somebody is in the topic's state."""
    quality = Quality(dice.pick(TOPICS[topic].state))
    return Clause(subject=subject, verb="be", object=quality, past=past, negated=negated)


def encounter(dice: Dice, who: Thing, whom: Thing) -> Clause:
    """One person does something to another, somewhere, at some hour, or somehow."""
    kind = dice.below(3)
    circumstance = (
        At("in", Name((dice.pick(CITIES),), "LOC")),
        At("at", Number(str(1 + dice.below(HOURS)))),
        Manner(dice.pick(MANNERS)),
    )[kind]
    return Clause(subject=who, verb=dice.pick(ENCOUNTERS), object=whom, adjuncts=(circumstance,))


def claim(fact: Fact) -> Clause:
    """`Anna lives in Rome`."""
    return _about(fact.person, fact.relation, _value(fact))


def claim_by_noun(fact: Fact) -> Clause:
    """`The home of Anna is Rome`."""
    noun = Noun(fact.relation.noun, owner=fact.person)
    return Clause(subject=noun, verb="be", object=_value(fact), past=False)


def claim_of_value(fact: Fact) -> Clause:
    """`Rome is the home of Anna`: what is asked for may stand first."""
    noun = Noun(fact.relation.noun, owner=fact.person)
    return Clause(subject=_value(fact), verb="be", object=noun, past=False)


CLAIMS = ((claim, "O"), (claim_by_noun, "O"), (claim_of_value, "S"))
"""Three ways to state a fact, and the part of the clause in which its value stands."""


def ask(person: Thing, relation: Relation) -> Clause:
    """`Where does Anna live?`."""
    return _about(person, relation, Asked(relation.asked))


def ask_by_noun(person: Thing, relation: Relation) -> Clause:
    """`What is the home of Anna?`."""
    return Clause(subject=Noun(relation.noun, owner=person), verb="be", object=Asked("what"), past=False)


def draw_facts(dice: Dice, people: Sequence[Thing], num: int) -> list[Fact]:
    """Facts about some people in turn; no relation is told twice while there are others."""
    relations = dice.sample(RELATIONS, min(num, len(RELATIONS)))
    assert num <= len(RELATIONS)
    return [
        Fact(people[i % len(people)], relation, dice.pick(relation.values))
        for i, relation in enumerate(relations)
    ]


def _value(fact: Fact) -> Thing:
    if fact.relation.named:
        return Name((fact.value,), "LOC")
    return Noun(fact.value, fact.relation.article)


def _about(person: Thing, relation: Relation, value: Thing) -> Clause:
    thing = value if relation.preposition is None else At(relation.preposition, value)
    return Clause(subject=person, verb=relation.verb, object=thing, past=False)
