"""Counting words tells no label: what is right follows from how two parts go together, in every language."""

from collections.abc import Callable

import pytest

from mtl.world.clauses import Clause
from mtl.world.dice import Dice
from mtl.world.items import (
    Choice,
    draw_consequence,
    draw_continuation,
    draw_inference,
    draw_narrative,
    draw_paraphrase,
    draw_question_pair,
    draw_riddle,
)
from mtl.world.speech import tell
from tests.kit.bags import bags, choice_accuracy, label_accuracy

NUM = 4500
"""A third is scored: 1500 items have an interval of at most 2.6 points to each side."""
MARGIN = 0.05

Pair = tuple[tuple[Clause, ...], Clause, str]


def inference(dice: Dice, others: int) -> Pair:
    item = draw_inference(dice, num_others=others)
    return item.premise, item.hypothesis, item.label


def question_pair(dice: Dice) -> Pair:
    item = draw_question_pair(dice)
    return (item.first,), item.second, str(item.same)


def paraphrase(dice: Dice) -> Pair:
    item = draw_paraphrase(dice)
    return (item.first,), item.second, str(item.same)


PAIRS: dict[str, tuple[Callable[[Dice], Pair], int]] = {
    "snli, mnli and xnli": (lambda dice: inference(dice, 0), 3),
    "anli, first round": (lambda dice: inference(dice, 1), 3),
    "anli, last round": (lambda dice: inference(dice, 3), 3),
    "qqp": (question_pair, 2),
    "pawsx": (paraphrase, 2),
}
CHOICES: dict[str, tuple[Callable[[Dice], Choice], int]] = {
    "copa and xcopa": (lambda dice: draw_consequence(dice, num_choices=2), 2),
    "siqa": (lambda dice: draw_consequence(dice, num_choices=3), 3),
    "hellaswag": (draw_continuation, 4),
    "cosmosqa": (draw_narrative, 4),
}


@pytest.mark.parametrize("code", ["en", "qab"])
@pytest.mark.parametrize("name", PAIRS)
def test_the_words_of_a_pair_do_not_tell_its_label(name: str, code: str) -> None:
    draw, labels = PAIRS[name]
    items = [draw(Dice("floor", name, i)) for i in range(NUM)]
    second = [tell(code, item[1]) for item in items]
    both = [f"{tell(code, *item[0])} {text}" for item, text in zip(items, second, strict=True)]
    golds = [item[2] for item in items]
    assert label_accuracy(bags(second), golds) < 1 / labels + MARGIN
    assert label_accuracy(bags(both), golds) < 1 / labels + MARGIN


@pytest.mark.parametrize("name", CHOICES)
def test_the_words_of_a_choice_do_not_tell_whether_it_is_right(name: str) -> None:
    draw, choices = CHOICES[name]
    items = [draw(Dice("floor", name, i)) for i in range(NUM)]
    alone = [tell("en", choice) for item in items for choice in item.choices]
    told = [f"{tell('en', item.premise)} {tell('en', one)}" for item in items for one in item.choices]
    golds = [item.right for item in items]
    for texts in (alone, told):
        assert choice_accuracy(bags(texts).reshape(NUM, choices, -1), golds) < 1 / choices + MARGIN


def test_the_words_of_a_riddles_places_do_not_tell_the_right_one() -> None:
    items = [draw_riddle(Dice("floor", i)) for i in range(NUM)]
    alone = [place for item in items for place in item.places]
    told = [f"{item.thing} {place}" for item in items for place in item.places]
    golds = [item.right for item in items]
    for texts in (alone, told):
        assert choice_accuracy(bags(texts).reshape(NUM, 5, -1), golds) < 1 / 5 + MARGIN


def test_a_classifier_that_could_see_both_parts_at_once_would_find_the_label() -> None:
    """The measure can tell something from nothing: give it which words stand in which part, together."""
    items = [inference(Dice("floor", "joint", i), 0) for i in range(NUM)]
    joined = []
    for premise, hypothesis, _ in items:
        (event,) = premise
        state = tell("en", hypothesis).split()[-1].strip(".")
        joined.append(f"{event.verb}{state}")
    assert label_accuracy(bags(joined), [item[2] for item in items], steps=600) > 0.6
