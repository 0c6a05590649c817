"""Scores of whole folders: averages, means that exist only where they mean something, and named problems."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.evaluate.intervals import half_width
from mtl.evaluate.metrics import Metric
from mtl.evaluate.metrics.accuracy import accuracy
from mtl.evaluate.metrics.items import right
from mtl.evaluate.score import score_folder
from mtl.tasks.benchmarks import BENCHMARKS, XTREME, XTREME_R, Benchmark, Member

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("MTL_SHARED_DATA", ROOT.parent / "shared" / "data"))
MOCK = SHARED / "xtreme_mock"

Folders = tuple[Path, Path]
Write = Callable[[Benchmark], Folders]

ORACLE = {
    "pawsx": {"accuracy": 51.42857142857143},
    "xnli": {"accuracy": 30.666666666666668},
    "panx": {"f1": 57.50793650793652, "precision": 54.729166666666664, "recall": 62.750000000000014},
    "udpos": {"f1": 70.21746048354693, "precision": 71.02232625883823, "recall": 69.54982073976082},
    "bucc2018": {"f1": 55.0, "precision": 55.0, "recall": 55.0},
    "tatoeba": {"accuracy": 53.611111111111114},
    "xquad": {"exact_match": 77.27272727272727, "f1": 79.9586776859504},
    "mlqa": {"exact_match": 57.142857142857146, "f1": 81.76870748299321},
    "tydiqa": {"exact_match": 88.88888888888889, "f1": 97.22222222222223},
    "mewslix": {"map@20": 14.39025156130419},
}


@pytest.mark.skipif(not MOCK.is_dir(), reason=f"no benchmark fixtures at {MOCK}")
@pytest.mark.parametrize("task", ORACLE)
def test_the_benchmarks_own_fixtures_score_what_they_must_to_the_last_digit(task: str) -> None:
    benchmark = XTREME_R if task == "mewslix" else XTREME
    avg = score_folder(MOCK / "predictions", MOCK / "labels", benchmark).tasks[task].avg
    assert {key: avg[key] for key in ORACLE[task]} == ORACLE[task]


def mean_of(avg: dict[str, float]) -> float:
    if "exact_match" in avg:
        return (avg["exact_match"] + avg["f1"]) / 2
    return avg["f1"] if "f1" in avg else next(iter(avg.values()))


@pytest.mark.skipif(not MOCK.is_dir(), reason=f"no benchmark fixtures at {MOCK}")
def test_the_benchmarks_own_fixtures_have_means_and_token_accuracy_beside() -> None:
    scores = score_folder(MOCK / "predictions", MOCK / "labels", XTREME)
    task = {name: mean_of(avg) for name, avg in ORACLE.items()}
    assert scores.groups == {
        "classification": (task["pawsx"] + task["xnli"]) / 2,
        "tagging": (task["udpos"] + task["panx"]) / 2,
        "qa": (task["xquad"] + task["mlqa"] + task["tydiqa"]) / 3,
        "retrieval": (task["bucc2018"] + task["tatoeba"]) / 2,
    }
    assert scores.overall == pytest.approx(sum(task[name] for name in scores.tasks) / 9, abs=1e-12)
    assert {name: scored.score for name, scored in scores.tasks.items()} == {
        name: score for name, score in task.items() if name != "mewslix"
    }
    assert scores.tasks["udpos"].avg["accuracy"] == pytest.approx(74.194, abs=5e-4)
    assert (scores.problems, scores.ignored) == ((), ("mewslix",))


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=list(BENCHMARKS))
def test_a_complete_folder_has_an_overall_score_in_either_benchmark(
    benchmark: Benchmark, write_benchmark: Write
) -> None:
    scores = score_folder(*write_benchmark(benchmark), benchmark)
    scores.demand_complete()
    assert {name: task.score for name, task in scores.tasks.items()} == {
        m.task: 100.0 for m in benchmark.members
    }
    assert scores.overall == 100.0
    assert set(scores.groups.values()) == {100.0}


def test_the_json_is_by_task_and_language_with_the_means_beside(write_benchmark: Write) -> None:
    predictions, labels = write_benchmark(XTREME)
    (predictions / "pawsx/test-de.tsv").write_text("0\n0\n", encoding="utf-8")
    result = json.loads(json.dumps(score_folder(predictions, labels, XTREME).as_json(), allow_nan=False))
    assert set(result) == {m.task for m in XTREME.members} | {"xtreme"}
    assert result["pawsx"]["de"] == {"accuracy": 50.0}
    assert result["pawsx"]["avg"]["accuracy"] == pytest.approx(650 / 7)
    assert list(result["pawsx"]) == ["avg", "de", "en", "es", "fr", "ja", "ko", "zh"]
    assert result["xquad"]["avg"] == {"exact_match": 100.0, "f1": 100.0, "em_and_f1": 100.0}
    means = result["xtreme"]
    assert means["groups"]["classification"] == pytest.approx((650 / 7 + 100) / 2)
    assert means["overall"] == pytest.approx((650 / 7 + 800) / 9)
    assert means["tasks"]["pawsx"] == result["pawsx"]["avg"]["accuracy"]
    assert (means["incomplete"], means["problems"], means["ignored"]) == ([], [], [])


def ranked(*, pooled: bool) -> Benchmark:
    member = Member(
        task="t",
        languages=("de", "fi"),
        layout="rankings",
        metric="map_at_20",
        main=("map@20",),
        pooled=pooled,
    )
    return Benchmark(name="b", groups={"g": (member,)})


@pytest.mark.parametrize(("pooled", "average"), [(False, 50.0), (True, 25.0)])
def test_a_pooled_task_averages_over_examples_not_over_languages(
    write_benchmark: Write, pooled: bool, average: float
) -> None:
    predictions, labels = write_benchmark(ranked(pooled=pooled))
    gold = {f"m{n}": ["Q0"] for n in range(6)}
    (labels / "t/test-fi.json").write_text(json.dumps(gold), encoding="utf-8")
    wrong = {key: ["Q1"] for key in gold}
    (predictions / "t/test-fi.json").write_text(json.dumps(wrong), encoding="utf-8")
    scores = score_folder(predictions, labels, ranked(pooled=pooled))
    assert {lang: numbers["map@20"] for lang, numbers in scores.tasks["t"].languages.items()} == {
        "de": 100.0,
        "fi": 0.0,
    }
    assert scores.tasks["t"].score == average


def test_what_only_some_languages_have_numbers_for_is_in_no_average(tmp_path: Path) -> None:
    member = Member(
        task="t",
        languages=("en", "ar", "fi"),
        layout="answers",
        metric="squad_v2",
        main=("exact_match", "f1"),
    )
    answers = {"en": [["Rome"]], "ar": [["Rome"], []], "fi": [[]]}
    for code, golds in answers.items():
        questions = [
            {"id": f"q{n}", "answers": [{"text": text} for text in texts]} for n, texts in enumerate(golds)
        ]
        squad = {"data": [{"paragraphs": [{"qas": questions}]}]}
        said = {one["id"]: "Rome" for one in questions}
        for kind, content in (("labels", squad), ("predictions", said)):
            (tmp_path / kind / "t").mkdir(parents=True, exist_ok=True)
            (tmp_path / kind / f"t/test-{code}.json").write_text(json.dumps(content), encoding="utf-8")
    scores = score_folder(
        tmp_path / "predictions", tmp_path / "labels", Benchmark(name="b", groups={"g": (member,)})
    )
    scores.demand_complete()
    task = scores.tasks["t"]
    assert {code: "no_answer_f1" in numbers for code, numbers in task.languages.items()} == {
        "en": False,
        "ar": True,
        "fi": True,
    }
    assert not [key for key in task.avg if "answer" in key]
    assert task.score == task.avg["f1"] == 50.0


def test_an_interval_is_that_of_the_main_number_whatever_its_name(
    write_benchmark: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hits(*answers: Any, language: str = "en") -> dict[str, float]:
        return {"hits@1": accuracy(*answers)["accuracy"]}

    monkeypatch.setattr("mtl.evaluate.score.METRICS", {"hits": Metric("hits", "hits@1", hits, right)})
    member = Member(
        task="t", languages=("de",), layout="labels", metric="hits", main=("hits@1",), labels=("0", "1")
    )
    benchmark = Benchmark(name="b", groups={"g": (member,)})
    predictions, labels = write_benchmark(benchmark)
    (predictions / "t/test-de.tsv").write_text("0\n0\n", encoding="utf-8")
    task = score_folder(predictions, labels, benchmark).tasks["t"]
    assert task.score == 50.0 and task.intervals == {"de": half_width(50.0, 2)}


def write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


Spoil = Callable[[Path, Path], object]

BLANK = b'[{"paragraphs": [{"qas": [{"id": "q1", "answers": [{"text": ""}]}]}]}]'
SPOILT: dict[str, tuple[Spoil, str, str | None]] = {
    # what is done, what the one line must say, the task and language that cannot be scored then
    "a missing language": (
        lambda p, _: (p / "xnli/test-sw.tsv").unlink(),
        "predictions/xnli/test-sw.tsv: no such file; xnli lacks sw",
        "xnli sw",
    ),
    "labels without a language": (
        lambda _, g: (g / "xnli/test-sw.tsv").unlink(),
        "labels/xnli/test-sw.tsv: no such file; xnli lacks sw",
        "xnli sw",
    ),
    "a missing id": (
        lambda p, _: write(p / "mlqa/test-vi.json", b'{"q1": "Paris"}'),
        "predictions/mlqa/test-vi.json: no prediction for 1 of the 2 ids",
        None,
    ),
    "an extra id": (
        lambda p, _: write(p / "mlqa/test-vi.json", b'{"q1": "Paris", "q2": "Rome", "q3": ""}'),
        "labels/mlqa/test-vi.json does not have 1 of its ids, such as 'q3'",
        None,
    ),
    "a line too many": (
        lambda p, _: write(p / "pawsx/test-ko.tsv", b"0\n1\n1\n"),
        "predictions/pawsx/test-ko.tsv: 3 lines, but",
        "pawsx ko",
    ),
    "a sentence cut short": (
        lambda p, _: write(p / "panx/test-yo.tsv", b"O\n\nO\n\n"),
        "predictions/panx/test-yo.tsv: sentence 2 has 1 tags, but 2",
        "panx yo",
    ),
    "an empty file": (
        lambda p, _: write(p / "bucc2018/test-ru.tsv", b""),
        "predictions/bucc2018/test-ru.tsv: is empty",
        "bucc2018 ru",
    ),
    "a wrong encoding": (
        lambda p, _: write(p / "udpos/test-zh.tsv", "ADJ\n".encode("utf-16")),
        "predictions/udpos/test-zh.tsv:1: not UTF-8",
        "udpos zh",
    ),
    "a label that does not exist": (
        lambda p, _: write(p / "xnli/test-de.tsv", b"neutral\ncontradictory\n"),
        "predictions/xnli/test-de.tsv:2: unknown label 'contradictory'; did you mean contradiction",
        "xnli de",
    ),
    "withheld labels": (
        lambda _, g: write(g / "xquad/test-el.json", BLANK),
        "labels/xquad/test-el.json: every answer is blank",
        "xquad el",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_wrong_is_named_and_the_rest_is_scored(name: str, write_benchmark: Write) -> None:
    spoil, message, lost = SPOILT[name]
    predictions, labels = write_benchmark(XTREME)
    spoil(predictions, labels)
    scores = score_folder(predictions, labels, XTREME)
    assert len(scores.problems) == 1
    assert message in scores.problems[0]
    with pytest.raises(UserError) as error:
        scores.demand_complete()
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    scored = {f"{task} {lang}" for task, s in scores.tasks.items() for lang in s.languages}
    everything = {f"{m.task} {lang}" for m in XTREME.members for lang in m.languages}
    assert everything - scored == ({lost} if lost else set())
    assert (scores.overall is None) == (lost is not None)
    if lost:
        task = lost.split()[0]
        assert scores.as_json()["xtreme"]["incomplete"] == [task]
        assert scores.tasks[task].score == 100.0  # the mean of the languages that are there
        assert [group for group, mean in scores.groups.items() if mean is None] == [
            group for group, members in XTREME.groups.items() if task in [m.task for m in members]
        ]


def test_a_missing_id_counts_as_wrong(write_benchmark: Write) -> None:
    predictions, labels = write_benchmark(XTREME)
    write(predictions / "mlqa/test-vi.json", b'{"q1": "Paris"}')
    assert score_folder(predictions, labels, XTREME).tasks["mlqa"].languages["vi"]["f1"] == 50.0


def test_a_missing_task_is_one_problem_and_several_problems_are_counted(write_benchmark: Write) -> None:
    predictions, labels = write_benchmark(XTREME)
    for file in (predictions / "tatoeba").iterdir():
        file.unlink()
    (predictions / "tatoeba").rmdir()
    (predictions / "xnli/test-sw.tsv").unlink()
    scores = score_folder(predictions, labels, XTREME)
    assert "tatoeba" not in scores.tasks
    with pytest.raises(UserError, match=r"xnli lacks sw \(and 1 more problem\); --partial scores"):
        scores.demand_complete()
    assert scores.problems[1].endswith("predictions: no folder tatoeba")


def test_what_is_no_part_of_the_benchmark_is_named_and_no_error(write_benchmark: Write) -> None:
    predictions, labels = write_benchmark(XTREME)
    (predictions / "notes.txt").touch()
    (predictions / "two\nlines").mkdir()
    (predictions / "xquad/test-ro.json").touch()
    scores = score_folder(predictions, labels, XTREME)
    scores.demand_complete()
    assert scores.ignored == ("notes.txt", "'two\\nlines'", "xquad/test-ro.json")


def test_folders_that_are_none_and_folders_with_nothing_are_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such folder of predictions"):
        score_folder(tmp_path / "nowhere", tmp_path, XTREME)
    with pytest.raises(UserError, match="nowhere: no such folder of labels"):
        score_folder(tmp_path, tmp_path / "nowhere", XTREME)
    with pytest.raises(UserError, match=r"nothing of xtreme can be scored: .*no folder pawsx"):
        score_folder(tmp_path, tmp_path, XTREME)


def test_scoring_needs_no_heavy_library() -> None:
    code = (
        "import sys, mtl.evaluate.score, mtl.evaluate.submission, mtl.evaluate.table;"
        "print([m for m in ('torch', 'numpy', 'transformers', 'datasets', 'deepspeed', 'pydantic') if m in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert done.stdout == "[]\n"
