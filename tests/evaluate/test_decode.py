"""Decoding on scores made by hand: what is said, about which record, and how sure that there is no answer."""

from collections.abc import Sequence
from dataclasses import asdict
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.data.features import FEATURES, Example
from mtl.data.features.span import OUTSIDE
from mtl.data.store import Store
from mtl.evaluate.decode import BEST, DECODERS, MAX_ANSWER, are_finite
from mtl.evaluate.exam import LAYOUT
from mtl.evaluate.metrics import METRICS, SpanAnswer
from mtl.model.heads import HEADS
from mtl.tasks.records import Answer, EmbedRecord, GroupRecord, Record, SpanRecord, TagRecord
from mtl.tasks.task import LearntKind
from tests.kit.splits import choice, document, pair, write_split
from tests.kit.stores import make_task

LEAD = 3
"""Tokens of a window before its context."""
LOW = -50.0


def decode(store: Store, scores: dict[int, Any]) -> tuple[list[Any], list[Any]]:
    arrays = {example: np.array(rows, dtype=np.float32) for example, rows in scores.items()}
    decoder = DECODERS[store.header.kind]
    return decoder.decode(
        store, list(store.records()), {example: decoder.reduce(a) for example, a in arrays.items()}
    )


def test_every_kind_that_learns_is_in_all_three_tables() -> None:
    kinds = set(get_args(LearntKind))
    assert set(FEATURES) == set(HEADS) == kinds
    assert set(DECODERS) == kinds - {"mlm"}, "masked tokens are no answers"
    assert set(LAYOUT) == {*DECODERS, "bitext"}


@pytest.mark.parametrize("kind", DECODERS)
def test_scores_that_were_no_numbers_are_known_whatever_is_kept_of_them(kind: LearntKind) -> None:
    scores = np.ones((3, 2), dtype=np.float32)
    reduce = DECODERS[kind].reduce
    assert are_finite({0: reduce(scores)})
    scores[1, 1] = np.nan
    assert not are_finite({0: reduce(scores)})


def test_pairs_are_labels_in_the_records_order_whatever_the_order_of_the_scores(tmp_path: Path) -> None:
    store = write_split(tmp_path / "s", make_task("t", "pair"), [pair("a", 0), pair("c", 0), pair(None, 0)])
    scores = {2: [[1.0, 9.0, 2.0]], 0: [[3.0, 2.0, 1.0]], 1: [[-3.0, -2.0, -1.0]]}
    assert decode(store, scores) == (["a", "c", "b"], ["a", "c", None])


def test_a_choice_is_the_place_of_the_best_document(tmp_path: Path) -> None:
    made = [choice(3, 7, 7, 7, 7), choice(1, 7, 7, 7, 7)]
    store = write_split(tmp_path / "s", make_task("t", "choice"), made)
    scores = {1: [[5.0], [-1.0], [2.0], [0.0]], 0: [[-4.0], [-3.0], [-2.0], [-1.0]]}
    assert decode(store, scores) == ([3, 0], [3, 1])


@pytest.mark.parametrize("predicted", [[0], [1], [0, 1, 2]])
def test_each_record_must_have_been_predicted_once(tmp_path: Path, predicted: list[int]) -> None:
    (record, (example,)) = pair("a", 0)
    store = write_split(
        tmp_path / "s", make_task("t", "pair"), [(record, [example]), (record, [example, example])]
    )
    with pytest.raises(AssertionError):
        decode(store, {i: [[1.0, 0.0, 0.0]] for i in predicted})


def test_the_tags_of_a_split_sentence_come_back_in_one_piece(tmp_path: Path) -> None:
    def sentence(tags: str, *pieces: int) -> tuple[Record, list[Example]]:
        examples = [
            Example(documents=(document(*range(n + 2)),), sites=tuple(range(1, n + 1)), gold=(0,) * n)
            for n in pieces
        ]
        return TagRecord(id="", words=tuple(tags.split()), tags=tuple(tags.split())), examples

    store = write_split(
        tmp_path / "s", make_task("t", "tag"), [sentence("t1 t2 t3", 2, 1), sentence("t4", 1)]
    )
    rows = np.eye(11, dtype=np.float32)
    # By number the scores would come apart: the pieces arrive in any order.
    predictions, golds = decode(store, {2: rows[[4]], 1: rows[[10]], 0: rows[[1, 2]]})
    assert predictions == [["t1", "t2", "t10"], ["t4"]]
    assert [list(tags) for tags in golds] == [["t1", "t2", "t3"], ["t4"]]


def test_only_a_tags_number_leaves_its_rank() -> None:
    assert DECODERS["tag"].reduce(np.eye(4, dtype=np.float32)[[2, 0, 3]]).tolist() == [2, 0, 3]


def words(count: int) -> str:
    return " ".join(f"w{i}" for i in range(count))


def spans_of(context: str) -> list[tuple[int, int]]:
    """The characters of each word."""
    spans, start = [], 0
    for word in context.split():
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return spans


def window(context: str, first: int, stop: int) -> Example:
    """The words from `first` to before `stop` as tokens, behind a question and before a last special token."""
    inside = spans_of(context)[first:stop]
    offsets = (*[OUTSIDE] * LEAD, *inside, OUTSIDE)
    tokens = tuple(range(5, 5 + len(offsets)))
    return Example(
        documents=(document(*tokens),), sites=tuple(range(len(tokens))), gold=(0, 0), offsets=offsets
    )


def span_record(context: str, answers: Sequence[str] = ()) -> SpanRecord:
    found = tuple(Answer(text=text, start=context.index(text)) for text in answers)
    return SpanRecord(id="", question="", context=context, answers=found)


def span_scores(
    size: int, starts: dict[int, float], ends: dict[int, float], none: float = LOW
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Low scores for a window of `size` words, but for these words; `none` is the first token's sum."""
    scores = np.full((LEAD + size + 1, 2), LOW, dtype=np.float32)
    scores[0] = none / 2
    for column, values in enumerate((starts, ends)):
        for word, value in values.items():
            scores[LEAD + word, column] = value
    return scores


def one_window(tmp_path: Path, size: int, scores: Any) -> SpanAnswer:
    context = words(size)
    store = write_split(
        tmp_path / "s", make_task("t", "span"), [(span_record(context), [window(context, 0, size)])]
    )
    answer = decode(store, {0: scores})[0][0]
    assert isinstance(answer, SpanAnswer)
    return answer


def test_the_answer_is_the_best_span_of_all_windows_as_the_context_writes_it(tmp_path: Path) -> None:
    context = "Wer  baute den Turm?"
    spans = ((0, 3), (5, 10), (11, 14), (15, 19), (19, 20))
    example = Example(
        documents=(document(*range(8)),), sites=tuple(range(8)), gold=(0, 0), offsets=(OUTSIDE,) * 3 + spans
    )
    made = [
        (span_record(words(6), ["w4 w5"]), [window(words(6), 0, 4), window(words(6), 2, 6)]),
        (span_record(context, ["Turm", "den Turm"]), [example]),
        (span_record(words(3)), [window(words(3), 0, 3)]),
    ]
    store = write_split(tmp_path / "s", make_task("t", "span"), made)
    scores = {
        3: span_scores(3, {1: 1.0}, {1: 1.0}),
        2: [[LOW, LOW]] * 3 + [[3.0, LOW], [LOW, 4.0], [LOW, LOW], [LOW, LOW], [LOW, LOW]],
        1: span_scores(4, {2: 5.0}, {3: 4.0}),  # counted from the window's own first word
        0: span_scores(4, {0: 5.0}, {1: 3.5}),
    }
    predictions, golds = decode(store, scores)
    assert [answer.text for answer in predictions] == ["w4 w5", "Wer  baute", "w1"]
    assert golds == [("w4 w5",), ("Turm", "den Turm"), ()]


def test_no_answer_ends_before_it_starts(tmp_path: Path) -> None:
    scores = span_scores(5, {3: 9.0, 1: 2.0}, {2: 9.0, 4: 3.0})
    assert one_window(tmp_path, 5, scores).text == "w3 w4"


@pytest.mark.parametrize(
    ("last", "text"), [(MAX_ANSWER, words(MAX_ANSWER + 1).partition(" ")[2]), (MAX_ANSWER + 1, "w35")]
)
def test_an_answer_has_at_most_so_many_tokens(tmp_path: Path, last: int, text: str) -> None:
    scores = span_scores(40, {1: 9.0, 35: 1.0}, {last: 9.0, 35: 1.0})
    assert one_window(tmp_path, 40, scores).text == text


@pytest.mark.parametrize("outside", [1, LEAD - 1, LEAD + 5])
def test_question_and_special_tokens_are_never_an_answer(tmp_path: Path, outside: int) -> None:
    scores = span_scores(5, {2: 1.0}, {2: 1.0})
    scores[outside] = 99.0
    assert one_window(tmp_path, 5, scores).text == "w2"


@pytest.mark.parametrize(("none", "doubt"), [(12.0, 3.0), (4.0, -5.0)])
def test_doubt_is_positive_where_no_answer_scores_above_the_best_one(
    tmp_path: Path, none: float, doubt: float
) -> None:
    answer = one_window(tmp_path, 5, span_scores(5, {1: 5.0}, {2: 4.0}, none=none))
    assert answer == SpanAnswer("w1 w2", doubt)  # the text stays: whoever scores picks the threshold


def test_a_window_that_is_sure_to_hold_the_answer_outweighs_those_that_hold_none(tmp_path: Path) -> None:
    context = words(6)
    made = [(span_record(context), [window(context, 0, 4), window(context, 2, 6)])]
    store = write_split(tmp_path / "s", make_task("t", "span"), made)
    low, high = span_scores(4, {0: 1.0}, {0: 1.0}, none=-8.0), span_scores(4, {1: 3.0}, {1: 3.0}, none=20.0)
    for first, second, text in ((low, high, "w3"), (high, low, "w1")):
        assert decode(store, {0: first, 1: second})[0] == [SpanAnswer(text, -14.0)]


@pytest.mark.parametrize(("word", "begun_in"), [(0, 0), (3, 0), (4, 1), (5, 1), (6, 2), (7, 2), (9, 2)])
def test_an_answer_begins_only_in_the_window_that_has_most_around_it(
    tmp_path: Path, word: int, begun_in: int
) -> None:
    context = words(10)
    bounds = [(0, 6), (2, 8), (4, 10)]
    made = [(span_record(context), [window(context, *each) for each in bounds])]
    store = write_split(tmp_path / "s", make_task("t", "span"), made)
    for asked, (first, stop) in enumerate(bounds):
        if first <= word < stop:
            quiet = {number: span_scores(6, {0: 1.0}, {0: 1.0}) for number in range(3)}
            told = {**quiet, asked: span_scores(6, {word - first: 9.0}, {word - first: 9.0})}
            ((answer,), _) = decode(store, told)
            assert (answer.text == f"w{word}") == (asked == begun_in)


def test_a_window_without_context_says_that_there_is_no_answer(tmp_path: Path) -> None:
    assert one_window(tmp_path, 0, span_scores(0, {}, {}, none=-40.0)) == SpanAnswer("", inf)


score = st.integers(-30, 30)


@given(st.lists(st.lists(st.tuples(score, score), min_size=1, max_size=BEST), min_size=1, max_size=3), score)
def test_the_best_span_is_that_of_a_search_through_all(
    windows: list[list[tuple[int, int]]], none: int
) -> None:
    context = words(sum(map(len, windows)))
    edges = np.cumsum([0, *map(len, windows)]).tolist()
    examples = [window(context, a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    scores = {}
    for i, rows in enumerate(windows):
        starts, ends = (dict(enumerate(column)) for column in zip(*rows, strict=True))
        scores[i] = span_scores(len(rows), starts, ends, none=none)
    sums = {
        (f"w{edges[i] + first}", f"w{edges[i] + last}"): rows[first][0] + rows[last][1]
        for i, rows in enumerate(windows)
        for first in range(len(rows))
        for last in range(first, len(rows))
    }
    with TemporaryDirectory() as folder:
        store = write_split(Path(folder) / "s", make_task("t", "span"), [(span_record(context), examples)])
        ((answer,), _) = decode(store, scores)
    said = answer.text.split()
    assert sums[said[0], said[-1]] == max(sums.values())
    assert answer.no_answer_score == none - max(sums.values())
    assert answer.text == words(edges[-1])[context.index(said[0]) :][: len(answer.text)]


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    record = span_record("der Turm", ["Turm"])
    store = write_split(tmp_path / "s", make_task("t", "span"), [(record, [window("der Turm", 0, 2)])])
    (read,) = store.records()
    assert read["context"] == record.context
    assert read["answers"] == [asdict(answer) for answer in record.answers or ()]


def test_a_query_ranks_all_candidates_but_those_of_its_own_key(tmp_path: Path) -> None:
    """By hand: three groups' vectors in the plane; pairs 0 and 2 share a key, so that each is blind to the other."""
    keys = [("a", "b"), ("a", "c")]
    records = [
        GroupRecord(
            id=str(i),
            pairs=tuple(EmbedRecord(id=key, query="q", candidate="c", key=key) for key in group),
        )
        for i, group in enumerate(keys)
    ]
    group = Example(documents=(document(3),) * 4, sites=(0, 3, 6, 9), gold=(0, 1))
    store = write_split(tmp_path / "s", make_task("t", "embed"), [(one, [group]) for one in records])
    #          query        candidate
    vectors = {
        0: [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]],
        1: [[0.6, 0.8], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
    }
    rankings, golds = decode(store, vectors)
    assert rankings[0] == ["0", "1", "3", "2"], "the nearest of all, 2, has its key: it comes last"
    assert rankings[1] == ["3", "1", "0", "2"]
    assert rankings[2] == ["1", "3", "2", "0"]
    assert rankings[3] == ["2", "0", "1", "3"]
    assert golds == [["0"], ["1"], ["2"], ["3"]]
    # 1, 1/2, 1/3, 1/4
    assert METRICS["map_at_20"].compute(rankings, golds)["map@20"] == pytest.approx(100 * (25 / 12) / 4)
