"""Bitexts: sides by language, gold where it is told, XTREME's order where lines are aligned."""

from collections import Counter
from pathlib import Path

import pytest

from mtl.data.bitext import Sides, bitext_files, bitext_languages, read_bitext
from mtl.errors import UserError
from mtl.tasks.registry import get_task
from tests.kit.shared import shared_data


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def read(root: Path, task: str, split: str, lang: str) -> Sides:
    return read_bitext(get_task(task), split, lang, root=root, drops=Counter())


ALIGNED = {"tatoeba/tatoeba.swh-eng.swh": "B\nA\nC\n", "tatoeba/tatoeba.swh-eng.eng": "b\na \nc\n"}


def test_aligned_english_is_sorted_and_its_gold_is_the_original_line(tmp_path: Path) -> None:
    write(tmp_path, ALIGNED)
    sides = read(tmp_path, "tatoeba", "test", "sw")
    assert [one.text for one in sides.foreign] == ["B", "A", "C"]
    assert [one.text for one in sides.english] == ["a", "b", "c"]
    assert sides.gold == [("1", "0"), ("0", "1"), ("2", "2")]


def test_xtremes_files_are_read_as_they_are_and_tell_no_gold(tmp_path: Path) -> None:
    write(tmp_path, {**ALIGNED, "tatoeba/qaa-en.qaa": "X\nY\n", "tatoeba/qaa-en.en": "y\nx\n"})
    sides = read(tmp_path, "tatoeba", "test", "qaa")
    assert [(one.id, one.text) for one in sides.english] == [("0", "y"), ("1", "x")]
    assert sides.gold is None
    assert bitext_languages(get_task("tatoeba"), "test", tmp_path) == ("qaa", "sw")


def test_lines_that_do_not_pair_up_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {**ALIGNED, "tatoeba/tatoeba.swh-eng.eng": "b\n\nc\nd\n"})
    with pytest.raises(UserError, match=r"swh-eng.eng: 3 and 3 lines, or blank ones among them"):
        read(tmp_path, "tatoeba", "test", "sw")


BUCC = {
    "bucc2018/de-en.dev.de": "de-1\tEins\nde-2\tZwei\n",
    "bucc2018/de-en.dev.en": "en-1\tTwo\n",
    "bucc2018/de-en.dev.gold": "de-2\ten-1\n",
}


def test_gold_names_sentences_by_id(tmp_path: Path) -> None:
    write(tmp_path, BUCC)
    assert read(tmp_path, "bucc2018", "dev", "de").gold == [("de-2", "en-1")]


def test_a_test_set_may_lack_its_gold_or_have_it_among_the_labels(tmp_path: Path) -> None:
    write(
        tmp_path, {name.replace(".dev.", ".test."): text for name, text in BUCC.items() if "gold" not in name}
    )
    assert read(tmp_path, "bucc2018", "test", "de").gold is None
    write(tmp_path, {"labels/bucc2018/test-de.tsv": "de-1\ten-1\n"})
    assert read(tmp_path, "bucc2018", "test", "de").gold == [("de-1", "en-1")]


@pytest.mark.parametrize(
    ("name", "text", "trouble"),
    [
        ("de-en.dev.gold", "de-2\ten-9\n", r"dev.gold:1: no sentence has the id 'en-9'"),
        ("de-en.dev.de", "de-1\tEins\nde-1\tZwei\n", r"dev.de:2: the id 'de-1' stands in .*dev.de:1 too"),
        ("de-en.dev.en", "en-1\t \n", r"dev.en:1: .*the text is empty"),
        ("de-en.dev.en", "en-1\n", r"dev.en:1: .*no column 'c1'"),
        ("de-en.dev.en", "", r"dev.en holds no sentence"),
    ],
)
def test_damage_is_told_with_its_line(tmp_path: Path, name: str, text: str, trouble: str) -> None:
    write(tmp_path, {**BUCC, f"bucc2018/{name}": text})
    with pytest.raises(UserError, match=trouble):
        read(tmp_path, "bucc2018", "dev", "de")


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no dev files for de below .*, such as bucc2018/.*; put them there"):
        read(tmp_path, "bucc2018", "dev", "de")
    write(tmp_path, BUCC)
    with pytest.raises(UserError, match=r"unknown language 'du'; did you mean de"):
        read(tmp_path, "bucc2018", "dev", "du")
    with pytest.raises(UserError, match=r"task tatoeba declares no dev split, only test; name one of these"):
        read(tmp_path, "tatoeba", "dev", "de")


def test_the_real_bucc_sample_is_whole() -> None:
    root = shared_data("bucc2018").parent
    sides = read(root, "bucc2018", "dev", "zh")
    assert (len(sides.foreign), len(sides.english), len(sides.gold or ())) == (8624, 13589, 257)


@pytest.mark.parametrize(("lang", "num"), [("fi", 1000), ("jv", 205), ("te", 234), ("sw", 390), ("ka", 746)])
def test_real_tatoeba_files_have_the_published_sizes(lang: str, num: int) -> None:
    root = shared_data("tatoeba").parent
    sides = read(root, "tatoeba", "test", lang)
    english = [one.text for one in sides.english]
    assert len(sides.foreign) == len(english) == num
    assert english == sorted(english)


XTREMES = {"tatoeba/sw-en.sw": "B\nA\nC\n", "tatoeba/sw-en.en": "a\nb\nc\n"}


def test_files_of_another_alternative_are_counted(tmp_path: Path) -> None:
    write(tmp_path, {**ALIGNED, **XTREMES})
    drops: Counter[str] = Counter()
    assert read_bitext(get_task("tatoeba"), "test", "sw", root=tmp_path, drops=drops).gold is None
    assert drops == {"files passed over, as tatoeba/sw-en.sw holds their rows": 2}


def test_labels_tell_the_line_of_each_translation_in_xtremes_files(tmp_path: Path) -> None:
    write(tmp_path, {**XTREMES, "labels/tatoeba/test-sw.tsv": "1\n0\n2 \n"})
    assert read(tmp_path, "tatoeba", "test", "sw").gold == [("1", "0"), ("0", "1"), ("2", "2")]
    write(tmp_path, {"labels/tatoeba/test-sw.tsv": "1\n3\n"})
    with pytest.raises(UserError, match=r"test-sw.tsv:2: no sentence has the id '3'"):
        read(tmp_path, "tatoeba", "test", "sw")


def test_labels_of_a_test_split_are_none_of_the_files_that_decide(tmp_path: Path) -> None:
    write(tmp_path, {**XTREMES, "labels/tatoeba/test-sw.tsv": "1\n0\n2\n"})
    assert [file.name for file in bitext_files(get_task("tatoeba"), "test", "sw", tmp_path)] == [
        "sw-en.sw",
        "sw-en.en",
    ]
    for split, decides in (("dev", ["dev-de.tsv"]), ("test", [])):
        sides = {
            name.replace(".dev.", f".{split}."): text for name, text in BUCC.items() if "gold" not in name
        }
        write(tmp_path, {**sides, f"labels/bucc2018/{split}-de.tsv": "de-2\ten-1\n"})
        files = bitext_files(get_task("bucc2018"), split, "de", tmp_path)
        assert [file.name for file in files] == [f"de-en.{split}.de", f"de-en.{split}.en", *decides]
