"""Facts: a closed set of people, and of what can be true of them; a scene is some facts about a few of them.

A relation has one value a person, so a fact contradicts the same relation with another value and says nothing
about the other relations: that is what every label is derived from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mtl.world.dice import Dice


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PEOPLE: Mapping[str, str] = {
    **dict.fromkeys(
        _words(
            "Ada Agnes Amina Anna Bela Carla Chloe Clara Dina Elena Emma Eva Farah Greta Hana Ines "
            "Irma Julia Kaya Lena Lucia Maria Mina Nadia Nora Olga Paula Petra Rosa Sara Selma Tara "
            "Ulla Vera Wanda Yuki Zoe"
        ),
        "she",
    ),
    **dict.fromkeys(
        _words(
            "Adam Ali Anton Ben Boris Carlos Daniel David Emil Felix Finn George Hugo Igor Ivan Jonas "
            "Karl Kofi Lars Leo Luis Marco Max Nils Noah Omar Oscar Paul Pedro Ravi Simon Tom Victor "
            "Walter Yusuf Zeno"
        ),
        "he",
    ),
}
"""First names with their pronouns."""

SURNAMES = _words(
    "Aalto Berg Costa Dahl Engel Falk Gomez Hansen Ito Jensen Kova Lind Moreau Novak Okoye Perez "
    "Quinn Rossi Silva Tanaka Ueda Varga Weber Young Zeller"
)

VALUES: Mapping[str, tuple[str, ...]] = {
    "home": _words(
        "Athens Bergen Berlin Cairo Delhi Dublin Geneva Hanoi Kyoto Lagos Lima Lisbon London Madrid "
        "Manila Milan Moscow Nairobi Oslo Paris Porto Prague Quito Riga Rome Seoul Sofia Tallinn "
        "Tokyo Tunis Vienna Warsaw"
    ),
    "job": _words(
        "actor baker barber builder carpenter clown cook dancer dentist doctor driver farmer "
        "fisherman gardener guard hunter judge lawyer mechanic miner nurse painter pilot plumber "
        "potter sailor singer smith soldier tailor teacher waiter weaver writer"
    ),
    "food": _words(
        "apples bananas beans bread cake carrots cheese cherries chocolate corn eggs fish grapes "
        "honey lemons mushrooms noodles nuts olives onions pancakes pasta peaches pears pizza plums "
        "potatoes rice salad soup spinach tomatoes yoghurt"
    ),
    "pet": _words(
        "bird cat cow dog donkey duck ferret fox frog goat goose hamster hen horse lizard monkey "
        "mouse parrot pig pony rabbit rat sheep snake spider turtle"
    ),
    "music": _words(
        "accordion banjo bassoon cello clarinet drum fiddle flute guitar harp horn lute oboe organ "
        "piano saxophone trombone trumpet tuba violin"
    ),
    "colour": _words("black blue brown gold green grey orange pink purple red silver white yellow"),
}
"""Relations, and the values that each can take."""


@dataclass(frozen=True)
class Fact:
    """What is true of a person: one value of one relation."""

    person: str
    relation: str
    value: str


def draw_scene(dice: Dice, *, num_people: int, num_facts: int) -> list[Fact]:
    """Facts about some people, none of whom has all relations, each person's facts together."""
    assert num_people <= num_facts <= num_people * (len(VALUES) - 1), "a scene must leave something unsaid"
    people = dice.sample(list(PEOPLE), num_people)
    scene = []
    for i, person in enumerate(people):
        share = num_facts // num_people + (i < num_facts % num_people)
        scene += [
            Fact(person, relation, dice.pick(VALUES[relation]))
            for relation in dice.sample(list(VALUES), share)
        ]
    return scene


def other_value(dice: Dice, fact: Fact) -> Fact:
    """The same relation with another value: never true together with the fact."""
    return Fact(
        fact.person,
        fact.relation,
        dice.pick([value for value in VALUES[fact.relation] if value != fact.value]),
    )


def unsaid(dice: Dice, scene: list[Fact], person: str) -> Fact:
    """A fact about which the scene is silent: a relation that it does not mention of the person."""
    said = {fact.relation for fact in scene if fact.person == person}
    relation = dice.pick([relation for relation in VALUES if relation not in said])
    return Fact(person, relation, dice.pick(VALUES[relation]))
