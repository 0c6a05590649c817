"""Items: what a row asks and what is right, made from facts and sentences, before any file format."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mtl.world.customs import ACTIVITIES, OUTCOMES, PLACES
from mtl.world.derivations import draw_sentence, leaves
from mtl.world.dice import Dice
from mtl.world.facts import PEOPLE, Fact, draw_scene, other_value, unsaid
from mtl.world.sentences import ask, deny, pronoun, state, tell, with_article

INFERENCES = ("entailment", "neutral", "contradiction")
NOBODY_KNOWS = "None of the above choices ."


@dataclass(frozen=True)
class Inference:
    """Two texts, and how the second stands to the first."""

    premise: str
    hypothesis: str
    label: str


@dataclass(frozen=True)
class QuestionPair:
    """Two questions, and whether they ask the same."""

    first: str
    second: str
    same: bool


@dataclass(frozen=True)
class Question:
    """A question on a context, and a span of it: the answer, or else what a careless reader might say."""

    text: str
    told: bool
    answer: str
    start: int


@dataclass(frozen=True)
class Paragraph:
    """A context and what is asked about it."""

    title: str
    context: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Continuation:
    """A scene that breaks off, four ways to go on, and the place of the right one."""

    topic: str
    scene: str
    subject: str
    endings: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Riddle:
    """A question, perhaps on a context, its choices, and the place of the right one."""

    concept: str
    context: str
    question: str
    choices: tuple[str, ...]
    right: int


def draw_inference(dice: Dice, *, num_facts: int) -> Inference:
    """A premise of `num_facts` facts; the label follows from what the hypothesis states or denies."""
    scene = draw_scene(dice, num_people=1 + num_facts // 3, num_facts=num_facts)
    fact = dice.pick(scene)
    label = dice.pick(INFERENCES)
    if label == "entailment":
        hypothesis = state(dice, fact)
    elif label == "neutral":
        hypothesis = state(dice, unsaid(dice, scene, fact.person))
    else:
        hypothesis = deny(dice, fact) if dice.below(2) else state(dice, other_value(dice, fact))
    return Inference(tell(dice, scene), hypothesis, label)


def draw_question_pair(dice: Dice) -> QuestionPair:
    """Two questions after the same fact in other words, or after another relation or another person."""
    fact = dice.pick(draw_scene(dice, num_people=1, num_facts=1))
    first = ask(dice, fact)
    same = bool(dice.below(2))
    while True:
        other = fact if same else dice.pick([unsaid(dice, [fact], fact.person), _of_another(dice, fact)])
        second = ask(dice, other)
        if second != first:
            return QuestionPair(first, second, same)


def draw_paragraph(dice: Dice, *, title: str, answerable: bool) -> Paragraph:
    """A scene of three people, and three questions; without `answerable` about a third have no answer."""
    scene = draw_scene(dice, num_people=3, num_facts=7)
    sentences = [state(dice, fact) for fact in scene]
    starts = [sum(len(sentence) + 1 for sentence in sentences[:i]) for i in range(len(sentences))]
    questions = []
    for i in dice.sample(range(len(scene)), 3):
        match = re.search(rf"\b{scene[i].value}\b", sentences[i])
        assert match is not None, f"{scene[i]} is not in {sentences[i]!r}"
        told = answerable or dice.below(3) > 0
        fact = scene[i] if told else unsaid(dice, scene, scene[i].person)
        questions.append(Question(ask(dice, fact), told, scene[i].value, starts[i] + match.start()))
    return Paragraph(title, " ".join(sentences), tuple(questions))


def draw_continuation(dice: Dice) -> Continuation:
    """Somebody is at a place; only one ending is done there."""
    person = dice.pick(list(PEOPLE))
    places = dice.sample(list(ACTIVITIES), 4)
    right = dice.below(4)
    endings = tuple(dice.pick(ACTIVITIES[place]) for place in places)
    return Continuation(
        places[right], f"{person} is at the {places[right]}.", pronoun(person), endings, right
    )


def draw_narrative(dice: Dice) -> Riddle:
    """How somebody feels is described; what will come of it? In one item of eight no choice says so."""
    person = dice.pick(list(PEOPLE))
    feelings = dice.sample(list(OUTCOMES), 4)
    right = dice.below(4)
    subject = pronoun(person).title()
    context = f"{person} {OUTCOMES[feelings[right]][dice.below(2)]} . {subject} is on the way home ."
    choices = [f"{subject} {OUTCOMES[feeling][2]}" for feeling in feelings]
    blank = dice.below(8)
    if blank < 2:  # as often among the wrong choices as in place of the right one
        choices[right if blank == 0 else right - 1] = NOBODY_KNOWS
    return Riddle(feelings[right], context, f"What will {person} do next ?", tuple(choices), right)


def draw_riddle(dice: Dice) -> Riddle:
    """Where a thing is found: known to whoever has seen the thing before."""
    places = dice.sample(list(PLACES), 5)
    right = dice.below(5)
    thing = dice.pick(PLACES[places[right]])
    some = with_article(thing)
    question = dice.pick(
        (
            f"Where would you find {some}?",
            f"{some.capitalize()} is most often seen in what place?",
            f"The {thing} is in the what?",
        )
    )
    return Riddle(thing, "", question, tuple(places), right)


def draw_text(dice: Dice) -> Sequence[str]:
    """A few lines of plain text on one subject, from all that the world can say."""
    kind = dice.below(5)
    if kind == 0:
        story = draw_continuation(dice)
        return (story.scene, f"{story.subject.title()} {story.endings[story.right]}")
    if kind == 1:
        narrative = draw_narrative(dice)
        return (narrative.context, narrative.question, narrative.choices[narrative.right])
    if kind == 2:
        riddle = draw_riddle(dice)
        return (riddle.question, f"In the {riddle.choices[riddle.right]}.")
    if kind == 3:
        return tuple(" ".join(leaf.word for leaf in leaves(draw_sentence(dice))) for _ in range(3))
    scene = draw_scene(dice, num_people=2, num_facts=5)
    return (
        tell(dice, scene),
        ask(dice, scene[0]),
        state(dice, scene[0]),
        deny(dice, other_value(dice, scene[0])),
    )


def _of_another(dice: Dice, fact: Fact) -> Fact:
    return Fact(dice.pick([person for person in PEOPLE if person != fact.person]), fact.relation, fact.value)
