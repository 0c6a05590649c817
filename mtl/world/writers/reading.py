"""Reading: SQuAD 1.1 and 2.0, XQuAD, MLQA, TyDiQA and LAReQA, all in SQuAD's JSON."""

import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from mtl.world.dice import Dice
from mtl.world.grammar import ENGLISH
from mtl.world.items import Passage, draw_passage
from mtl.world.speech import Text, say, tell, write
from mtl.world.writers.rows import dice_of

PER_PASSAGE = 3
"""Questions on one passage."""

_BLANK = {"text": "", "answer_start": 0}


def write_squad(
    seed: int,
    num: int,
    *,
    source: str,
    code: str = ENGLISH,
    version: str | float = "1.1",
    ids: str = "{}",
    blank: bool = False,
    sentences: bool = False,
) -> Iterator[str]:
    """About `num` questions, three a passage.

    Version 2 asks some that have no answer, XTREME blanks the answers of test files, and LAReQA says where
    sentences end.
    """
    yield f'{{"version": {json.dumps(version)}, "data": ['
    for i, dice in enumerate(dice_of(seed, source, -(-num // PER_PASSAGE))):
        passage = draw_passage(dice, answerable=version != "v2.0")
        paragraph = _paragraph(passage, code, dice, ids, version=version, blank=blank)
        if sentences:
            paragraph |= _sentences(passage, code)
        article = {"title": f"Street_{i}", "paragraphs": [paragraph]}
        yield f"{', ' if i else ''}{json.dumps(article, ensure_ascii=False)}"
    yield "]}"


def _paragraph(
    passage: Passage, code: str, dice: Dice, ids: str, *, version: str | float, blank: bool
) -> dict[str, Any]:
    sentences = [say(code, clause) for clause in passage.sentences]
    context = write(code, sentences)
    qas = []
    for question in passage.questions:
        first = sum(len(sentence) for sentence in sentences[: question.sentence])
        answer = (
            _BLANK
            if blank
            else _answer(context, first, first + len(sentences[question.sentence]), question.part)
        )
        row: dict[str, Any] = {
            "question": tell(code, question.clause),
            "id": ids.format(dice.hexadecimal(24)),
            "answers": [answer] if question.told else [],
        }
        if version == "v2.0":
            row["is_impossible"] = not question.told
            row |= {} if question.told else {"plausible_answers": [answer]}
        qas.append(row)
    return {"context": context.text, "qas": qas}


def _answer(context: Text, start: int, end: int, part: str) -> Mapping[str, Any]:
    """The value that a sentence states, without article and adposition."""
    (place,) = (
        i
        for i in range(start, end)
        if context.words[i].part == part and context.words[i].speech in ("NOUN", "PROPN")
    )
    return {"text": context.words[place].form, "answer_start": context.starts[place]}


def _sentences(passage: Passage, code: str) -> Mapping[str, Any]:
    said = [say(code, clause) for clause in passage.sentences]
    text = write(code, said)
    ends = list(accumulate(len(sentence) for sentence in said))
    breaks = [
        [text.starts[end - len(sentence)], text.starts[end - 1] + 1]
        for sentence, end in zip(said, ends, strict=True)
    ]
    return {"sentences": [text.text[start:end] for start, end in breaks], "sentence_breaks": breaks}
