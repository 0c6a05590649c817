"""LAReQA's XQuAD-R: SQuAD's JSON that says where sentences end; a row a sentence."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mtl.data.formats.squad import paragraphs, require
from mtl.errors import UserError
from mtl.tasks.sentences import sentence_at
from mtl.tasks.task import Row


def read_squad_sentences(path: Path) -> Iterator[tuple[int, Row]]:
    """The sentences, numbered from 1, each with its paragraph and the ids of the questions it answers.

    A sentence is called by its paragraph's number in the file, from 1, and its own, from 0. Two that read
    alike in one paragraph answer the same.
    """
    number = 0
    for count, (paragraph, where) in enumerate(paragraphs(path), 1):
        context = paragraph["context"]
        if not isinstance(context, str):
            raise UserError(f"{path}: {where} has no text as its 'context'; mend it")
        spans = _spans(paragraph, f"{path}: {where}")
        answers: dict[str, list[str]] = {}
        for k, question in enumerate(paragraph["qas"]):
            name = str(require(question, "id", path, f"{where}.qas[{k}]"))
            span = sentence_at(spans, _start(question, f"{path}: {where}: the question {name[:60]!r}"))
            if span is not None:
                answers.setdefault(context[slice(*span)], []).append(name)
        for place, (start, end) in enumerate(spans):
            number += 1
            sentence = context[start:end]
            yield (
                number,
                {
                    "id": f"{count}_{place}",
                    "sentence": sentence,
                    "context": context,
                    "answers": answers.get(sentence, []),
                },
            )


def _spans(paragraph: Mapping[str, Any], where: str) -> list[tuple[int, int]]:
    breaks = paragraph.get("sentence_breaks")
    if not isinstance(breaks, list):
        raise UserError(f"{where} has no 'sentence_breaks'; take XQuAD-R's own files")
    length = len(paragraph["context"])
    for one in breaks:
        if not (
            isinstance(one, list)
            and len(one) == 2
            and all(isinstance(edge, int) for edge in one)
            and 0 <= one[0] < one[1] <= length
        ):
            raise UserError(
                f"{where}: {one!r} of sentence_breaks is no part of the context; fetch the file again"
            )
    return [(start, end) for start, end in breaks]


def _start(question: Mapping[str, Any], where: str) -> int:
    try:
        return int(question["answers"][0]["answer_start"])
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):
        raise UserError(
            f"{where} tells no answer, by which its sentence is known; take the original data"
        ) from None
