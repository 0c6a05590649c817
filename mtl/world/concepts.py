"""Concepts: all that the world can speak of, each named by its English word.

What happens belongs to a topic: a state of somebody, the events that bring it about, and where they happen.
Topics come in pairs of opposites. What is true of somebody belongs to a relation, whose values exclude each
other. Names are written alike in every language.
"""

from dataclasses import dataclass
from types import MappingProxyType


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A state, in two words that mean the same, and what leads to it."""

    state: tuple[str, str]
    verbs: tuple[str, str]
    things: tuple[str, str, str]
    place: str


def _topic(state: str, verbs: str, things: str, place: str) -> Topic:
    first, second = _words(state)
    one, other = _words(verbs)
    a, b, c = _words(things)
    return Topic(state=(first, second), verbs=(one, other), things=(a, b, c), place=place)


TOPICS = (
    _topic("full sated", "eat taste", "bread soup rice", "kitchen"),
    _topic("hungry starving", "miss skip", "breakfast lunch dinner", "desert"),
    _topic("warm cosy", "light heat", "fire stove oven", "cabin"),
    _topic("cold freezing", "climb cross", "glacier peak ridge", "north"),
    _topic("rested fresh", "take enjoy", "nap holiday break", "hotel"),
    _topic("tired exhausted", "carry lift", "stone box log", "harbour"),
    _topic("rich wealthy", "find win", "gold diamond treasure", "island"),
    _topic("poor broke", "lose waste", "money wallet savings", "casino"),
    _topic("healthy fit", "swallow buy", "pill medicine vitamin", "pharmacy"),
    _topic("ill sick", "catch spread", "fever cough virus", "hospital"),
)
"""An even number and the next are opposites."""


def opposite(topic: int) -> int:
    """The topic whose state is the contrary."""
    return topic ^ 1


@dataclass(frozen=True, kw_only=True)
class Relation:
    """Something that everybody has one of: `Anna lives in Rome`, `the home of Anna`."""

    verb: str
    noun: str
    values: tuple[str, ...]
    preposition: str | None = None
    article: str | None = None
    asked: str = "what"
    named: bool = False
    """Whether the values are names of places, written alike everywhere."""


RELATIONS = (
    Relation(
        verb="live",
        noun="home",
        values=_words("Athens Berlin Cairo Dublin Lima Oslo Paris Rome Tokyo Vienna"),
        preposition="in",
        asked="where",
        named=True,
    ),
    Relation(
        verb="work",
        noun="job",
        values=_words("baker doctor farmer judge nurse painter pilot sailor"),
        preposition="as",
        article="a",
    ),
    Relation(
        verb="keep",
        noun="pet",
        values=_words("bird cat cow dog horse rabbit"),
        article="a",
    ),
    Relation(
        verb="play",
        noun="instrument",
        values=_words("banjo drum flute guitar organ piano"),
        article="the",
    ),
    Relation(
        verb="drive",
        noun="vehicle",
        values=_words("bus car lorry taxi tractor van"),
        article="a",
    ),
    Relation(
        verb="wear",
        noun="garment",
        values=_words("cap coat dress hat jacket scarf"),
        article="a",
    ),
    Relation(
        verb="grow",
        noun="plant",
        values=_words("bean carrot corn lemon onion potato"),
        article="the",
    ),
    Relation(verb="speak", noun="language", values=_words("arabic dutch hindi korean latin thai")),
)

ENCOUNTERS = _words("call meet visit thank help teach")
"""What one person does to another."""

FIRST_NAMES = _words(
    "Adam Anna Ben Carla Clara Daniel Elena Emil Eva Felix Greta Hana Hugo Ivan Julia Leo Maria Noah Olga "
    "Paul Petra Sara Tom Yuki"
)
SURNAMES = _words(
    "Aalto Berg Costa Dahl Falk Gomez Ito Kova Lind Moreau Novak Okoye Rossi Silva Tanaka Weber"
)
FIRMS = _words("Bank Group Motors Press Union Works")
"""What follows a surname or a city in the name of an organisation."""
CITIES = RELATIONS[0].values

QUALITIES = _words("small big old young new red")
MANNERS = _words("quickly slowly often rarely")

VERBS = MappingProxyType(
    {
        base: (third, past)
        for base, third, past in (
            entry.split("/")
            for entry in _words(
                "eat/eats/ate taste/tastes/tasted miss/misses/missed skip/skips/skipped light/lights/lit "
                "heat/heats/heated climb/climbs/climbed cross/crosses/crossed take/takes/took "
                "enjoy/enjoys/enjoyed carry/carries/carried lift/lifts/lifted find/finds/found "
                "win/wins/won lose/loses/lost waste/wastes/wasted swallow/swallows/swallowed "
                "buy/buys/bought catch/catches/caught spread/spreads/spread live/lives/lived "
                "work/works/worked keep/keeps/kept play/plays/played drive/drives/drove wear/wears/wore "
                "grow/grows/grew speak/speaks/spoke call/calls/called meet/meets/met visit/visits/visited "
                "thank/thanks/thanked help/helps/helped teach/teaches/taught stay/stays/stayed be/is/was"
            )
        )
    }
)
"""English forms: the base, then the third person, then the past."""

SPEECH = MappingProxyType(
    {
        "DET": _words("the a"),
        "ADP": _words("in as at of"),
        "PART": ("not",),
        "AUX": ("be", "do"),
        "PRON": _words("what who"),
        "ADV": (*_words("where now before then"), *MANNERS),
        "CCONJ": ("and",),
        "VERB": tuple(verb for verb in VERBS if verb != "be"),
        "ADJ": (*QUALITIES, *(word for topic in TOPICS for word in topic.state)),
        "NOUN": (
            *(word for topic in TOPICS for word in (*topic.things, topic.place)),
            *(relation.noun for relation in RELATIONS),
            *(value for relation in RELATIONS if not relation.named for value in relation.values),
        ),
    }
)
"""Every concept that has a word of its own in each language, by its part of speech."""
