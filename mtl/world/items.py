"""Items: what a row asks and what is right, before any language and any file format.

A label depends on how two parts of an item go together, never on one of them, and no word stands in both
parts under one label more often than under another: counting words tells nothing.
"""

from dataclasses import dataclass

from mtl.world.clauses import At, Clause, Name, Number
from mtl.world.concepts import CITIES, ENCOUNTERS, RELATIONS, TOPICS, opposite
from mtl.world.dice import Dice
from mtl.world.facts import (
    CLAIMS,
    HOURS,
    ask,
    ask_by_noun,
    draw_facts,
    draw_people,
    draw_person,
    event,
    state,
    stay,
)

INFERENCES = ("entailment", "neutral", "contradiction")


@dataclass(frozen=True)
class Inference:
    """Some sentences, another, and how that one stands to them."""

    premise: tuple[Clause, ...]
    hypothesis: Clause
    label: str


@dataclass(frozen=True)
class Pair:
    """Two sentences, and whether they say or ask the same."""

    first: Clause
    second: Clause
    same: bool


@dataclass(frozen=True)
class Choice:
    """A premise, what may go with it, and the place of what does."""

    premise: Clause
    choices: tuple[Clause, ...]
    right: int
    asks: str = "effect"
    """Whether the choices come after the premise (effect) or before (cause)."""


@dataclass(frozen=True)
class Question:
    """A question on a passage: the sentence that answers it, or that a careless reader might take."""

    clause: Clause
    sentence: int
    part: str
    """The part of that sentence that holds the answer."""
    told: bool


@dataclass(frozen=True)
class Passage:
    """Sentences and what is asked about them."""

    sentences: tuple[Clause, ...]
    questions: tuple[Question, ...]


def draw_inference(dice: Dice, *, num_others: int = 0) -> Inference:
    """An event, perhaps among those of others; the hypothesis says how somebody is.

    With others, every second hypothesis is a denial.
    """
    people = draw_people(dice, 1 + num_others)
    topics = [dice.below(len(TOPICS)) for _ in people]
    premise = [event(dice, person, topic) for person, topic in zip(people, topics, strict=True)]
    label = dice.pick(INFERENCES)
    axis = topics[0] // 2
    said = topics[0] if label == "entailment" else opposite(topics[0])
    if label == "neutral":
        said = dice.pick([topic for topic in range(len(TOPICS)) if topic // 2 != axis])
    denied = num_others > 0 and dice.below(2) == 1
    if denied:
        said = opposite(said)
    hypothesis = state(dice, people[0], said, negated=denied)
    return Inference(tuple(dice.sample(premise, len(premise))), hypothesis, label)


def draw_question_pair(dice: Dice) -> Pair:
    """A question by its verb and one by its noun: after the same relation, or after another."""
    person, relation = draw_person(dice), dice.pick(RELATIONS)
    same = bool(dice.below(2))
    other = relation if same else dice.pick([one for one in RELATIONS if one is not relation])
    return Pair(ask(person, relation), ask_by_noun(person, other), same)


def draw_paraphrase(dice: Dice) -> Pair:
    """The same words twice: with its place or hour moved, or with the two people exchanged as well."""
    who, whom = draw_people(dice, 2)
    city = Name((dice.pick(CITIES),), "LOC")
    where = At("in", city) if dice.below(2) else At("at", Number(str(1 + dice.below(HOURS))))
    verb = dice.pick(ENCOUNTERS)
    same = bool(dice.below(2))
    first = Clause(subject=who, verb=verb, object=whom, adjuncts=(where,))
    second = Clause(subject=who if same else whom, verb=verb, object=whom if same else who, opening=where)
    return Pair(first, second, same)


def draw_consequence(dice: Dice, *, num_choices: int) -> Choice:
    """What is the cause, or the effect? An event with some states, or a state with some events."""
    topics = dice.sample(range(len(TOPICS)), num_choices)
    right = dice.below(num_choices)
    person = draw_person(dice)
    if dice.below(2):
        premise = event(dice, person, topics[right])
        return Choice(premise, tuple(state(dice, person, topic) for topic in topics), right)
    premise = state(dice, person, topics[right])
    events = tuple(event(dice, person, topic, full=False) for topic in topics)
    return Choice(premise, events, right, "cause")


def draw_continuation(dice: Dice) -> Choice:
    """Somebody is somewhere; only one of four events happens there."""
    topics = dice.sample(range(len(TOPICS)), 4)
    right = dice.below(4)
    person = draw_person(dice)
    choices = tuple(event(dice, person, topic, full=False) for topic in topics)
    return Choice(stay(dice, person, topics[right]), choices, right)


def draw_narrative(dice: Dice) -> Choice:
    """Somebody is in a state: what came before, or what will change it? Two pairs of opposites."""
    first, second = dice.sample(range(len(TOPICS) // 2), 2)
    topics = dice.sample([2 * first, 2 * first + 1, 2 * second, 2 * second + 1], 4)
    right = dice.below(4)
    person = draw_person(dice)
    choices = tuple(event(dice, person, topic, full=False) for topic in topics)
    cause = dice.below(2)
    felt = topics[right] if cause else opposite(topics[right])
    return Choice(state(dice, person, felt, past=True), choices, right, "cause" if cause else "effect")


@dataclass(frozen=True)
class Riddle:
    """A thing, some places, and which of them is its own."""

    thing: str
    places: tuple[str, ...]
    right: int


def draw_riddle(dice: Dice) -> Riddle:
    """Where is a thing found?"""
    topics = dice.sample(range(len(TOPICS)), 5)
    right = dice.below(5)
    thing = dice.pick(TOPICS[topics[right]].things)
    return Riddle(thing, tuple(TOPICS[topic].place for topic in topics), right)


def draw_passage(dice: Dice, *, answerable: bool) -> Passage:
    """Facts about two people and three questions; without `answerable` about a third have no answer."""
    facts = draw_facts(dice, draw_people(dice, 2), 5)
    told = {fact.relation.noun for fact in facts}
    silent = [relation for relation in RELATIONS if relation.noun not in told]
    claims = [dice.pick(CLAIMS) for _ in facts]
    questions = []
    for number in dice.sample(range(len(facts)), 3):
        fact = facts[number]
        has_answer = answerable or dice.below(3) > 0
        relation = fact.relation if has_answer else dice.pick(silent)
        clause = ask(fact.person, relation) if dice.below(2) else ask_by_noun(fact.person, relation)
        questions.append(Question(clause, number, claims[number][1], has_answer))
    sentences = tuple(claim(fact) for fact, (claim, _) in zip(facts, claims, strict=True))
    return Passage(sentences, tuple(questions))
