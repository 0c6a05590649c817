"""How long a million predictions take to score, files and all: `python benchmarks/score_million.py`.

Writes XTREME's folders of predictions and labels with made-up items (a label, a tag, an answer, a pair), shared
out evenly over tasks and languages, three of four right, and times the scorer on each task.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from contest.record import Bars, Record, Table, add_options, publish

from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.metrics import SpanAnswer
from mtl.evaluate.score import score_folder
from mtl.tasks.benchmarks import XTREME, Benchmark, Member

WORDS = ("the", "Old", "harbour,", "of", "Lisbon", "was", "rebuilt", "1755;", "Haus", "中国", "ال", "नगर")
LABELS_A_SENTENCE = 20
MILLION, FEW = 1_000_000, 20_000


def main() -> None:
    """Write each task's files, score them, and say how long that took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    arguments = parser.parse_args()
    count = FEW if arguments.quick else MILLION
    seconds: dict[str, float] = {}
    items: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for member in XTREME.members:
            items[member.task] = write_task(member, folder, count // len(XTREME.members))
            alone = Benchmark(name="alone", groups={"": (member,)})
            start = time.perf_counter()
            score_folder(folder / "predictions", folder / "labels", alone)
            seconds[member.task] = time.perf_counter() - start
    rows = [(task, f"{items[task]:,}", f"{took:.2f}") for task, took in seconds.items()]
    total = ("all", f"{sum(items.values()):,}", f"{sum(seconds.values()):.2f}")
    publish(
        Record(
            name="score_million",
            title="Scoring a million predictions",
            about="Made-up predictions and labels in XTREME's files, three of four right; reading, matching and scoring, each task once.",
            tables=[Table(title="", columns=("task", "items", "seconds"), rows=[*rows, total])],
            plots=[Bars(title="Scoring a million predictions", unit="s", values=seconds)],
        ),
        arguments,
    )


def write_task(member: Member, folder: Path, num_items: int) -> int:
    """Write one task's predictions and labels, and return how many items each holds."""
    layout, make = LAYOUTS[member.layout], CONTENT[member.layout]
    each = num_items // len(member.languages)
    right = range(each)
    said = [i + (i % 4 == 3) for i in right]
    for file in map(member.file, member.languages):
        (folder / "predictions" / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "labels" / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "predictions" / file).write_text(layout.text(make(member, said)), encoding="utf-8")
        gold = squad_json(right) if member.layout == "answers" else layout.text(make(member, right))
        (folder / "labels" / file).write_text(gold, encoding="utf-8")
    return each * len(member.languages)


def labels(member: Member, items: Iterable[int]) -> list[str]:
    """One label of the task's set for each item."""
    names = member.labels or ("",)
    return [names[i * 7 // 3 % len(names)] for i in items]


def sentences(member: Member, items: Iterable[int]) -> list[list[str]]:
    """The labels in sentences of a fixed length."""
    tags = labels(member, items)
    return [tags[first : first + LABELS_A_SENTENCE] for first in range(0, len(tags), LABELS_A_SENTENCE)]


def answer(number: int) -> str:
    """A few words that depend on the number alone."""
    return " ".join(WORDS[(number * k) % len(WORDS)] for k in range(1, 3 + number % 4))


def squad_json(items: Iterable[int]) -> str:
    """Labels for the answers, one paragraph for all."""
    questions = [{"id": str(i), "answers": [{"text": answer(i)}]} for i in items]
    return json.dumps({"data": [{"paragraphs": [{"qas": questions}]}]})


CONTENT: Mapping[str, Callable[[Member, Iterable[int]], Any]] = {
    "labels": labels,
    "tags": sentences,
    "indices": lambda _, items: [str(i) for i in items],
    "pairs": lambda _, items: [(f"de-{i:09}", f"en-{i:09}") for i in items],
    "answers": lambda _, items: {str(place): SpanAnswer(answer(i)) for place, i in enumerate(items)},
}


if __name__ == "__main__":
    main()
