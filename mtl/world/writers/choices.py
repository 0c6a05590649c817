"""Choices: HellaSwag, Cosmos QA, CommonsenseQA, Social IQa, COPA and XCOPA."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from mtl.world.dice import Dice
from mtl.world.grammar import ENGLISH
from mtl.world.items import Choice, draw_consequence, draw_continuation, draw_narrative, draw_riddle
from mtl.world.speech import tell
from mtl.world.writers.rows import Shown, dice_of, json_lines

_COSMOS = ("id", "context", "question", "answer0", "answer1", "answer2", "answer3", "label")


def write_hellaswag(seed: int, num: int, *, source: str) -> Iterator[str]:
    """HellaSwag: scenes from videos, and steps of instructions, which have no beginning to complete."""
    split = source.rsplit("_", 1)[1]
    return json_lines(_hellaswag(dice, i, split) for i, dice in enumerate(dice_of(seed, source, num)))


def write_cosmosqa(seed: int, num: int, *, source: str) -> Iterator[str]:
    """Cosmos QA's table."""
    yield ",".join(_COSMOS) + "\r\n"
    for dice in dice_of(seed, source, num):
        line = io.StringIO()
        csv.DictWriter(line, _COSMOS, lineterminator="\r\n").writerow(_cosmosqa(dice))
        yield line.getvalue()


def write_cosmosqa_test(seed: int, num: int, *, source: str) -> Iterator[str]:
    """Its test file is JSON lines without labels."""
    rows = (_cosmosqa(dice) for dice in dice_of(seed, source, num))
    return json_lines({key: value for key, value in row.items() if key != "label"} for row in rows)


def write_commonsenseqa(seed: int, num: int, *, source: str, labelled: bool = True) -> Iterator[str]:
    """CommonsenseQA; the test file tells no answers."""
    return json_lines(_commonsenseqa(dice, labelled) for dice in dice_of(seed, source, num))


def write_siqa(seed: int, num: int, *, source: str) -> Iterator[str]:
    """Social IQa as its authors publish it with labels."""
    return json_lines(_siqa(dice) for dice in dice_of(seed, source, num))


def write_xcopa(seed: int, num: int, *, source: str, code: str, shown: Shown = "rows") -> Iterator[str]:
    """COPA in any language; XTREME's test files say 0 for every label."""
    items = (draw_consequence(dice, num_choices=2) for dice in dice_of(seed, source, num))
    if shown == "golds":
        return json_lines({"label": item.right} for item in items)
    return json_lines(_xcopa(item, i, code, told=shown == "rows") for i, item in enumerate(items))


def _choices(item: Choice, code: str = ENGLISH) -> list[str]:
    return [tell(code, choice) for choice in item.choices]


def _hellaswag(dice: Dice, number: int, split: str) -> Mapping[str, Any]:
    item = draw_continuation(dice)
    scene, endings = tell(ENGLISH, item.premise), _choices(item)
    subject = "" if dice.below(2) else endings[0].split(" ")[0]
    row = {
        "ind": number,
        "activity_label": "Daily life",
        "ctx_a": scene,
        "ctx_b": subject,
        "ctx": f"{scene} {subject}".strip(),
        "split": split,
        "split_type": dice.pick(("indomain", "zeroshot")),
        "label": item.right,
        "endings": [ending.removeprefix(subject).strip() for ending in endings],
        "source_id": f"activitynet~v_{dice.hexadecimal(11)}" if subject else f"wikihow~{number}",
    }
    return row if split != "test" else {key: value for key, value in row.items() if key != "label"}


def _cosmosqa(dice: Dice) -> dict[str, Any]:
    item = draw_narrative(dice)
    parts = [dice.hexadecimal(30).upper() for _ in range(2)]
    before = item.asks == "cause"
    return {
        "id": "##".join((*parts, f"Blog_{dice.below(10**6)}", "q1_a1")),
        "context": tell(ENGLISH, item.premise),
        "question": "What happened before?" if before else "What happened then?",
        **{f"answer{i}": choice for i, choice in enumerate(_choices(item))},
        "label": item.right,
    }


def _commonsenseqa(dice: Dice, labelled: bool) -> Mapping[str, Any]:
    item = draw_riddle(dice)
    letters = "ABCDE"
    stem = dice.pick((f"Where is the {item.thing}?", f"The {item.thing} is in what place?"))
    choices = [{"label": letter, "text": place} for letter, place in zip(letters, item.places, strict=True)]
    row = {
        "answerKey": letters[item.right],
        "id": dice.hexadecimal(32),
        "question": {"question_concept": item.thing, "choices": choices, "stem": stem},
    }
    return row if labelled else {key: value for key, value in row.items() if key != "answerKey"}


def _siqa(dice: Dice) -> Mapping[str, Any]:
    item = draw_consequence(dice, num_choices=3)
    question = "What happened before?" if item.asks == "cause" else "What happened then?"
    answers = dict(zip(("answerA", "answerB", "answerC"), _choices(item), strict=True))
    return {
        "context": tell(ENGLISH, item.premise),
        "question": question,
        **answers,
        "correct": "ABC"[item.right],
    }


def _xcopa(item: Choice, number: int, code: str, *, told: bool) -> Mapping[str, Any]:
    first, second = _choices(item, code)
    return {
        "premise": tell(code, item.premise),
        "choice1": first,
        "choice2": second,
        "question": item.asks,
        "label": item.right if told else 0,
        "idx": number,
        "changed": False,
    }
