"""A task's files are found by pattern, its languages by looking; what is not found is told."""

from pathlib import Path

import pytest

from mtl.data.sources import languages, source_files
from mtl.errors import UserError
from mtl.tasks.shapes import text
from mtl.tasks.task import Source, Task


def task(*patterns: str, train_on: str | None = None) -> Task:
    source = Source(files=patterns, format="text", record=text())
    return Task(name="t", kind="mlm", splits={"test": (source,)}, metric="accuracy", train_on=train_on)


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n")


def names(root: Path, found: list[Path]) -> list[str]:
    return [file.relative_to(root).as_posix() for file in found]


def test_patterns_keep_their_order_and_what_they_find_is_sorted(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.txt", "b/10.txt", "b/1.txt", "a.txt", "b/deep/1.txt")
    (tmp_path / "b/folder.txt").mkdir()
    found = source_files(task("b/*.txt", "a.txt", "*.txt"), "test", tmp_path)
    assert names(tmp_path, found) == ["b/1.txt", "b/10.txt", "b/2.txt", "a.txt"]


def test_a_compressed_file_stands_in_for_a_plain_one(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt.gz")
    assert names(tmp_path, source_files(task("a.txt"), "test", tmp_path)) == ["a.txt.gz"]
    touch(tmp_path, "a.txt")
    assert names(tmp_path, source_files(task("a.txt"), "test", tmp_path)) == ["a.txt"]


def test_an_absolute_pattern_leaves_the_data_folder(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/de.txt")
    pattern = str(tmp_path / "elsewhere/{lang}.txt")
    assert languages(task(pattern), "test", tmp_path / "data") == ("de",)
    assert source_files(task(pattern), "test", tmp_path / "data", "de") == [tmp_path / "elsewhere/de.txt"]


def test_a_new_language_is_a_new_file(tmp_path: Path) -> None:
    touch(tmp_path, "x/dev-en.txt", "x/dev-fi.txt")
    assert languages(task("x/dev-{lang}.txt"), "test", tmp_path) == ("en", "fi")
    touch(tmp_path, "x/dev-qaa.txt")
    assert languages(task("x/dev-{lang}.txt"), "test", tmp_path) == ("en", "fi", "qaa")
    assert names(tmp_path, source_files(task("x/dev-{lang}.txt"), "test", tmp_path, "qaa")) == [
        "x/dev-qaa.txt"
    ]


def test_what_is_no_language_code_is_no_language(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "dev-en.txt",
        "dev-en.first500.txt",
        "dev-pt-BR.txt",
        "dev-zh-Hant.txt",
        "dev-english.txt",
        "dev-.txt",
    )
    assert languages(task("dev-{lang}.txt"), "test", tmp_path) == ("en", "pt-BR", "zh-Hant")


def test_a_pattern_with_two_places_wants_the_same_language_in_both(tmp_path: Path) -> None:
    touch(tmp_path, "c-en-q-en.json", "c-en-q-de.json", "c-de-q-de.json", "c-hi-q-en.json")
    assert languages(task("c-{lang}-q-{lang}.json"), "test", tmp_path) == ("de", "en")


def test_languages_go_with_globs_and_folders_and_compression(tmp_path: Path) -> None:
    touch(tmp_path, "fi/part1.txt", "fi/part2.txt", "sw/part1.txt.gz", "en/other.txt", "a+b/te/part1.txt")
    assert languages(task("{lang}/part*.txt"), "test", tmp_path) == ("fi", "sw")
    assert languages(task("**/{lang}/part?.txt"), "test", tmp_path) == ("fi", "sw", "te")
    assert languages(task("a+b/{lang}/*.txt"), "test", tmp_path) == ("te",)
    found = source_files(task("{lang}/part*.txt"), "test", tmp_path, "fi")
    assert names(tmp_path, found) == ["fi/part1.txt", "fi/part2.txt"]


def test_a_task_of_one_language_has_no_codes(tmp_path: Path) -> None:
    touch(tmp_path, "en.txt")
    assert languages(task("en.txt"), "test", tmp_path) == ()


@pytest.mark.parametrize(
    ("patterns", "lang", "message"),
    [
        (
            ("b/*.txt",),
            None,
            "task t: no test file matches 'b/.*.txt' below .*; put the files there, or set data.root",
        ),
        (("a.txt", "none.txt"), None, "task t: no test file matches 'none.txt'"),
        (
            ("x-{lang}.txt",),
            None,
            r"task t: the test split has files for each language \(found: de, en\); name one",
        ),
        (("a.txt",), "fi", "task t: the test split is in one language; it cannot be had in 'fi'"),
        (("x-{lang}.txt",), "ed", "task t, split test: unknown language 'ed'; did you mean .*de"),
        (("y-{lang}.txt",), "fi", "task t: no test file matches 'y-fi.txt'"),
        (("",), None, r"cannot look for files by ''"),
        (("a**/b.txt",), None, r"cannot look for files by 'a\*\*/b.txt': .*; mend the pattern"),
    ],
)
def test_what_cannot_be_found_is_told(
    tmp_path: Path, patterns: tuple[str, ...], lang: str | None, message: str
) -> None:
    touch(tmp_path, "a.txt", "x-de.txt", "x-en.txt")
    with pytest.raises(UserError, match=message) as caught:
        source_files(task(*patterns), "test", tmp_path, lang)
    assert str(tmp_path) in str(caught.value) or "below" not in message


def test_a_split_that_is_not_declared_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"task t declares no train split, only: test; it trains on squad_v1"):
        source_files(task("a.txt", train_on="squad_v1"), "train", tmp_path)
    with pytest.raises(UserError, match=r"task t declares no dev split, only: test; declare files for it"):
        languages(task("a.txt"), "dev", tmp_path)
