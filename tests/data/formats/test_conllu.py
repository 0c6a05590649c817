"""CoNLL-U: fused words stay whole with one tag, empty nodes and withheld sentences go, damage is told."""

from pathlib import Path

import pytest

from mtl.data.formats.conllu import WITHHELD, read_conllu
from mtl.errors import UserError
from mtl.tasks.records import Drop
from tests.kit.shared import shared_data


def write(tmp_path: Path, *words: str, name: str = "en_made-ud-dev.conllu") -> Path:
    """A sentence of words as `id form upos head`."""
    lines = []
    for word in words:
        place, form, upos, head = word.split()
        lines.append("\t".join([place, form, "_", upos, "_", "_", head, "_", "_", "_"]))
    file = tmp_path / name
    file.write_text("# sent_id = 1\n" + "\n".join(lines) + "\n\n")
    return file


def read(file: Path) -> list[tuple[list[str], list[str]]]:
    return [(row["words"], row["tags"]) for _, row in read_conllu(file) if not isinstance(row, Drop)]


def test_a_fused_word_takes_the_tag_of_its_part_nearest_the_root(tmp_path: Path) -> None:
    file = write(tmp_path, "1-2 don't _ _", "1 do AUX 3", "2 not PART 1", "3 go VERB 0", "3.1 x VERB _")
    assert read(file) == [(["don't", "go"], ["AUX", "VERB"])]


@pytest.mark.parametrize(("name", "tag"), [("de_x.conllu", "DET"), ("fr_x.conllu", "ADP")])
def test_among_equally_near_parts_the_languages_order_decides(tmp_path: Path, name: str, tag: str) -> None:
    parts = ["1-2 au _ _", "1 à ADP 3", "2 le DET 3", "3 va VERB 0"]
    if tag == "DET":
        parts[1] = "1 à PART 3"
    assert read(write(tmp_path, *parts, name=name)) == [(["au", "va"], [tag, "VERB"])]


def test_spaces_and_joiners_inside_a_word_go(tmp_path: Path) -> None:
    file = write(tmp_path, "1 می\u200cروم VERB 0")
    file.write_text(file.read_text().replace("روم", "رو م"))
    assert read(file) == [(["میروم"], ["VERB"])]


def test_a_sentence_whose_words_are_withheld_is_counted(tmp_path: Path) -> None:
    assert [row for _, row in read_conllu(write(tmp_path, "1 _ NOUN 0", "2 . PUNCT 1"))] == [WITHHELD]
    assert len(read(write(tmp_path, "1 _ NOUN 0", "2 a DET 1", "3 b NOUN 1"))) == 1


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        (["x a NOUN 0"], "'x' is no word's number"),
        (["1-2 ab _ _", "1 a NOUN 0"], "word 1-2 lacks one of its parts"),
        (["3-2 ab _ _", "1 a NOUN 0"], "word 3-2 lacks one of its parts"),
        (["1-999999 ab _ _", "1 a NOUN 0"], "word 1-999999 lacks one of its parts"),
        (["1 a NOUN 2", "2 b NOUN 1"], "leads to no root"),
        (["1 a NOUN 9"], "leads to no root"),
    ],
)
def test_a_damaged_sentence_is_refused_with_its_line(tmp_path: Path, words: list[str], trouble: str) -> None:
    with pytest.raises(UserError, match=rf"dev.conllu:\d+: .*{trouble}"):
        read(write(tmp_path, *words))


def test_a_line_with_too_few_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.conllu").write_text("1\tword\tNOUN\n")
    with pytest.raises(UserError, match=r"a.conllu:1: 3 columns, CoNLL-U has 10"):
        read(tmp_path / "a.conllu")


@pytest.mark.parametrize(("part", "version"), [("dev", "v2.5"), ("test", "v2.7")])
def test_real_treebanks_give_xtremes_files(part: str, version: str) -> None:
    from mtl.data.formats import READERS

    treebank = shared_data(f"udpos/conllu/UD_Telugu-MTG/te_mtg-ud-{part}.conllu")
    xtreme = shared_data(f"udpos/{version}/{part}-te.tsv")
    rows = [(list(row["words"]), list(row["tags"])) for _, row in READERS["conll"](xtreme)]  # type: ignore[index]
    assert read(treebank) == rows
