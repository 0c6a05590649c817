"""The law of imports: which room may import from which, read off every import in the tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LEAVES = (
    "errors",
    "arguments",
    "seeds",
    "languages",
    "files",
    "sealed",
    "runfolder",
    "phase_record",
    "journal",
    "workers",
    "footprint",
    "together",
)
# Every room, and the rooms besides its own from which it may import.
LAW: dict[str, frozenset[str]] = {leaf: frozenset(LEAVES) for leaf in LEAVES}
LAW["tasks"] = LAW["world"] = LAW["report"] = frozenset(LEAVES)
LAW["data"] = LAW["tasks"] | {"tasks"}
LAW["model"] = LAW["data"] | {"data"}
LAW["engine"] = LAW["evaluate"] = LAW["retrieval"] = LAW["model"] | {"model"}
LAW["run"] = LAW["engine"] | {"engine", "evaluate", "retrieval", "report", "world"}
LAW["study"] = LAW["run"] | {"run"}

ONLY_IN = {"deepspeed": "mtl/engine/start.py"}
WITHOUT_TORCH = ("mtl/evaluate/metrics/", "mtl/evaluate/score.py", "mtl/evaluate/submission.py")


def violations(root: Path) -> list[str]:
    """One line for each import in the tree that the law forbids."""
    files = [
        file
        for folder in ("mtl", "launchers", "tests", "benchmarks")
        for file in (root / folder).rglob("*.py")
    ]
    return sorted(
        f"{path.as_posix()}:{line}: imports {module}: {trouble}"
        for file in files
        for path in [file.relative_to(root)]
        for line, module in imports(file, path)
        if (trouble := verdict(path, module))
    )


def verdict(path: Path, module: str) -> str | None:
    """Why the file at `path` may not import `module`, if so."""
    top, _, below = module.partition(".")
    if top == "launchers":
        return "nothing imports a launcher"
    if path.parts[0] != "mtl":
        return None
    if top in ONLY_IN and path.as_posix() != ONLY_IN[top]:
        return f"only {ONLY_IN[top]} may"
    if top == "torch" and path.as_posix().startswith(WITHOUT_TORCH):
        return "scoring needs no torch"
    room = room_of(path)
    if top != "mtl" or room is None:
        return None
    wanted = below.partition(".")[0]
    if room not in LAW:
        return f"the law knows no room {room}"
    return None if wanted in LAW[room] | {room} else f"{room} may not import {wanted or 'the whole package'}"


def room_of(path: Path) -> str | None:
    """The room of a file below mtl; none for the package's own first file."""
    inside = path.with_suffix("").parts[1:]
    return None if inside == ("__init__",) else inside[0]


def imports(file: Path, path: Path) -> Iterator[tuple[int, str]]:
    """Line and full module name of every import in a file, also inside functions and by a literal name."""
    package = path.parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                origin = package[: len(package) + 1 - node.level] if node.level else ()
                base = ".".join((*origin, *([node.module] if node.module else [])))
                # `from mtl import seeds` imports a room, `from mtl.errors import UserError` a name.
                names = [f"{base}.{alias.name}" for alias in node.names] if base == "mtl" else [base]
                yield from ((node.lineno, name) for name in names)
            case ast.Call(
                func=ast.Name("import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(str(name)), *_],
            ):
                yield node.lineno, name


def test_the_tree_keeps_the_law() -> None:
    assert violations(ROOT) == []


def test_every_room_is_under_the_law() -> None:
    rooms = {room_of(file.relative_to(ROOT)) for file in (ROOT / "mtl").rglob("*.py")}
    assert rooms - {None} == set(LAW)


FORBIDDEN = [
    ("mtl/errors.py", "import mtl.tasks.task", "errors may not import tasks"),
    ("mtl/tasks/a.py", "from mtl.data import store", "tasks may not import data"),
    ("mtl/tasks/a.py", "from mtl import data", "tasks may not import data"),
    ("mtl/tasks/a.py", "from ..data import store", "tasks may not import data"),
    ("mtl/tasks/a.py", "import mtl", "tasks may not import the whole package"),
    ("mtl/data/formats/a.py", "from ...model.heads import HeadSpec", "data may not import model"),
    ("mtl/data/a.py", "def f():\n    from mtl.engine import loop", "data may not import engine"),
    ("mtl/model/a.py", "import torch, mtl.engine.engine", "model may not import engine"),
    ("mtl/engine/a.py", "from mtl.evaluate.decode import DECODERS", "engine may not import evaluate"),
    (
        "mtl/engine/a.py",
        "if TYPE_CHECKING:\n    from mtl.run.plan import PhasePlan",
        "engine may not import run",
    ),
    ("mtl/engine/a.py", "import deepspeed.ops", "only mtl/engine/start.py may"),
    ("mtl/run/a.py", "from mtl.study import arms", "run may not import study"),
    ("mtl/report/a.py", "from mtl.tasks import task", "report may not import tasks"),
    ("mtl/world/a.py", "importlib.import_module('mtl.tasks.mnli')", "world may not import tasks"),
    ("mtl/evaluate/metrics/a.py", "from torch import nn", "scoring needs no torch"),
    ("mtl/attic/a.py", "from mtl.errors import UserError", "the law knows no room attic"),
    ("mtl/run/a.py", "from launchers.train import main", "nothing imports a launcher"),
    ("tests/run/a.py", "import launchers.train", "nothing imports a launcher"),
]


@pytest.mark.parametrize(("path", "text", "trouble"), FORBIDDEN)
def test_a_forbidden_import_is_found(tmp_path: Path, path: str, text: str, trouble: str) -> None:
    write(tmp_path / path, text)
    (found,) = violations(tmp_path)
    assert found.startswith(f"{path}:{text.count(chr(10)) + 1}: imports ")
    assert found.endswith(f": {trouble}")


def test_what_the_law_allows_passes(tmp_path: Path) -> None:
    write(tmp_path / "mtl/__init__.py", '"""Nothing."""')
    write(
        tmp_path / "mtl/engine/start.py",
        "import deepspeed, torch\nfrom mtl import seeds\nfrom . import loop",
    )
    write(
        tmp_path / "mtl/run/a.py",
        "from mtl.world.world import write_world\nimport mtl.report.page, mtl.data.store",
    )
    write(tmp_path / "launchers/train.py", "from mtl.run.running import run_recipe\nimport torch, deepspeed")
    assert violations(tmp_path) == []


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n", encoding="utf-8")
