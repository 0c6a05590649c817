"""A submission holds the benchmark's files and no others, or is not written at all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.evaluate.score import score_folder
from mtl.evaluate.submission import write_submission
from mtl.tasks.benchmarks import BENCHMARKS, XTREME, Benchmark

Write = Callable[[Benchmark], tuple[Path, Path]]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=list(BENCHMARKS))
def test_it_holds_every_file_of_the_benchmark_and_scores_as_the_predictions_do(
    benchmark: Benchmark, write_benchmark: Write, tmp_path: Path
) -> None:
    predictions, labels = write_benchmark(benchmark)
    (predictions / "notes.txt").touch()
    (predictions / "xnli/test-xx.tsv").touch()
    into = tmp_path / "new" / "submission"
    num_files = write_submission(predictions, into, benchmark)
    expected = {member.file(lang) for member in benchmark.members for lang in member.languages}
    assert files(into) == expected
    assert num_files == len(expected)
    scores = score_folder(into, labels, benchmark)
    scores.demand_complete()
    assert (scores.overall, scores.ignored) == (100.0, ())
    assert [path.name for path in into.parent.iterdir()] == ["submission"]


def test_files_are_written_as_the_benchmark_wants_them(write_benchmark: Write, tmp_path: Path) -> None:
    predictions, _ = write_benchmark(XTREME)
    (predictions / "udpos/test-en.tsv").write_bytes(b"\r\n ADJ\r\nNOUN \r\n\r\n\r\nVERB")
    write_submission(predictions, tmp_path / "submission", XTREME)
    assert (tmp_path / "submission/udpos/test-en.tsv").read_bytes() == b"ADJ\nNOUN\n\nVERB\n\n"


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        ("xnli/test-sw.tsv", None, "xnli lacks sw"),
        ("xnli/test-sw.tsv", b"maybe\n", "test-sw.tsv:1: unknown label 'maybe'"),
        ("mlqa/test-zh.json", b"[]", "test-zh.json: expected one JSON object"),
    ],
)
def test_nothing_is_written_where_anything_is_wrong(
    write_benchmark: Write, tmp_path: Path, file: str, data: bytes | None, message: str
) -> None:
    predictions, _ = write_benchmark(XTREME)
    if data is None:
        (predictions / file).unlink()
    else:
        (predictions / file).write_bytes(data)
    with pytest.raises(UserError, match=message):
        write_submission(predictions, tmp_path / "out" / "submission", XTREME)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_existing_folder_is_left_alone(write_benchmark: Write, tmp_path: Path) -> None:
    predictions, labels = write_benchmark(XTREME)
    before = files(labels)
    with pytest.raises(UserError, match="exists already"):
        write_submission(predictions, labels, XTREME)
    with pytest.raises(UserError, match="nowhere: no such folder"):
        write_submission(tmp_path / "nowhere", tmp_path / "new", XTREME)
    assert files(labels) == before
