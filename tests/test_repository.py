"""The repository as a whole: files that speak of nothing but themselves, modules that say what they hold."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("mtl", "launchers", "recipes", "ds_configs", "tests", "benchmarks", "docs", ".ci")
FILES = ("README.md", "Makefile", "setup.py", "pyproject.toml", "constraints.txt", ".gitignore")
LARGEST = 512 * 1024

# Each pattern is written so that it does not find itself.
UNWANTED = {
    "a path of one machine": r"(?<![\w.}~$/-])/(?:home|root|Users|work|opt)/[\w.]",
    "the host of a package registry": r"pypi[.]org|python[h]osted|registry[.]npmjs",
    "a note to oneself": r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b",
    "a conflict of a merge": r"^(?:<{7}|>{7}) ",
    "a line that ends in spaces": r"[ \t]$",
}


def files() -> Iterator[Path]:
    """Everything that belongs to the repository, caches left out."""
    yield from (ROOT / name for name in FILES)
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


def unwanted(text: str) -> list[str]:
    """What a text should not hold: its line, and why."""
    return [
        f"{text.count(chr(10), 0, found.start()) + 1}: {what}"
        for what, pattern in UNWANTED.items()
        for found in re.finditer(pattern, text, re.MULTILINE)
    ]


def test_every_file_is_there_and_speaks_of_the_repository_alone() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{trouble}"
        for file in files()
        for trouble in unwanted(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fine\n/home" + "/me/data\n", ["2: a path of one machine"]),
        ("see " + "TO" + "DO below", ["1: a note to oneself"]),
        ("a\n" + "<" * 7 + " HEAD\nb\n", ["2: a conflict of a merge"]),
        ("https://pypi" + ".org/simple", ["1: the host of a package registry"]),
        ("a \nb", ["1: a line that ends in spaces"]),
        ("$HOME/data, ~/work/x, a/home/b, https://example.com/root/x, PYTHON=/path/to/python3.12", []),
    ],
)
def test_what_is_unwanted_is_found(text: str, expected: list[str]) -> None:
    assert unwanted(text) == expected


def test_no_file_is_large() -> None:
    assert {file: file.stat().st_size for file in files() if file.stat().st_size > LARGEST} == {}


def test_every_module_opens_with_a_sentence() -> None:
    sources = {file: file.read_text(encoding="utf-8") for file in files() if file.suffix == ".py"}
    silent = [
        file.relative_to(ROOT).as_posix()
        for file, text in sources.items()
        if text and not opening(text).endswith((".", "?", ":"))
    ]
    assert silent == []


def opening(source: str) -> str:
    """The first paragraph of a module's docstring."""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")[0]


def test_scripts_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_requirement_is_pinned() -> None:
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    lists = [node for node in ast.walk(ast.parse(setup)) if isinstance(node, ast.List)]
    wanted = {
        re.match(r"[\w-]+", element.value)[0].lower()  # type: ignore[index]
        for node in lists
        for element in node.elts
        if isinstance(element, ast.Constant) and isinstance(element.value, str)
    }
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in constraints.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+", line)] == []
    assert wanted - {line.split("==")[0] for line in lines} - {"mtl", "mtl.*"} == set()
