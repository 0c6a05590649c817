"""What each item adds: over a whole file the sums give the metric's own number."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.evaluate.score import score_files
from mtl.study.items import read_items
from mtl.tasks.benchmarks import Layout, Member

TEXTS: dict[str, tuple[Layout, tuple[str, ...], str, str]] = {
    "accuracy": ("labels", ("accuracy",), "b\na\na\n", "b\na\nb\n"),
    "tag_accuracy": ("tags", ("accuracy",), "A\nB\n\nB\n\n", "A\nA\n\nB\n\n"),
    "span_f1": (
        "tags",
        ("f1",),
        "B-PER\nI-PER\nO\n\nB-LOC\nB-LOC\n\nO\n\n",
        "B-PER\nI-PER\nO\n\nB-LOC\nI-LOC\n\nB-PER\n\n",
    ),
    "squad": (
        "answers",
        ("exact_match", "f1"),
        '{"q1": "the red fox", "q2": "Bern"}',
        '{"data": [{"paragraphs": [{"qas": [{"id": "q1", "answers": [{"text": "red fox ran"}]},'
        ' {"id": "q2", "answers": [{"text": "Bern"}, {"text": "Basel"}]}]}]}]}',
    ),
    "map_at_20": (
        "rankings",
        ("map@20",),
        '{"q": ["x", "y", "z"], "r": ["x"]}',
        '{"q": ["y", "z"], "r": ["x"]}',
    ),
}


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], tuple[Member, Path, Path]]:
    def write(metric: str) -> tuple[Member, Path, Path]:
        layout, main, said, true = TEXTS[metric]
        labels = ("a", "b") if layout == "labels" else None
        member = Member(task="t", languages=("en",), layout=layout, metric=metric, main=main, labels=labels)
        for folder, text in ((tmp_path / "said", said), (tmp_path / "true", true)):
            (folder / member.file("en")).parent.mkdir(parents=True, exist_ok=True)
            (folder / member.file("en")).write_text(text)
        return member, tmp_path / "said", tmp_path / "true"

    return write


@pytest.mark.parametrize("metric", TEXTS)
def test_items_add_up_to_the_score(files: Callable[[str], tuple[Member, Path, Path]], metric: str) -> None:
    member, said, true = files(metric)
    items = read_items(member, "en", said, true)
    numbers, _ = score_files(member, "en", said / member.file("en"), true / member.file("en"))
    assert items is not None
    assert items.score == pytest.approx(sum(numbers[key] for key in member.main) / len(member.main))
    assert 0 < items.score < 100


def test_translations_are_one_cluster_and_others_are_not(
    files: Callable[[str], tuple[Member, Path, Path]],
) -> None:
    assert read_items(*_in_order(*files("accuracy"))).clusters == ("0", "1", "2")
    assert read_items(*_in_order(*files("squad"))).clusters == ("q1", "q2")
    assert read_items(*_in_order(*files("map_at_20"))).clusters == ("q", "r")
    assert read_items(*_in_order(*files("span_f1"))).clusters == ("en:0", "en:1", "en:2")


def test_a_metric_that_is_no_ratio_of_sums_has_no_items(tmp_path: Path) -> None:
    member = Member(task="t", languages=("de",), layout="pairs", metric="bucc_f1", main=("f1",))
    assert read_items(member, "de", tmp_path, tmp_path) is None


def _in_order(member: Member, said: Path, true: Path) -> tuple[Member, str, Path, Path]:
    return member, "en", said, true
