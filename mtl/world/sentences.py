"""Sentences: the English of the world. Statements, denials and questions are templates that a fact fills."""

from collections.abc import Mapping

from mtl.world.dice import Dice
from mtl.world.facts import PEOPLE, Fact

STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "home": (
        "{person} lives in {value}.",
        "{person} has a house in {value}.",
        "The home of {person} is in {value}.",
    ),
    "job": (
        "{person} works as a {value}.",
        "{person} is a {value}.",
        "The job of {person} is that of a {value}.",
    ),
    "food": (
        "{person} likes to eat {value}.",
        "{person} loves {value}.",
        "What {person} likes best is {value}.",
    ),
    "pet": (
        "{person} has a {value}.",
        "{person} keeps a {value} as a pet.",
        "The pet of {person} is a {value}.",
    ),
    "music": (
        "{person} plays the {value}.",
        "{person} makes music on the {value}.",
        "{person} can play the {value}.",
    ),
    "colour": (
        "{person} wears a {value} coat.",
        "{person} has a {value} coat.",
        "The coat of {person} is {value}.",
    ),
}
DENIALS: Mapping[str, tuple[str, ...]] = {
    "home": ("{person} does not live in {value}.", "The home of {person} is not in {value}."),
    "job": ("{person} does not work as a {value}.", "{person} is not a {value}."),
    "food": ("{person} does not like to eat {value}.", "{person} does not love {value}."),
    "pet": ("{person} does not have a {value}.", "The pet of {person} is not a {value}."),
    "music": ("{person} does not play the {value}.", "{person} cannot play the {value}."),
    "colour": ("{person} does not wear a {value} coat.", "The coat of {person} is not {value}."),
}
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "home": (
        "Where does {person} live?",
        "In which city does {person} live?",
        "In what city is the home of {person}?",
    ),
    "job": ("What does {person} work as?", "What is the job of {person}?", "Which job does {person} have?"),
    "food": (
        "What does {person} like to eat?",
        "Which food does {person} love?",
        "What does {person} like best?",
    ),
    "pet": (
        "Which pet does {person} have?",
        "What animal does {person} keep?",
        "What is the pet of {person}?",
    ),
    "music": (
        "What does {person} play?",
        "Which instrument does {person} play?",
        "On what does {person} make music?",
    ),
    "colour": ("What colour is the coat of {person}?", "Which colour does {person} wear?"),
}


def state(dice: Dice, fact: Fact) -> str:
    """A sentence that is true where the fact is."""
    return _fill(dice.pick(STATEMENTS[fact.relation]), fact)


def deny(dice: Dice, fact: Fact) -> str:
    """A sentence that is false where the fact is true."""
    return _fill(dice.pick(DENIALS[fact.relation]), fact)


def ask(dice: Dice, fact: Fact) -> str:
    """A question whose answer is the fact's value."""
    return _fill(dice.pick(QUESTIONS[fact.relation]), fact)


def tell(dice: Dice, scene: list[Fact]) -> str:
    """A paragraph that states all facts of a scene."""
    return " ".join(state(dice, fact) for fact in scene)


def pronoun(person: str) -> str:
    """She or he."""
    return PEOPLE[person]


def with_article(noun: str) -> str:
    """A noun after `a` or `an`."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _fill(template: str, fact: Fact) -> str:
    if "a {value}" in template:
        template = template.replace("a {value}", with_article(fact.value))
    return template.format(person=fact.person, value=fact.value)
