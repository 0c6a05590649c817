"""What the pages say is so: commands name what exists, examples run, tables are those of the code."""

import os
import re
import runpy
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mtl.run.recipe.read import load_recipe
from tests.kit.tokenizers import xlmr_shaped

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>\w*)[ ]?(?P<file>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
OURS = re.compile(r"(?:launchers|recipes|ds_configs|benchmarks|tests|docs|mtl|\.ci)/[\w./-]*\w")
TINY = "model.config={hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32}"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; one that names a file is the whole of that file."""

    page: str
    language: str
    file: str
    text: str


BLOCKS = [
    Block(page.name, found["language"], found["file"], found["text"])
    for page in PAGES
    for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
]
COMMANDS = [
    (block.page, line)
    for block in BLOCKS
    if block.language == "sh"
    for line in block.text.splitlines()
    if line.strip() and not line.startswith("#")
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder in which every file that a page writes out is there."""
    for block in BLOCKS:
        if block.file:
            file = tmp_path / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    written = {block.file for block in BLOCKS}
    missing = [name for name in OURS.findall(text) if not (ROOT / name).exists() and name not in written]
    missing += [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_can_be_given_as_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, page: str, line: str
) -> None:
    command = line.partition(" & ")[0]  # what follows is the shell's
    words = [word for word in shlex.split(command, comments=True) if not re.match(r"[A-Z_]+=", word)]
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
    elif "launchers/train.py" in words:
        given = words[words.index("launchers/train.py") :]
        monkeypatch.setattr(sys, "argv", given)
        recipe, overrides, _ = runpy.run_path(str(ROOT / given[0]))["read_arguments"]()
        load_recipe(recipe, overrides)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "yaml"], ids=lambda b: b.file)
def test_an_example_recipe_is_valid(folder: Path, block: Block) -> None:
    assert block.file, "a recipe on a page names its file, so that it can be read"
    load_recipe(Path(block.file))


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "python"], ids=lambda b: b.file)
def test_an_example_module_declares_the_task_that_it_is_named_for(folder: Path, block: Block) -> None:
    assert runpy.run_path(block.file)["TASK"].name == Path(block.file).stem


def test_the_task_without_python_trains(folder: Path) -> None:
    xlmr_shaped().save_pretrained(folder / "tokenizer")
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "launchers" / "train.py", "reviews.yaml"),
            *("model.name=null", TINY, f"model.tokenizer={folder / 'tokenizer'}"),
            *(f"data.cache={folder / 'cache'}", "data.workers=1"),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "reviews train: 4 records, 4 examples" in done.stdout
    metrics = (folder / "runs/reviews/intermediate/metrics.jsonl").read_text(encoding="utf-8")
    assert '"dev/reviews/accuracy"' in metrics


def test_tables_are_those_of_the_code() -> None:
    tables = runpy.run_path(str(ROOT / "docs" / "tables.py"))
    used = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        used.update(re.findall(r"<!-- table: (\w+) -->", text))
        assert tables["filled"](text) == text, f"{page.name} is behind the code; make style renews it"
    assert used == set(tables["TABLES"])


def test_every_key_of_a_declared_task_is_explained() -> None:
    from mtl.tasks import declared_spec as spec

    page = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    groups = (
        spec.DeclaredTask.model_fields,
        spec.PairColumns.model_fields,
        spec.ChoiceColumns.model_fields,
        spec.SpanColumns.model_fields,
        spec.TagColumns.model_fields,
        spec.TextColumns.model_fields,
        spec.EmbedColumns.model_fields,
    )
    assert [key for keys in groups for key in keys if f"`{key}`" not in page] == []
