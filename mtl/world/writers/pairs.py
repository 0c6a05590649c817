"""Pairs of sentences: SNLI, MultiNLI, ANLI, XNLI, Quora's questions, and PAWS-X."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mtl.world.dice import Dice
from mtl.world.grammar import ENGLISH
from mtl.world.items import INFERENCES, Inference, draw_inference, draw_paraphrase, draw_question_pair
from mtl.world.speech import tell
from mtl.world.writers.rows import Shown, dice_of, json_lines, tab_lines

_GENRES = ("fiction", "government", "slate", "telephone", "travel")


def write_snli(seed: int, num: int, *, source: str) -> Iterator[str]:
    """SNLI; its annotators disagree about a few rows, which have no gold label."""
    return json_lines(_snli(dice, i) for i, dice in enumerate(dice_of(seed, source, num)))


def write_mnli(seed: int, num: int, *, source: str) -> Iterator[str]:
    """MultiNLI."""
    return json_lines(_mnli(dice, i) for i, dice in enumerate(dice_of(seed, source, num)))


def write_anli(seed: int, num: int, *, source: str) -> Iterator[str]:
    """A round of ANLI: from round to round more people are spoken of."""
    _, number, part = source.split("/")
    tag = f"{number}_{part}".lower()
    return json_lines(_anli(dice, tag) for dice in dice_of(seed, source, num))


def write_xnli(seed: int, num: int, *, source: str, code: str, shown: Shown = "rows") -> Iterator[str]:
    """XNLI as XTREME cuts it."""
    items = (draw_inference(dice) for dice in dice_of(seed, source, num))
    return tab_lines(((*_texts(item, code), item.label) for item in items), shown)


def write_qqp(seed: int, num: int, *, source: str) -> Iterator[str]:
    """GLUE's question pairs; as in the real file, a few rows are torn by a line break in a question."""
    yield "\t".join(("id", "qid1", "qid2", "question1", "question2", "is_duplicate")) + "\n"
    for i, dice in enumerate(dice_of(seed, source, num)):
        pair = draw_question_pair(dice)
        first, second = tell(ENGLISH, pair.first), tell(ENGLISH, pair.second)
        torn = first.replace(" ", "\n", 1) if i % 200 == 3 else first
        yield f"{i}\t{2 * i + 1}\t{2 * i + 2}\t{torn}\t{second}\t{int(pair.same)}\n"


def write_pawsx(seed: int, num: int, *, source: str, code: str, shown: Shown = "rows") -> Iterator[str]:
    """PAWS-X as XTREME cuts it."""
    items = (draw_paraphrase(dice) for dice in dice_of(seed, source, num))
    rows = ((tell(code, item.first), tell(code, item.second), str(int(item.same))) for item in items)
    return tab_lines(rows, shown)


def _texts(item: Inference, code: str) -> tuple[str, str]:
    return tell(code, *item.premise), tell(code, item.hypothesis)


def _snli(dice: Dice, number: int) -> Mapping[str, Any]:
    item = draw_inference(dice)
    picture = f"{number + 1_000_000}.jpg#{dice.below(5)}"
    agreed = number % 50 != 4
    return {
        "annotator_labels": [item.label] * 5 if agreed else [*INFERENCES[:2], *INFERENCES[:2], INFERENCES[2]],
        "captionID": picture,
        "gold_label": item.label if agreed else "-",
        "pairID": f"{picture}r1{item.label[0]}",
        **_parsed(item),
    }


def _mnli(dice: Dice, number: int) -> Mapping[str, Any]:
    item = draw_inference(dice)
    return {
        "annotator_labels": [item.label],
        "genre": dice.pick(_GENRES),
        "gold_label": item.label,
        "pairID": f"{number}{item.label[0]}",
        "promptID": str(number),
        **_parsed(item),
    }


def _anli(dice: Dice, tag: str) -> Mapping[str, Any]:
    item = draw_inference(dice, num_others=int(tag[1]))
    premise, hypothesis = _texts(item, ENGLISH)
    return {
        "uid": "-".join(dice.hexadecimal(digits) for digits in (8, 4, 4, 4, 12)),
        "context": premise,
        "hypothesis": hypothesis,
        "label": item.label[0],
        "model_label": dice.pick(INFERENCES)[0],
        "emturk": False,
        "genre": "wikipedia",
        "reason": "",
        "tag": tag,
    }


def _parsed(item: Inference) -> Mapping[str, str]:
    """The two sentences with their parses, which branch to the right (nobody reads them)."""
    columns = {}
    for name, text in zip(("sentence1", "sentence2"), _texts(item, ENGLISH), strict=True):
        words = re.findall(r"\w+|[^\w\s]", text)
        columns[name] = text
        columns[f"{name}_binary_parse"] = (
            "".join(f"( {word} " for word in words[:-1]) + words[-1] + " )" * (len(words) - 1)
        )
        columns[f"{name}_parse"] = "(ROOT (S " + " ".join(f"(X {word})" for word in words) + "))"
    return columns
