"""An exam: one task in one language, predicted and written down before anything is scored.

Predictions, and what is right beside them, go into files of the benchmarks' layout, so that whoever scores
them needs neither the model nor the data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from mtl.data.strip import HeadStore
from mtl.errors import UserError
from mtl.evaluate.decode import DECODERS, Scores, are_finite
from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.layouts.lines import are_withheld
from mtl.evaluate.metrics import METRICS, SpanAnswer
from mtl.evaluate.predict import Predictor, examples_of, predict, records_of
from mtl.files import write_atomic
from mtl.tasks.benchmarks import BENCHMARKS, Layout, Member
from mtl.tasks.task import Kind, Task
from mtl.together import Place, on_first

LAYOUT: Mapping[Kind, Layout] = {
    "pair": "labels",
    "choice": "choices",
    "span": "answers",
    "tag": "tags",
    "bitext": "pairs",
    "embed": "rankings",
}
"""The layout of a task that is no benchmark's."""


@dataclass(frozen=True, kw_only=True)
class Exam:
    """A task in one language, and the head that answers."""

    member: Member
    language: str
    source: HeadStore
    no_answer_threshold: float | None = None
    """Above which no-answer score a question is left unanswered; None: all are answered."""


@dataclass(frozen=True, kw_only=True)
class AnswerFolders:
    """Where answers go: two folders of the benchmarks' layout."""

    predictions: Path
    labels: Path


def member_of(task: Task, languages: Sequence[str], split: str) -> Member:
    """How a task's files look and how they are scored: as its benchmark says, else by its kind."""
    known = (member for benchmark in BENCHMARKS.values() for member in benchmark.members)
    found = next((member for member in known if member.task == task.name), None)
    if found is not None:
        return replace(found, languages=tuple(languages), split=split)
    return Member(
        task=task.name,
        languages=tuple(languages),
        layout=LAYOUT[task.kind],
        metric=task.metric,
        main=(METRICS[task.metric].main,),
        labels=task.labels,
        split=split,
    )


def is_written(exam: Exam, folders: AnswerFolders) -> bool:
    """Whether the answers are written already."""
    return (folders.predictions / exam.member.file(exam.language)).is_file()


def predict_and_write(
    exam: Exam, predictor: Predictor, folders: AnswerFolders, *, budget: int, ranks: Place
) -> None:
    """Predict on all ranks; the first one writes what is right, if that is told, and then the answers."""
    examples = examples_of(exam.source, None)
    scores = predict(predictor, exam.source, examples, budget=budget, rank=ranks.rank, world=ranks.world)
    on_first(ranks, partial(_write, exam, folders, scores))


def _write(exam: Exam, folders: AnswerFolders, scores: Scores | None) -> None:
    assert scores is not None
    if not are_finite(scores):
        raise UserError(
            f"{exam.member.task}, {exam.language}: not all scores are finite numbers, so they tell no "
            "answers; set evaluate.precision=fp32, or train anew if the weights are lost"
        )
    source, file = exam.source, exam.member.file(exam.language)
    records = records_of(source, None)
    predictions, golds = DECODERS[source.store.header.kind].decode(source.store, records, scores)
    layout = LAYOUTS[exam.member.layout]
    if exam.no_answer_threshold is not None:
        predictions = [with_no_answer_above(answer, exam.no_answer_threshold) for answer in predictions]
    if _are_told(exam.member, golds):
        write_atomic(folders.labels / file, layout.golds_text(_content(exam, records, golds)))
    write_atomic(folders.predictions / file, layout.text(_content(exam, records, predictions)))


def _are_told(member: Member, golds: Sequence[Any]) -> bool:
    """Whether the test rows say what is right."""
    if any(gold is None for gold in golds):
        return False
    return member.layout != "choices" or not are_withheld(golds)


def with_no_answer_above(answer: SpanAnswer, threshold: float) -> SpanAnswer:
    """The answer, or none where its no-answer score is above the threshold."""
    score = answer.no_answer_score
    return SpanAnswer("") if score is not None and score > threshold else SpanAnswer(answer.text)


def best_no_answer_threshold(
    metric: str, source: HeadStore, predictor: Predictor, *, budget: int, rank: int, world: int
) -> float | None:
    """The threshold that serves a dev split's F1 best, on the first rank; all ranks predict."""
    scores = predict(predictor, source, examples_of(source, None), budget=budget, rank=rank, world=world)
    if scores is None:
        return None
    answers = DECODERS[source.store.header.kind].decode(source.store, records_of(source, None), scores)
    return METRICS[metric].compute(*answers)["best_f1_threshold"]


def _content(exam: Exam, records: Sequence[Mapping[str, Any]], values: list[Any]) -> Any:
    """What the layout writes: a list, or a mapping from the records' ids."""
    if exam.member.layout != "answers":
        return values
    content = {record["id"]: value for record, value in zip(records, values, strict=True)}
    if len(content) < len(values):
        raise UserError(
            f"{exam.member.task}, {exam.language}: two rows have one id; predictions are kept by id"
        )
    return content
