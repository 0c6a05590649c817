"""A length that leaves no room is refused before anything is tokenised, and one token more is enough."""

import pytest

from mtl.data.features import FEATURES, Shaping
from mtl.data.features.room import check_room
from mtl.errors import UserError
from mtl.tasks.records import (
    ChoiceRecord,
    EmbedRecord,
    GroupRecord,
    PairRecord,
    SpanRecord,
    TagRecord,
    TextRecord,
)
from mtl.tasks.task import Kind, Task
from tests.data.features.conftest import Shape

LONG = "the quick brown fox " * 8
RECORDS = {
    "pair": PairRecord(id="1", text_a=LONG, text_b=LONG, label="a"),
    "choice": ChoiceRecord(id="1", prompt=LONG, choices=(LONG, LONG), label=0),
    "span": SpanRecord(id="1", question=LONG, context=LONG, answers=()),
    "tag": TagRecord(id="1", words=tuple(LONG.split()), tags=None),
    "mlm": TextRecord(id="1", text=LONG),
    "embed": GroupRecord(id="1", pairs=(EmbedRecord(id="1", query=LONG, candidate=LONG, key=""),) * 2),
}


def make_task(kind: Kind, max_length: int, *, stride: int = 8, max_question: int = 8) -> Task:
    return Task(
        name="mine",
        kind=kind,
        splits={},
        metric="accuracy",
        labels=("a", "b") if kind == "pair" else None,
        num_choices=2 if kind == "choice" else None,
        max_length=max_length,
        stride=stride,
        max_question=max_question,
    )


def least(shape: Shape, kind: Kind) -> int:
    if kind == "embed":
        return shape.template.single_specials + 1
    return shape.template.pair_specials + (8 + 8 + 1 if kind == "span" else 2)


@pytest.mark.parametrize("kind", FEATURES)
def test_one_token_too_few_is_refused_and_names_the_key(shape: Shape, kind: Kind) -> None:
    enough = least(shape, kind)
    way_out = f"set tasks.mine.max_length={enough} or more$"
    with pytest.raises(UserError, match=rf"^tasks\.mine\.max_length: {enough - 1} tokens .*{way_out}"):
        check_room(make_task(kind, enough - 1), shape.template)


@pytest.mark.parametrize("kind", FEATURES)
def test_the_least_length_gives_documents_of_at_most_that(shape: Shape, kind: Kind) -> None:
    task = make_task(kind, least(shape, kind))
    check_room(task, shape.template)
    most = task.max_length if kind == "embed" else 8
    shaping = Shaping(max_length=task.max_length, stride=8, max_question=most, labels=("a", "b"))
    (examples,) = FEATURES[kind]([RECORDS[kind]], shape.template, shaping).examples
    lengths = [len(document.tokens) for example in examples for document in example.documents]
    assert max(lengths) == task.max_length or kind == "tag"
    assert max(lengths) <= task.max_length


def test_a_query_needs_room_as_well(shape: Shape) -> None:
    task = make_task("embed", 64, max_question=shape.template.single_specials)
    with pytest.raises(UserError, match=r"^tasks\.mine\.max_question: \d tokens .*max_question=\d or more$"):
        check_room(task, shape.template)
