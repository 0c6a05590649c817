"""Layouts with a line an item: labels, tags, numbers of choices and of lines, and pairs of ids."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtl.errors import UserError, unknown_name
from mtl.evaluate.layouts.text import parse_json, read_lines
from mtl.tasks.benchmarks import Member

TELLING = 20
"""So many two-way labels that are all the same cannot be real ones."""


def read_labels(path: Path, member: Member) -> list[str]:
    """A label a line, each of the task's label set."""
    lines = read_lines(path)
    for number, label in enumerate(lines, start=1):
        _check_label(label, member, path, number)
    return lines


def read_tags(path: Path, member: Member) -> list[list[str]]:
    """The sentences as lists of tags; more than one blank line between two sentences makes no difference."""
    sentences: list[list[str]] = [[]]
    for number, tag in enumerate(read_lines(path), start=1):
        if tag:
            _check_label(tag, member, path, number)
            sentences[-1].append(tag)
        elif sentences[-1]:
            sentences.append([])
    return sentences if sentences[-1] else sentences[:-1]


def read_choices(path: Path, member: Member) -> list[int]:
    """The `label` of a JSON object a line: a whole number within the task's label set."""
    choices = []
    for number, line in enumerate(read_lines(path), start=1):
        row = parse_json(line, path, line=number)
        label = row.get("label") if isinstance(row, dict) else None
        if type(label) is not int:
            raise UserError(
                f'{path}:{number}: expected a JSON object like {{"label": 0}}, found {line[:60]!r}'
            )
        _check_label(str(label), member, path, number)
        choices.append(label)
    return choices


def read_gold_choices(path: Path, member: Member) -> list[int]:
    """The right choices; where a test set's labels are withheld, its files hold one number throughout."""
    choices = read_choices(path, member)
    if are_withheld(choices):
        raise UserError(
            f"{path}: every label is {choices[0]}, as where the labels are withheld; take the original data"
        )
    return choices


def are_withheld(choices: Sequence[int]) -> bool:
    """Whether these are no labels but what stands in their place."""
    return len(choices) >= TELLING and len(set(choices)) == 1


def read_indices(path: Path, member: Member) -> list[str]:
    """A whole number a line, counted from 0; as text, which is how the benchmark compares them."""
    lines = read_lines(path)
    for number, index in enumerate(lines, start=1):
        if not (index.isascii() and index.isdigit()):
            raise UserError(
                f"{path}:{number}: expected the number of a line, counted from 0, found {index!r}"
            )
    return lines


def read_pairs(path: Path, member: Member) -> list[tuple[str, str]]:
    """Two ids a line, with a tab between them."""
    pairs = []
    for number, line in enumerate(read_lines(path), start=1):
        ids = line.split("\t")
        if len(ids) != 2 or "" in ids:
            raise UserError(f"{path}:{number}: expected two ids with a tab between them, found {line[:60]!r}")
        pairs.append((ids[0], ids[1]))
    return pairs


def read_found_pairs(path: Path, member: Member) -> list[tuple[str, str]]:
    """Pairs that were found; a blank line says that none was, where an empty file may be one cut short."""
    if path.is_file() and path.read_bytes() == b"\n":
        return []
    return read_pairs(path, member)


def labels_text(labels: Sequence[str]) -> str:
    """Labels, or numbers of lines, one a line."""
    return _text(labels)


def tags_text(sentences: Sequence[Sequence[str]]) -> str:
    """A tag a line and a blank line after each sentence."""
    return _text(line for tags in sentences for line in (*tags, ""))


def choices_text(choices: Sequence[int]) -> str:
    """A JSON object with the label a line."""
    return _text(f'{{"label": {choice}}}' for choice in choices)


def pairs_text(pairs: Sequence[tuple[str, str]]) -> str:
    """Two ids a line, with a tab between them; a blank line where there are none."""
    return _text(f"{source}\t{target}" for source, target in pairs) or "\n"


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _check_label(label: str, member: Member, path: Path, number: int) -> None:
    if member.labels is not None and label not in member.labels:
        if not label:
            raise UserError(f"{path}:{number}: a blank line, where every line is a label; fill it")
        raise unknown_name("label", label, member.labels, where=f"{path}:{number}")
