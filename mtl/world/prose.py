"""Prose: plain text in one language, and lines that hold a text in two."""

from collections.abc import Sequence

from mtl.world.clauses import At, Clause, Noun
from mtl.world.concepts import SPEECH, TOPICS, VERBS, opposite
from mtl.world.dice import Dice
from mtl.world.facts import (
    CLAIMS,
    ask,
    ask_by_noun,
    draw_facts,
    draw_firm,
    draw_people,
    draw_person,
    draw_somebody,
    encounter,
    event,
    state,
    stay,
)
from mtl.world.grammar import ENGLISH
from mtl.world.lexicon import lexicon
from mtl.world.speech import Word, say, tell, write

GLOSSED = tuple(concept for speech in ("VERB", "ADJ", "NOUN") for concept in SPEECH[speech])


def draw_sentence(dice: Dice) -> Clause:
    """Any one statement of the world."""
    kind = dice.below(6)
    if kind < 2:
        return event(dice, draw_somebody(dice), dice.below(len(TOPICS)))
    if kind == 2:
        return state(dice, draw_somebody(dice), dice.below(len(TOPICS)), past=bool(dice.below(2)))
    if kind == 3:
        return encounter(
            dice, draw_somebody(dice), draw_firm(dice) if dice.below(8) == 0 else draw_somebody(dice)
        )
    if kind == 4:
        return dice.pick(CLAIMS)[0](draw_facts(dice, [draw_somebody(dice)], 1)[0])
    return stay(dice, draw_somebody(dice), dice.below(len(TOPICS)))


def draw_piece(dice: Dice) -> tuple[Clause, ...]:
    """A few sentences that belong together."""
    kind = dice.below(8)
    if kind < 5:
        return _story(dice, kind)
    if kind == 5:
        return (draw_sentence(dice),)
    people = draw_people(dice, 2)
    facts = draw_facts(dice, people, 2 + dice.below(2))
    fact = dice.pick(facts)
    if kind == 6:
        return tuple(one(fact) for one, _ in dice.sample(CLAIMS, 2))
    asked = ask if dice.below(2) else ask_by_noun
    told = [dice.pick(CLAIMS)[0](one) for one in (*facts, fact)]
    return (*told[:-1], asked(fact.person, fact.relation), told[-1])


def _story(dice: Dice, kind: int) -> tuple[Clause, ...]:
    topic = dice.below(len(TOPICS))
    person = draw_person(dice)
    if kind < 2:
        happened, then = event(dice, person, topic), state(dice, person, topic)
        return (happened, then) if dice.below(2) else (then, happened)
    if kind == 2:
        need = state(dice, person, opposite(topic), past=True)
        return (need, event(dice, person, topic, full=False))
    if kind == 3:
        return (stay(dice, person, topic), event(dice, person, topic, full=False))
    thing = Noun(dice.pick(TOPICS[topic].things))
    lies = Clause(subject=thing, verb="be", object=At("in", Noun(TOPICS[topic].place)), past=False)
    return (lies, state(dice, person, topic), state(dice, person, opposite(topic), negated=True))


def write_piece(code: str, dice: Dice) -> str:
    """A line of text."""
    return tell(code, *draw_piece(dice))


def write_both(code: str, dice: Dice) -> str:
    """A line in English and another language: mixed by words or by sentences, a translation, a glossary."""
    kind = dice.below(5)
    swapped = bool(dice.below(2))
    if kind < 2:
        return _mixed(code, ENGLISH, dice) if swapped else _mixed(ENGLISH, code, dice)
    if kind == 2:
        return " ".join(
            tell((ENGLISH, code)[(i + swapped) % 2], clause) for i, clause in enumerate(draw_piece(dice))
        )
    if kind == 3:
        clause = draw_sentence(dice)
        both = [tell(ENGLISH, clause), tell(code, clause)]
        return " ".join(reversed(both) if swapped else both)
    entries = [dice.pick(GLOSSED) for _ in range(3)]
    pairs = [(lexicon(ENGLISH)[entry], lexicon(code)[entry]) for entry in entries]
    return ", ".join(" ".join(reversed(pair) if swapped else pair) for pair in pairs)


def gloss(code: str, dice: Dice) -> tuple[Sequence[str], Sequence[str]]:
    """The words of a piece and what each means: a concept, or itself where all languages write it alike."""
    words = [word for clause in draw_piece(dice) for word in say(code, clause)]
    return [word.form for word in words], [word.concept or word.form.lower() for word in words]


def _mixed(code: str, other: str, dice: Dice) -> str:
    """A text in one language, every second word of which is in another, as the bilingual speak."""
    return write(
        code,
        [
            [
                _in(other, word, clause) if word.concept and dice.below(2) else word
                for word in say(code, clause)
            ]
            for clause in draw_piece(dice)
        ],
    ).text


def _in(code: str, word: Word, clause: Clause) -> Word:
    """The word in another language; English is to be inflected."""
    form = lexicon(code)[word.concept]
    if code == ENGLISH and word.concept == clause.verb:
        form = VERBS[word.concept][clause.past]
    return word._replace(form=form)
