"""Every label of the world follows from its text: a reader who knows the sentences alone finds it."""

import re
from collections import Counter
from itertools import product

import pytest

from mtl.world.customs import ACTIVITIES, OUTCOMES, PLACES
from mtl.world.dice import Dice
from mtl.world.facts import PEOPLE, VALUES, Fact, draw_scene
from mtl.world.items import (
    NOBODY_KNOWS,
    draw_continuation,
    draw_inference,
    draw_narrative,
    draw_paragraph,
    draw_question_pair,
    draw_riddle,
    draw_text,
)
from mtl.world.sentences import DENIALS, QUESTIONS, STATEMENTS

NUM = 400


def understood(templates: dict[str, tuple[str, ...]], sentence: str) -> Fact:
    """The one fact that a sentence is about, found by trying all templates."""
    found = set()
    for relation, forms in templates.items():
        for form in forms:
            pattern = re.escape(form).replace(r"a\ \{value\}", r"an?\ \{value\}")
            pattern = pattern.replace(r"\{person\}", "(?P<person>[A-Z][a-z]+)").replace(
                r"\{value\}", "(?P<value>[A-Za-z]+)"
            )
            if match := re.fullmatch(pattern, sentence):
                value = match.groupdict().get("value", "")
                if not value or value in VALUES[relation]:
                    found.add(Fact(match["person"], relation, value))
    assert len(found) == 1, (sentence, found)
    return found.pop()


def sentences(text: str) -> list[str]:
    return [f"{sentence}." for sentence in text.rstrip(".").split(". ")]


@pytest.mark.parametrize("num_facts", [1, 2, 3, 4, 5])
def test_an_inferences_label_follows_from_its_premise(num_facts: int) -> None:
    labels: Counter[str] = Counter()
    for i in range(NUM):
        item = draw_inference(Dice("inference", num_facts, i), num_facts=num_facts)
        said = {understood(dict(STATEMENTS), sentence) for sentence in sentences(item.premise)}
        assert len(said) == num_facts
        values = {(fact.person, fact.relation): fact.value for fact in said}
        denied = " not " in item.hypothesis or "cannot" in item.hypothesis
        fact = understood(dict(DENIALS if denied else STATEMENTS), item.hypothesis)
        value = values.get((fact.person, fact.relation))
        follows = (
            "neutral"
            if value is None
            else "entailment"
            if (value == fact.value) != denied
            else "contradiction"
        )
        assert item.label == follows, item
        labels[item.label] += 1
    assert min(labels.values()) > NUM / 4


def test_two_questions_are_the_same_if_they_ask_after_the_same_fact() -> None:
    counts: Counter[bool] = Counter()
    for i in range(NUM):
        item = draw_question_pair(Dice("question", i))
        first, second = (understood(dict(QUESTIONS), text) for text in (item.first, item.second))
        assert item.same == (first == second), item
        assert item.first != item.second
        counts[item.same] += 1
    assert min(counts.values()) > NUM / 3


@pytest.mark.parametrize("answerable", [True, False])
def test_an_answer_is_in_the_context_where_it_says_and_only_if_the_fact_is_stated(answerable: bool) -> None:
    untold = 0
    for i in range(NUM):
        item = draw_paragraph(Dice("paragraph", answerable, i), title="T", answerable=answerable)
        said = {understood(dict(STATEMENTS), sentence) for sentence in sentences(item.context)}
        values = {(fact.person, fact.relation): fact.value for fact in said}
        for question in item.questions:
            asked = understood(dict(QUESTIONS), question.text)
            assert question.told == ((asked.person, asked.relation) in values), (item.context, question)
            assert item.context[question.start : question.start + len(question.answer)] == question.answer
            assert not question.told or values[asked.person, asked.relation] == question.answer
            untold += not question.told
    assert untold == 0 if answerable else NUM * 3 / 4 < untold < NUM * 5 / 4


def test_only_the_right_ending_is_done_at_the_place() -> None:
    for i in range(NUM):
        item = draw_continuation(Dice("ending", i))
        place = item.scene.rstrip(".").rsplit(" ", 1)[1]
        assert [ending in ACTIVITIES[place] for ending in item.endings] == [n == item.right for n in range(4)]


def test_the_right_outcome_follows_from_the_narrative() -> None:
    blanks: Counter[bool] = Counter()
    for i in range(NUM):
        item = draw_narrative(Dice("narrative", i))
        (outcome,) = {
            outcome for *signs, outcome in OUTCOMES.values() if any(sign in item.context for sign in signs)
        }
        fitting = [n for n, choice in enumerate(item.choices) if choice.endswith(outcome)]
        blanks.update(n == item.right for n, choice in enumerate(item.choices) if choice == NOBODY_KNOWS)
        assert fitting == [item.right] or item.choices[item.right] == NOBODY_KNOWS
    assert min(blanks[True], blanks[False]) > NUM / 16


def test_a_thing_is_in_one_place_alone() -> None:
    assert max(Counter(thing for things in PLACES.values() for thing in things).values()) == 1
    for i in range(NUM):
        item = draw_riddle(Dice("riddle", i))
        assert [item.concept in PLACES[place] for place in item.choices] == [
            n == item.right for n in range(5)
        ]
        assert item.concept in item.question


def test_every_place_among_the_choices_is_right_now_and_then() -> None:
    for draw, num in ((draw_continuation, 4), (draw_narrative, 4), (draw_riddle, 5)):
        counts = Counter(draw(Dice("place", i)).right for i in range(NUM))
        assert set(counts) == set(range(num))
        assert min(counts.values()) > NUM / num / 2


@pytest.mark.parametrize(("num_people", "num_facts"), [(1, 1), (1, 5), (2, 3), (3, 7), (3, 15)])
def test_a_scene_says_each_relation_once_and_leaves_one_unsaid(num_people: int, num_facts: int) -> None:
    for i in range(50):
        scene = draw_scene(Dice("scene", i), num_people=num_people, num_facts=num_facts)
        said = Counter(fact.person for fact in scene)
        assert len({(fact.person, fact.relation) for fact in scene}) == len(scene) == num_facts
        assert len(said) == num_people
        assert max(said.values()) < len(VALUES)


def test_text_is_made_of_whole_lines() -> None:
    lines = [line for i in range(NUM) for line in draw_text(Dice("text", i))]
    assert all(line.strip() == line and line[-1] in ".?" and "{" not in line for line in lines)


def test_no_name_hides_in_another_and_no_value_has_two_meanings() -> None:
    assert len(PEOPLE) == len(set(PEOPLE))
    values = [value for values in VALUES.values() for value in values]
    assert len(values) == len(set(values))
    assert not {name.lower() for name in PEOPLE} & {value.lower() for value in values}
    for template, value in product(
        (form for forms in STATEMENTS.values() for form in forms), ("{person}", "{value}")
    ):
        assert template.count(value) == 1
