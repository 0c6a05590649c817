"""A task's files are found by pattern, its languages by looking; what is not found is told."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from mtl.data.fetch import missing_splits
from mtl.data.records import read_records
from mtl.data.sources import find_sources, languages, source_files, unread_names
from mtl.errors import UserError
from mtl.run.phase_tasks import with_training
from mtl.tasks.registry import find_tasks, get_task
from mtl.tasks.shapes import text
from mtl.tasks.task import Source, Task, first_of


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


def test_files_of_several_folders_are_in_the_order_of_their_own_names(tmp_path: Path) -> None:
    touch(tmp_path, "A-Z/2.txt", "A-a/1.txt", "B/1.txt")
    found = source_files(task("*/*.txt"), "test", tmp_path)
    assert names(tmp_path, found) == ["A-a/1.txt", "B/1.txt", "A-Z/2.txt"]


def test_a_language_that_belongs_to_another_source_is_read_from_there(tmp_path: Path) -> None:
    touch(tmp_path, "old/de.txt", "old/lt.txt", "new/de.txt", "new/lt.txt")
    old = Source(files=("old/{lang}.txt",), format="text", record=text(), without=frozenset({"lt"}))
    new = Source(files=("new/{lang}.txt",), format="text", record=text())
    both = Task(name="t", kind="mlm", splits={"test": first_of(old, new)}, metric="accuracy")
    assert languages(both, "test", tmp_path) == ("de", "lt")
    for language, file in (("de", "old/de.txt"), ("lt", "new/lt.txt")):
        assert names(tmp_path, source_files(both, "test", tmp_path, language)) == [file]


def test_a_compressed_file_stands_in_for_a_plain_one(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt.gz")
    assert names(tmp_path, source_files(task("a.txt"), "test", tmp_path)) == ["a.txt.gz"]
    touch(tmp_path, "a.txt")
    assert names(tmp_path, source_files(task("a.txt"), "test", tmp_path)) == ["a.txt"]


@pytest.mark.parametrize("pattern", ["text/*.txt", "text/*"])
def test_compressed_files_are_found_beside_plain_ones_and_no_file_twice(tmp_path: Path, pattern: str) -> None:
    touch(tmp_path, "text/sw.txt", "text/fi.txt", "text/fi.txt.gz", "text/en.txt.gz")
    found = names(tmp_path, source_files(task(pattern), "test", tmp_path))
    assert found == ["text/en.txt.gz", "text/fi.txt", "text/sw.txt"]


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


@pytest.mark.parametrize(
    "code", ["fi", "yue", "pt-BR", "pt-br", "zh_CN", "zh-Hant", "deu_Latn", "zh-Hant-TW"]
)
def test_scripts_and_regions_are_read_in_whichever_spelling(tmp_path: Path, code: str) -> None:
    touch(tmp_path, f"test.{code}.tsv")
    assert languages(task("test.{lang}.tsv"), "test", tmp_path) == (code,)
    assert source_files(task("test.{lang}.tsv"), "test", tmp_path, code) == [tmp_path / f"test.{code}.tsv"]
    assert unread_names(task("test.{lang}.tsv").splits["test"], tmp_path) == ""


def test_files_that_have_no_code_in_the_place_of_a_language_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "test.de.tsv", "test.english.tsv", "train.de.tsv", "README.md", "test.de.tsv.bak")
    sources = task("test.{lang}.tsv").splits["test"]
    assert unread_names(sources, tmp_path) == "test.english.tsv"
    touch(tmp_path, "test.DE.tsv.gz", "test.zh-classical.tsv", "test.de_old.tsv")
    assert unread_names(sources, tmp_path) == "test.DE.tsv, test.de_old.tsv, test.english.tsv and 1 more"


def test_two_languages_are_not_taken_for_one_of_a_region(tmp_path: Path) -> None:
    touch(tmp_path, "test.de.tsv", "test.en-de.tsv", "test.fr_en.tsv", "test.de-de.tsv", "test.pt-br.tsv")
    pattern = task("test.{lang}.tsv")
    assert languages(pattern, "test", tmp_path) == ("de", "de-de", "pt-br")
    assert unread_names(pattern.splits["test"], tmp_path) == "test.en-de.tsv, test.fr_en.tsv"


def test_what_lies_beside_them_by_the_layout_is_not(tmp_path: Path) -> None:
    touch(tmp_path, "c-en-q-en.json", "c-en-q-de.json", "de-en.test.de", "de-en.test.en", "de-en.test.gold")
    for pattern in ("c-{lang}-q-{lang}.json", "{lang}-en.test.{lang}"):
        assert unread_names(task(pattern).splits["test"], tmp_path) == ""
    release = "udpos/ud-treebanks-v2.5/UD_Hindi_English-HIENCS/qhe_hiencs-ud-test.conllu"
    touch(tmp_path, release, "udpos/ud-treebanks-v2.5/UD_Klingon-X/klingon_x-ud-test.conllu")
    assert unread_names(get_task("udpos").splits["test"], tmp_path) == ""


def test_a_test_that_is_there_in_no_language_says_so(tmp_path: Path) -> None:
    one = task("test.{lang}.tsv")
    with pytest.raises(
        UserError, match=r"no test file matches 'test.{lang}.tsv' below .* in any language; put"
    ):
        source_files(one, "test", tmp_path)
    touch(tmp_path, "test.english.tsv")
    named = "in any language; give these names a code such as fi or pt-BR: test.english.tsv$"
    with pytest.raises(UserError, match=named):
        source_files(one, "test", tmp_path)


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


def task_of(*patterns: str, codes: dict[str, str] | None = None) -> Task:
    sources = (Source(files=(one,), format="text", record=text(), codes=codes or {}) for one in patterns)
    return Task(name="t", kind="mlm", splits={"train": first_of(*sources)}, metric="accuracy")


def test_the_first_alternative_that_is_there_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "b/de.txt", "c-de.txt", "c-fi.txt")
    three = task_of("a/{lang}.txt", "b/{lang}.txt", "c-{lang}.txt")
    (found,) = find_sources(three, "train", tmp_path, "de")
    assert names(tmp_path, list(found.files)) == ["b/de.txt"]
    assert names(tmp_path, list(found.passed_over)) == ["c-de.txt"]
    assert source_files(three, "train", tmp_path, "fi") == [tmp_path / "c-fi.txt"]
    assert languages(three, "train", tmp_path) == ("de", "fi")
    with pytest.raises(UserError, match=r"no train file matches 'a/en.txt'"):
        source_files(task_of("a/{lang}.txt", "d/{lang}.txt"), "train", tmp_path)


def test_training_data_are_english_unless_a_language_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "a-en.txt", "a-fi.txt")
    task = task_of("a-{lang}.txt")
    assert source_files(task, "train", tmp_path) == [tmp_path / "a-en.txt"]
    assert source_files(replace(task, language="fi"), "train", tmp_path) == [tmp_path / "a-fi.txt"]


def test_names_of_files_may_spell_languages_in_their_own_way(tmp_path: Path) -> None:
    touch(tmp_path, "finnish.txt", "klingon.txt", "swahili.txt")
    task = task_of("{lang}.txt", codes={"fi": "finnish", "sw": "swahili"})
    assert languages(task, "train", tmp_path) == ("fi", "sw")
    assert source_files(task, "train", tmp_path, "sw") == [tmp_path / "swahili.txt"]


def test_files_of_many_languages_are_read_for_the_ones_that_they_hold(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("fi Hei.\nsw Habari.\n? Hm.\n")
    source = Source(
        files=("all.txt",),
        format="text",
        record=text(),
        language_of=lambda row: {"?": None}.get(row["text"].split()[0], row["text"].split()[0]),
    )
    task = Task(name="t", kind="mlm", splits={"train": (source,)}, metric="accuracy")
    assert languages(task, "train", tmp_path) == ("fi", "sw")
    drops: Counter[str] = Counter()
    found = list(read_records(task, "train", root=tmp_path, lang="fi", drops=drops))
    assert [one.where for one in found] == ["all.txt:1", "all.txt:3"]
    assert drops == {"rows in another language": 1}


def test_dev_files_that_nobody_fetches_are_the_users_to_bring(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="nobody fetches them, for xnli trains on mnli; put the files there"
    ) as own:
        source_files(get_task("xnli"), "dev", tmp_path)
    assert "prepare.py" not in str(own.value)
    borrowed = with_training(get_task("xnli"), find_tasks())
    with pytest.raises(UserError, match=r"launchers/prepare\.py --tasks xnli"):
        source_files(borrowed, "dev", tmp_path)


def test_a_release_of_treebanks_is_tested_in_known_languages_alone(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "udpos/ud-treebanks-v2.5/UD_Finnish-TDT/fi_tdt-ud-test.conllu",
        "udpos/ud-treebanks-v2.5/UD_Hindi_English-HIENCS/qhe_hiencs-ud-test.conllu",
        "udpos/ud-treebanks-v2.5/UD_Czech-PDT/cs_pdt-ud-train.conllu",
        "udpos/ud-treebanks-v2.5/UD_Czech-PDT/cs_pdt-ud-test.conllu",
        "udpos/ud-treebanks-v2.7/UD_Wolof-WTB/wo_wtb-ud-test.conllu",
    )
    assert languages(get_task("udpos"), "test", tmp_path) == ("fi", "wo")
    assert "cs" in languages(get_task("udpos-cs"), "test", tmp_path)
    assert missing_splits(get_task("udpos-cs"), tmp_path) == ["dev"]
    found = names(tmp_path, source_files(get_task("udpos-cs"), "train", tmp_path))
    assert found == ["udpos/ud-treebanks-v2.5/UD_Czech-PDT/cs_pdt-ud-train.conllu"]
