"""Writers: items as files in the data sets' own published formats, with every column that those have."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mtl.world.derivations import draw_sentence, render
from mtl.world.dice import Dice
from mtl.world.items import (
    INFERENCES,
    Inference,
    Paragraph,
    Question,
    draw_continuation,
    draw_inference,
    draw_narrative,
    draw_paragraph,
    draw_question_pair,
    draw_riddle,
    draw_text,
)

Writer = Callable[[int, str, int], str]
"""From the world's seed, the file's name and a number of rows to the file's text."""

_GENRES = ("fiction", "government", "slate", "telephone", "travel")
_LETTERS = "ABCDE"


def write_snli(seed: int, file: str, num: int) -> str:
    """SNLI; its annotators disagree about a few rows, which have no gold label."""
    return _lines(_snli(Dice(seed, file, i), i) for i in range(num))


def write_mnli(seed: int, file: str, num: int) -> str:
    """MultiNLI: the premise has two facts."""
    return _lines(_mnli(Dice(seed, file, i), i) for i in range(num))


def write_anli(seed: int, file: str, num: int) -> str:
    """A round of ANLI: premises grow longer from round to round."""
    tag = file.removeprefix("anli/").removesuffix(".jsonl").replace("/", "_").lower()
    return _lines(_anli(Dice(seed, file, i), tag) for i in range(num))


def write_qqp(seed: int, file: str, num: int) -> str:
    """GLUE's TSV of question pairs; as in the real one, a few rows are torn by a line break in a question."""
    rows = ["\t".join(("id", "qid1", "qid2", "question1", "question2", "is_duplicate"))]
    for i in range(num):
        pair = draw_question_pair(Dice(seed, file, i))
        first = pair.first.replace(" ", "\n", 1) if i % 200 == 3 else pair.first
        rows.append(f"{i}\t{2 * i + 1}\t{2 * i + 2}\t{first}\t{pair.second}\t{int(pair.same)}")
    return "\n".join(rows) + "\n"


def write_squad_v1(seed: int, file: str, num: int) -> str:
    """SQuAD 1.1, about `num` questions."""
    return _squad(seed, file, num, "1.1", _question_v1)


def write_squad_v2(seed: int, file: str, num: int) -> str:
    """SQuAD 2.0, about `num` questions, some without an answer."""
    return _squad(seed, file, num, "v2.0", _question_v2)


def write_hellaswag(seed: int, file: str, num: int) -> str:
    """HellaSwag: scenes from videos, and steps of instructions, which have no beginning to complete."""
    split = file.removeprefix("hellaswag/hellaswag_").removesuffix(".jsonl")
    return _lines(_hellaswag(Dice(seed, file, i), i, split) for i in range(num))


def write_ccg(seed: int, file: str, num: int) -> str:
    """A CCGbank file of `num` sentences."""
    name = file.rsplit("/", 1)[-1].removesuffix(".auto")
    trees = (render(draw_sentence(Dice(seed, file, i))) for i in range(num))
    return "".join(f"ID={name}.{i} PARSER=GOLD NUMPARSE=1\n{tree}\n" for i, tree in enumerate(trees, start=1))


def write_cosmosqa(seed: int, file: str, num: int) -> str:
    """Cosmos QA's CSV; the test file is JSON lines without labels."""
    rows = [_cosmosqa(Dice(seed, file, i)) for i in range(num)]
    if file.endswith(".jsonl"):
        return _lines({key: value for key, value in row.items() if key != "label"} for row in rows)
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def write_commonsenseqa(seed: int, file: str, num: int) -> str:
    """CommonsenseQA; the test file tells no answers."""
    told = "no_answers" not in file
    return _lines(_commonsenseqa(Dice(seed, file, i), told) for i in range(num))


def write_text(seed: int, file: str, num: int) -> str:
    """Plain text of `num` short pieces, a line each, an empty line after each piece."""
    return "\n".join("\n".join(draw_text(Dice(seed, file, i))) + "\n" for i in range(num))


def _snli(dice: Dice, number: int) -> Mapping[str, Any]:
    item = draw_inference(dice, num_facts=1)
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
    item = draw_inference(dice, num_facts=2)
    return {
        "annotator_labels": [item.label],
        "genre": dice.pick(_GENRES),
        "gold_label": item.label,
        "pairID": f"{number}{item.label[0]}",
        "promptID": str(number),
        **_parsed(item),
    }


def _anli(dice: Dice, tag: str) -> Mapping[str, Any]:
    item = draw_inference(dice, num_facts=2 + int(tag[1]))
    return {
        "uid": "-".join(dice.hexadecimal(digits) for digits in (8, 4, 4, 4, 12)),
        "context": item.premise,
        "hypothesis": item.hypothesis,
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
    for name, text in (("sentence1", item.premise), ("sentence2", item.hypothesis)):
        words = re.findall(r"\w+|[^\w\s]", text)
        columns[name] = text
        columns[f"{name}_binary_parse"] = (
            "".join(f"( {word} " for word in words[:-1]) + words[-1] + " )" * (len(words) - 1)
        )
        columns[f"{name}_parse"] = "(ROOT (S " + " ".join(f"(X {word})" for word in words) + "))"
    return columns


def _squad(
    seed: int, file: str, num: int, version: str, question: Callable[[Question, str], Mapping[str, Any]]
) -> str:
    articles: dict[str, list[Any]] = {}
    for i in range(-(-num // 3)):
        dice = Dice(seed, file, i)
        paragraph = draw_paragraph(dice, title=f"Street_{i // 4}", answerable=version == "1.1")
        articles.setdefault(paragraph.title, []).append(_paragraph(paragraph, dice, question))
    data = [{"title": title, "paragraphs": paragraphs} for title, paragraphs in articles.items()]
    return json.dumps({"version": version, "data": data})


def _paragraph(
    paragraph: Paragraph, dice: Dice, question: Callable[[Question, str], Mapping[str, Any]]
) -> Mapping[str, Any]:
    qas = [question(one, dice.hexadecimal(24)) for one in paragraph.questions]
    return {"context": paragraph.context, "qas": qas}


def _question_v1(item: Question, name: str) -> Mapping[str, Any]:
    return {"answers": [{"answer_start": item.start, "text": item.answer}], "question": item.text, "id": name}


def _question_v2(item: Question, name: str) -> Mapping[str, Any]:
    spans = [{"text": item.answer, "answer_start": item.start}]
    if item.told:
        return {"question": item.text, "id": name, "answers": spans, "is_impossible": False}
    unanswered = {"question": item.text, "id": name, "answers": [], "is_impossible": True}
    return {"plausible_answers": spans, **unanswered}


def _hellaswag(dice: Dice, number: int, split: str) -> Mapping[str, Any]:
    item = draw_continuation(dice)
    steps = dice.below(2)
    subject = "" if steps else item.subject
    endings = [f"{item.subject.title()} {ending}" if steps else ending for ending in item.endings]
    row = {
        "ind": number,
        "activity_label": item.topic.title(),
        "ctx_a": item.scene,
        "ctx_b": subject,
        "ctx": f"{item.scene} {subject}".strip(),
        "split": split,
        "split_type": dice.pick(("indomain", "zeroshot")),
        "label": item.right,
        "endings": endings,
        "source_id": f"wikihow~{number}" if steps else f"activitynet~v_{dice.hexadecimal(11)}",
    }
    return row if split != "test" else {key: value for key, value in row.items() if key != "label"}


def _cosmosqa(dice: Dice) -> dict[str, Any]:
    item = draw_narrative(dice)
    parts = [dice.hexadecimal(30).upper() for _ in range(2)]
    return {
        "id": "##".join((*parts, f"Blog_{dice.below(10**6)}", "q1_a1")),
        "context": item.context,
        "question": item.question,
        **{f"answer{i}": choice for i, choice in enumerate(item.choices)},
        "label": item.right,
    }


def _commonsenseqa(dice: Dice, told: bool) -> Mapping[str, Any]:
    item = draw_riddle(dice)
    choices = [{"label": letter, "text": text} for letter, text in zip(_LETTERS, item.choices, strict=True)]
    question = {"question_concept": item.concept, "choices": choices, "stem": item.question}
    row = {"answerKey": _LETTERS[item.right], "id": dice.hexadecimal(32), "question": question}
    return row if told else {key: value for key, value in row.items() if key != "answerKey"}


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)
