"""Bilingual dictionaries as files of MUSE's layout: a word and one of its translations a line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mtl.data.formats.lines import read_lines
from mtl.data.sources import find, source_languages
from mtl.errors import UserError, unknown_name
from mtl.tasks.shapes import text
from mtl.tasks.task import Source

Dictionary = Mapping[str, tuple[str, ...]]
"""By word: its translations, in the order of the file."""


def find_dictionaries(
    pattern: str, languages: Sequence[str] | None, *, root: Path, where: str
) -> dict[str, Path]:
    """By language: the file that the pattern finds; without `languages`, of all that there are files of.

    `where` is the recipe's key that asks for them.
    """
    if "{lang}" not in pattern:
        raise UserError(f"{where}: {pattern!r} has no {{lang}}, which stands for a language; write it in")
    source = Source(files=(pattern,), format="text", record=text())
    there = source_languages(source, root)
    if not there:
        raise UserError(f"{where}: no file matches {pattern!r} below {root}; put them there")
    found = {}
    for language in sorted(there) if languages is None else languages:
        if language not in there:
            raise unknown_name("language", language, there, where=where)
        chosen = find(source, root, language)
        assert chosen is not None, language
        if len(chosen.files) > 1:
            names = ", ".join(file.name for file in chosen.files)
            raise UserError(f"{where}: {pattern!r} finds several files of {language} ({names}); name one")
        found[language] = chosen.files[0]
    return found


def read_dictionary(file: Path) -> Dictionary:
    """Words and all their translations; a tab parts the two, or else the first space."""
    found: dict[str, dict[str, None]] = {}
    for number, line in read_lines(file):
        if not line.strip():
            continue
        parts = line.split("\t", 1) if "\t" in line else line.split(None, 1)
        word, translation = (part.strip() for part in (*parts, "")[:2])
        if not word or not translation:
            raise UserError(
                f"{file}:{number}: {line.strip()!r} is no word with its translation; mend the line"
            )
        found.setdefault(word, {})[translation] = None
    if not found:
        raise UserError(f"{file}: holds no word; put a dictionary there")
    return {word: tuple(translations) for word, translations in found.items()}
