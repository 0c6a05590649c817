"""MUSE's files: a word and one of its translations a line; what is none is named with its line."""

import gzip
from pathlib import Path

import pytest

from mtl.data.rewrite.dictionary import find_dictionaries, read_dictionary
from mtl.errors import UserError

WHERE = "tasks.xnli.rewrite.dictionaries"


def write(root: Path, name: str, text: str) -> Path:
    file = root / "dictionaries" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_word_has_all_its_translations_once_and_in_order(tmp_path: Path) -> None:
    file = write(tmp_path, "en-fi.txt", "dog koira\ndog hauva\n\ncat\tkissa\ndog koira\nice cream\tjäätelö\n")
    assert read_dictionary(file) == {
        "dog": ("koira", "hauva"),
        "cat": ("kissa",),
        "ice cream": ("jäätelö",),
    }


def test_a_gzipped_dictionary_is_read_as_a_plain_one_is(tmp_path: Path) -> None:
    file = write(tmp_path, "en-fi.txt", "dog koira\ncat\tkissa\n")
    zipped = file.with_name("en-de.txt.gz")
    zipped.write_bytes(gzip.compress(file.read_bytes()))
    found = find_dictionaries("dictionaries/en-{lang}.txt", ["de"], root=tmp_path, where=WHERE)
    assert found == {"de": zipped}
    assert read_dictionary(zipped) == read_dictionary(file)


@pytest.mark.parametrize("line", ["dog", "dog\t", "\tkoira"])
def test_a_line_without_a_translation_is_named(tmp_path: Path, line: str) -> None:
    file = write(tmp_path, "en-fi.txt", f"cat kissa\n{line}\n")
    with pytest.raises(UserError, match=r"en-fi\.txt:2: .*is no word with its translation"):
        read_dictionary(file)


def test_a_file_without_words_or_in_another_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"en-fi\.txt: holds no word"):
        read_dictionary(write(tmp_path, "en-fi.txt", "\n"))
    file = tmp_path / "latin.txt"
    file.write_bytes("ice j\xe4\xe4".encode("latin-1"))
    with pytest.raises(UserError, match=r"latin\.txt:1: byte 0xe4 is not UTF-8"):
        read_dictionary(file)


def test_languages_are_found_by_looking_or_taken_as_named(tmp_path: Path) -> None:
    files = {code: write(tmp_path, f"en-{code}.txt", "dog koira\n") for code in ("fi", "de", "qaa")}
    pattern = "dictionaries/en-{lang}.txt"
    assert find_dictionaries(pattern, None, root=tmp_path, where=WHERE) == {
        code: files[code] for code in ("de", "fi", "qaa")
    }
    assert list(find_dictionaries(pattern, ("qaa", "fi"), root=tmp_path, where=WHERE)) == ["qaa", "fi"]
    with pytest.raises(UserError, match=f"{WHERE}: unknown language 'fr'"):
        find_dictionaries(pattern, ("fr",), root=tmp_path, where=WHERE)
    with pytest.raises(UserError, match="no file matches 'muse"):
        find_dictionaries("muse/en-{lang}.txt", None, root=tmp_path, where=WHERE)
    with pytest.raises(UserError, match=r"has no \{lang\}"):
        find_dictionaries("dictionaries/en-fi.txt", None, root=tmp_path, where=WHERE)
