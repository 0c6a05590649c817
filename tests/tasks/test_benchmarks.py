"""The benchmarks' declarations hang together, and name only what exists."""

import pytest

from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.metrics import METRICS
from mtl.tasks.benchmarks import BENCHMARKS, EXTENSIONS, XTREME, XTREME_R, Benchmark, Member
from mtl.tasks.registry import find_tasks

MEMBERS = [(b, member) for b in BENCHMARKS.values() for member in b.members]


def find(benchmark: Benchmark, task: str) -> Member:
    return next(member for member in benchmark.members if member.task == task)


@pytest.mark.parametrize(("benchmark", "member"), MEMBERS, ids=[f"{b.name}-{m.task}" for b, m in MEMBERS])
def test_a_member_names_a_layout_and_a_metric_that_exist(benchmark: Benchmark, member: Member) -> None:
    assert member.layout in LAYOUTS
    assert member.layout in EXTENSIONS
    assert member.metric in METRICS
    assert len(set(member.languages)) == len(member.languages) > 0
    assert [m.task for m in benchmark.members].count(member.task) == 1


def test_every_layout_has_an_extension() -> None:
    assert set(EXTENSIONS) == set(LAYOUTS)


def test_xtreme_has_nine_tasks_and_xtreme_r_ten() -> None:
    assert {name: len(b.members) for name, b in BENCHMARKS.items()} == {"xtreme": 9, "xtreme-r": 10}
    assert set(XTREME.groups) == set(XTREME_R.groups) == {"classification", "tagging", "qa", "retrieval"}


def test_the_numbers_of_languages_are_the_benchmarks_own() -> None:
    counts = {m.task: len(m.languages) for m in XTREME.members}
    assert counts == {
        "pawsx": 7, "xnli": 15, "udpos": 33, "panx": 40, "xquad": 11,
        "mlqa": 7, "tydiqa": 9, "bucc2018": 4, "tatoeba": 36,
    }  # fmt: skip
    counts = {m.task: len(m.languages) for m in XTREME_R.members}
    assert counts == {
        "xnli": 15, "xcopa": 11, "udpos": 38, "panx": 48, "xquad": 12,
        "mlqa": 7, "tydiqa": 9, "tatoeba_squad": 41, "mewslix": 11, "lareqa": 11,
    }  # fmt: skip
    assert len({lang for member in XTREME.members for lang in member.languages}) == 40
    assert len({lang for member in XTREME_R.members for lang in member.languages}) == 50


def test_lareqa_alone_is_averaged_over_questions() -> None:
    assert [member.task for _, member in MEMBERS if member.pooled] == ["lareqa"]


def test_the_second_benchmark_only_adds_languages_to_the_tasks_of_the_first() -> None:
    for member in XTREME.members:
        later = [m for m in XTREME_R.members if m.folder == member.folder]
        assert not later or later[0].languages[: len(member.languages)] == member.languages


def test_the_two_tatoebas_are_two_tasks_of_the_same_rows() -> None:
    known = find_tasks()
    one, other = known["tatoeba"], known["tatoeba_squad"]
    assert (one.bitexts, one.train_on, other.train_on) == (other.bitexts, None, "squad_v1")
    assert {b.name: [m.task for m in b.members if m.folder == "tatoeba"] for b in BENCHMARKS.values()} == {
        "xtreme": ["tatoeba"],
        "xtreme-r": ["tatoeba_squad"],
    }


@pytest.mark.parametrize(
    ("task", "language", "file"),
    [
        ("xnli", "sw", "xnli/test-sw.tsv"),
        ("xcopa", "et", "xcopa/test-et.jsonl"),
        ("mlqa", "zh", "mlqa/test-zh.json"),
        ("lareqa", "de", "lareqa/test-de.json"),
        ("tatoeba_squad", "az", "tatoeba/test-az.tsv"),
    ],
)
def test_a_file_is_named_by_task_language_and_layout(task: str, language: str, file: str) -> None:
    assert find(XTREME_R, task).file(language) == file
