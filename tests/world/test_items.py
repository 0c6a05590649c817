"""Every label of the world follows from its text: a reader who knows the words alone finds it."""

import re
from collections import Counter

import pytest

from mtl.world.concepts import FIRST_NAMES, RELATIONS, TOPICS, VERBS, opposite
from mtl.world.dice import Dice
from mtl.world.items import (
    Choice,
    draw_consequence,
    draw_continuation,
    draw_inference,
    draw_narrative,
    draw_paraphrase,
    draw_passage,
    draw_question_pair,
    draw_riddle,
)
from mtl.world.speech import tell

NUM = 400
TOPIC_OF = {
    word: number
    for number, topic in enumerate(TOPICS)
    for word in (*topic.state, topic.place, *(form for verb in topic.verbs for form in (verb, *VERBS[verb])))
}
RELATION_OF = {
    word: relation.noun
    for relation in RELATIONS
    for word in (relation.noun, relation.verb, VERBS[relation.verb][0])
}


def topics(text: str) -> set[int]:
    """The topics of which a text speaks."""
    return {TOPIC_OF[word] for word in re.findall(r"\w+", text) if word in TOPIC_OF}


def topic(text: str) -> int:
    (one,) = topics(text)
    return one


def relation(text: str) -> str:
    """The relation of which a sentence speaks."""
    (one,) = {RELATION_OF[word] for word in re.findall(r"\w+", text) if word in RELATION_OF}
    return one


def people(text: str) -> list[str]:
    """Who is spoken of."""
    return [word for word in re.findall(r"\w+", text) if word in FIRST_NAMES]


@pytest.mark.parametrize("num_others", [0, 1, 2, 3])
def test_an_inferences_label_follows_from_its_premise(num_others: int) -> None:
    labels: Counter[str] = Counter()
    denials = 0
    for i in range(NUM):
        item = draw_inference(Dice("inference", num_others, i), num_others=num_others)
        happened = {
            sentence.split()[0]: topic(sentence)
            for sentence in tell("en", *item.premise).rstrip(".").split(". ")
        }
        assert len(happened) == 1 + num_others
        hypothesis = tell("en", item.hypothesis)
        is_so, said = happened[hypothesis.split()[0]], topic(hypothesis)
        denied = " not " in hypothesis
        said = opposite(said) if denied else said
        follows = {is_so: "entailment", opposite(is_so): "contradiction"}.get(said, "neutral")
        assert item.label == follows, (item.premise, hypothesis)
        labels[item.label] += 1
        denials += denied
    assert min(labels.values()) > NUM / 4
    assert denials == 0 if num_others == 0 else NUM / 3 < denials < NUM * 2 / 3


def test_two_questions_are_the_same_if_they_ask_after_the_same_relation() -> None:
    counts: Counter[bool] = Counter()
    for i in range(NUM):
        item = draw_question_pair(Dice("question", i))
        assert item.same == (relation(tell("en", item.first)) == relation(tell("en", item.second)))
        counts[item.same] += 1
    assert min(counts.values()) > NUM / 3


def test_a_paraphrase_has_the_same_words_and_the_same_two_people_in_their_roles() -> None:
    counts: Counter[bool] = Counter()
    for i in range(NUM):
        item = draw_paraphrase(Dice("paraphrase", i))
        first, second = (re.findall(r"\w+", tell("en", one).lower()) for one in (item.first, item.second))
        assert sorted(first) == sorted(second)
        people = [[word for word in words if word in (first[0], first[2])] for words in (first, second)]
        assert item.same == (people[0] == people[1])
        counts[item.same] += 1
    assert min(counts.values()) > NUM / 3


@pytest.mark.parametrize("draw", [draw_consequence, draw_continuation, draw_narrative])
def test_only_the_right_choice_goes_with_its_premise(draw: object) -> None:
    places: Counter[int] = Counter()
    asked: Counter[str] = Counter()
    for i in range(NUM):
        dice = Dice("choice", i)
        item: Choice = draw(dice, num_choices=3) if draw is draw_consequence else draw(dice)  # type: ignore[operator]
        wanted = topic(tell("en", item.premise))
        if draw is draw_narrative and item.asks == "effect":  # what changes a state leads to its opposite
            wanted = opposite(wanted)
        found = [topic(tell("en", one)) for one in item.choices]
        assert len(set(found)) == len(found)
        assert [number == wanted for number in found] == [n == item.right for n in range(len(found))]
        places[item.right] += 1
        asked[item.asks] += 1
    assert min(places.values()) > NUM / len(places) / 2
    assert draw is draw_continuation or min(asked.values()) > NUM / 3


def test_a_narratives_choices_are_two_pairs_of_opposites() -> None:
    """A single pair would give the right one away, without its premise."""
    for i in range(50):
        found = {topic(tell("en", one)) for one in draw_narrative(Dice("pairs", i)).choices}
        assert {opposite(number) for number in found} == found


def test_a_thing_is_in_one_place_alone() -> None:
    for i in range(NUM):
        item = draw_riddle(Dice("riddle", i))
        (home,) = (one.place for one in TOPICS if item.thing in one.things)
        assert item.places.index(home) == item.right
        assert len(set(item.places)) == 5


@pytest.mark.parametrize("answerable", [True, False])
def test_a_question_is_answered_by_its_sentence_if_it_is_answered(answerable: bool) -> None:
    untold = 0
    for i in range(NUM):
        item = draw_passage(Dice("passage", answerable, i), answerable=answerable)
        said = [relation(tell("en", one)) for one in item.sentences]
        assert len(set(said)) == len(said) == 5
        for question in item.questions:
            asked = relation(tell("en", question.clause))
            assert question.told == (asked in said)
            assert not question.told or said[question.sentence] == asked
            source = tell("en", item.sentences[question.sentence])
            assert people(source) == people(tell("en", question.clause))
            untold += not question.told
    assert untold == 0 if answerable else NUM * 3 / 4 < untold < NUM * 5 / 4


def test_no_word_belongs_to_two_topics_or_two_relations() -> None:
    words = [word for one in TOPICS for word in (*one.state, *one.verbs, *one.things, one.place)]
    values = [value for relation in RELATIONS for value in relation.values]
    assert len(words) == len(set(words))
    assert len(values) == len(set(values))
