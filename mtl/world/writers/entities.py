"""Entities: Mewsli-X, in which whom a text mentions is to be found among descriptions of people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mtl.world.clauses import Name
from mtl.world.concepts import FIRST_NAMES, SURNAMES
from mtl.world.dice import Dice
from mtl.world.facts import Fact, claim, draw_facts
from mtl.world.grammar import ENGLISH, GRAMMARS
from mtl.world.speech import Text, say, write
from mtl.world.writers.rows import Shown, dice_of, json_lines

ENTITIES = len(FIRST_NAMES) * len(SURNAMES)


@dataclass(frozen=True)
class _Entity:
    """Somebody with a first name and a surname, and three facts."""

    number: int
    name: Name
    facts: tuple[Fact, ...]

    @property
    def id(self) -> str:
        return f"Q{self.number + 1}"


def write_candidates(seed: int, num: int) -> Iterator[str]:
    """Every entity, each described in one of the languages, whatever the world's size."""
    return json_lines(
        _description(_entity(seed, i), list(GRAMMARS)[i % len(GRAMMARS)]) for i in range(ENTITIES)
    )


def write_pairs(seed: int, num: int, *, source: str) -> Iterator[str]:
    """Mentions in English with the entities that they mean."""
    for i, dice in enumerate(dice_of(seed, source, num)):
        entity = _draw_entity(dice, seed)
        article = _article(dice, entity, ENGLISH, f"{source}-{i}", told=True)
        (mention,) = article["mentions"]
        pair = {"context": article["context"], "mention": mention}
        yield json.dumps({"contextual_mention": pair, "entity": _description(entity, ENGLISH)}) + "\n"


def write_mentions(seed: int, num: int, *, source: str, code: str, shown: Shown = "rows") -> Iterator[str]:
    """Articles with a mention each; or one object that says which entity each mention means."""
    drawn = ((dice, _draw_entity(dice, seed)) for dice in dice_of(seed, source, num))
    articles = [
        (_article(dice, entity, code, f"{code}-{i}", told=shown == "rows"), entity)
        for i, (dice, entity) in enumerate(drawn)
    ]
    if shown != "golds":
        return json_lines(article for article, _ in articles)
    golds = {article["mentions"][0]["example_id"]: [entity.id] for article, entity in articles}
    return iter([json.dumps(golds, indent=1) + "\n"])


def _entity(seed: int, number: int) -> _Entity:
    first, last = divmod(number, len(SURNAMES))
    name = Name((FIRST_NAMES[first], SURNAMES[last]), "PER")
    return _Entity(number, name, tuple(draw_facts(Dice(seed, "entity", number), [name], 3)))


def _draw_entity(dice: Dice, seed: int) -> _Entity:
    return _entity(seed, dice.below(ENTITIES))


def _text(entity: _Entity, code: str, name: Name) -> Text:
    return write(code, [say(code, claim(Fact(name, fact.relation, fact.value))) for fact in entity.facts])


def _spans(text: Text) -> list[Mapping[str, int]]:
    """Where each sentence stands."""
    stops = [i for i, word in enumerate(text.words) if word.speech == "PUNCT"]
    firsts = [0, *(stop + 1 for stop in stops[:-1])]
    return [
        {"start": text.starts[first], "end": text.starts[stop] + 1}
        for first, stop in zip(firsts, stops, strict=True)
    ]


def _description(entity: _Entity, code: str) -> Mapping[str, Any]:
    text = _text(entity, code, entity.name)
    return {
        "entity_id": entity.id,
        "title": " ".join(entity.name.words),
        "description": text.text,
        "description_url": f"https://{code}.example.org/{entity.number}",
        "description_language": code,
        "sentence_spans": _spans(text),
    }


def _article(dice: Dice, entity: _Entity, code: str, id: str, *, told: bool) -> dict[str, Any]:
    """Every second mention is of the first name alone: what is said of the person tells which one it is."""
    name = entity.name if dice.below(2) else Name(entity.name.words[:1], "PER")
    text = _text(entity, code, name)
    place = next(i for i, word in enumerate(text.words) if word.form == name.words[0])
    start, last = text.starts[place], place + len(name.words) - 1
    end = text.starts[last] + len(text.words[last].form)
    return {
        "context": {
            "document_title": name.words[0],
            "document_url": f"https://{code}.example.org/news/{id}",
            "document_id": id,
            "language": code,
            "text": text.text,
            "sentence_spans": _spans(text),
        },
        "mentions": [
            {
                "example_id": dice.hexadecimal(32),
                "mention_span": {"start": start, "end": end, "text": text.text[start:end]},
                "entity_id": entity.id if told else "",
                "metadata": {},
            }
        ],
    }
