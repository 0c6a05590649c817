"""Every kind of write in the code: what does it, which modules it goes through, and what says that it is whole.

As a program, with the disk's library loaded before it: lets each fail at one call after another, each try in a process of
its own, and writes down how each ended.
"""

import ast
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from mtl.data.build import StorePlace, open_store
from mtl.data.features.template import load_tokenizer
from mtl.data.fetch import fetch_file
from mtl.data.manifest import Manifest
from mtl.data.store import is_whole
from mtl.engine.checkpoint import Save
from mtl.engine.checkpoint_files import list_checkpoints
from mtl.engine.engine import Engine
from mtl.engine.launch import join_run
from mtl.errors import run_verb
from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.submission import write_submission
from mtl.files import replacing, write_atomic
from mtl.journal import Journal
from mtl.model.config import read_config
from mtl.model.export import export, load_export
from mtl.model.heads import HeadSpec
from mtl.model.load import build_model, config_of
from mtl.model.trained import Trained, TrainedHead
from mtl.retrieval.bitext import Side, distinct
from mtl.retrieval.corpus import Job, mine_files, read_corpora
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.look import write_projector
from mtl.retrieval.portable import write_portable
from mtl.retrieval.vectors import check_vectors
from mtl.run.predicting import PredictionRequest, predict_file
from mtl.run.recipe.read import load_recipe
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder
from mtl.study.processes import Workers, run_study
from mtl.tasks.benchmarks import XTREME
from mtl.tasks.registry import find_tasks
from mtl.world.tokenizer import write_tokenizer
from mtl.world.world import write_world
from tests.kit import broken_disk, cells
from tests.kit.cells import Cell
from tests.kit.checkpoints import verified
from tests.kit.ranks import ROOT
from tests.kit.tokenizers import xlmr_shaped

NAMES = {"write_text", "write_bytes", "save_file", "save_pretrained", "SummaryWriter", "to_parquet"} | {
    *("tofile", "open_memmap", "memmap", "link", "copyfile", "copytree", "TemporaryDirectory", "mkdtemp"),
}
"""Calls that write, besides those that open a file for writing; `write_atomic` and its kin are ours, and in one module."""


@dataclass(frozen=True, kw_only=True)
class Write:
    """A kind of write, into a folder that is there and empty."""

    do: Callable[["Ground", Path], None]
    whole: Callable[["Ground", Path], bool]
    at_once: bool
    """All or nothing; else it grows, and what is there of it is good."""
    modules: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the writes need, made while the disk was sound."""

    root: Path
    engine: Engine

    def file(self, name: str) -> Path:
        return self.root / name


def writing_modules() -> set[str]:
    """The modules of the package that call the file system for writing."""
    found = set()
    for path in sorted((ROOT / "mtl").rglob("*.py")):
        calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        if any(map(writes, calls)):
            found.add(path.relative_to(ROOT / "mtl").as_posix())
    return found


def writes(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    given = [*call.args, *(word.value for word in call.keywords)]
    words = [str(each.value) for each in given if isinstance(each, ast.Constant)]
    if name in ("open", "memmap", "open_memmap"):
        return any(set(word) & set("wax+") and set(word) <= set("rwaxbt+") for word in words)
    return name in NAMES


WRITES: dict[str, Write] = {}


def kind(
    name: str, *modules: str, whole: Callable[[Ground, Path], bool], at_once: bool = True
) -> Callable[[Callable[[Ground, Path], None]], Callable[[Ground, Path], None]]:
    def register(do: Callable[[Ground, Path], None]) -> Callable[[Ground, Path], None]:
        WRITES[name] = Write(do=do, whole=whole, at_once=at_once, modules=frozenset(modules))
        return do

    return register


@kind("file of a run", "files.py", whole=lambda _, folder: (folder / "facts.json").exists())
def file_of_a_run(ground: Ground, folder: Path) -> None:
    write_atomic(folder / "facts.json", "{}")


@kind("folder of a run", "files.py", whole=lambda _, folder: (folder / "made" / "a" / "b").exists())
def folder_of_a_run(ground: Ground, folder: Path) -> None:
    with replacing(folder / "made") as aside:
        (aside / "a").mkdir()
        (aside / "a" / "b").write_text("b")


def lines_and_events(_: Ground, folder: Path) -> bool:
    events = sum(path.stat().st_size for path in folder.glob("tensorboard/events*"))
    return (
        (folder / "metrics.jsonl").exists() and (folder / "metrics.jsonl").stat().st_size > 0 and events > 99
    )


@kind("metrics and events", "journal.py", whole=lines_and_events, at_once=False)
def metrics_and_events(ground: Ground, folder: Path) -> None:
    with Journal(PhaseFolder(folder), enabled=True) as journal:
        journal.scalars(0, {"loss": 1.0})


@kind(
    "token store",
    *("data/store_header.py", "data/writer.py", "data/content.py"),
    whole=lambda _, folder: any(map(is_whole, (folder / "stores").glob("squad*-????*"))),
    at_once=False,  # it is whole before its name is on the disk; whoever opens it looks
)
def token_store(ground: Ground, folder: Path) -> None:
    place = StorePlace(
        root=ground.file("data"), cache=folder, tokenizer=str(ground.file("tokenizer")), workers=1
    )
    open_store(find_tasks()["squad_v1"], "dev", place=place)


@kind(
    "world", "world/world.py", "world/folder.py", whole=lambda _, folder: (folder / "made/made.json").exists()
)
def world(ground: Ground, folder: Path) -> None:
    write_world(folder / "made", seed=1, scale=0.001)


@kind("tokenizer", "world/tokenizer.py", whole=lambda _, folder: (folder / "made/made.json").exists())
def tokenizer(ground: Ground, folder: Path) -> None:
    texts = sorted(ground.file("data").glob("text/??.txt"))
    write_tokenizer(folder / "made", texts, words=frozenset())


@kind(
    "rows from the hub",
    "data/fetch.py",
    whole=lambda _, folder: bool((m := Manifest.read(folder)).files) and m.is_sound("rows.parquet"),
)
def rows_from_the_hub(ground: Ground, folder: Path) -> None:
    import datasets

    rows = datasets.Dataset.from_dict({"text": ["a", "b"]})
    repository: Any = SimpleNamespace(load=lambda *_: rows, revision="1", licence="none")
    hub: Any = SimpleNamespace(labels={}, configuration="all", repository="some/rows")
    task, manifest = find_tasks()["mnli"], Manifest.read(folder)
    fetch_file(repository, hub, "train", "rows.parquet", task, manifest, lambda text: None)


def newest_is_whole(ground: Ground, folder: Path) -> bool:
    found = list_checkpoints(folder)
    return bool(found) and bool(verified(found[0]))


@kind("checkpoint", "engine/tensor_file.py", whole=newest_is_whole)
def checkpoint(ground: Ground, folder: Path) -> None:
    Save(ground.engine, folder, step=1, records={}).finish()


@kind("export", "model/export.py", whole=lambda _, folder: bool(load_export(folder / "export/heads/pair")))
def exported(ground: Ground, folder: Path) -> None:
    write_export(folder / "export", ground.file("tokenizer"))


def write_export(root: Path, tokenizer: Path) -> None:
    config = config_of(None, cells.SHAPE, vocab_size=len(load_tokenizer(str(tokenizer))))
    spec = HeadSpec(name="pair", kind="pair", num_labels=2)
    head = TrainedHead(spec=spec, labels=("no", "yes"), max_length=40, stride=9)
    model = build_model(None, read_config(config, name="tiny"), [spec], seed=0)
    weights = {name: parameter.detach() for name, parameter in model.named_parameters()}
    export(root, Trained(weights=weights, heads={"pair": head}), config.to_dict(), tokenizer=str(tokenizer))


@kind("answers to new rows", "run/predicting.py", whole=lambda _, folder: (folder / "answers.jsonl").exists())
def answers_to_new_rows(ground: Ground, folder: Path) -> None:
    tempfile.tempdir = str(folder)
    wish = PredictionRequest(
        head=ground.file("export") / "heads" / "pair",
        rows=ground.file("rows.jsonl"),
        out=folder / "answers.jsonl",
        columns={"text_a": "text_a", "text_b": "text_b"},
        token_budget=4096,
    )
    predict_file(wish, join_run())


@kind(
    "mined pairs",
    "retrieval/corpus.py",
    "retrieval/pieces.py",
    whole=lambda _, folder: (folder / "pairs").exists(),
)
def mined_pairs(ground: Ground, folder: Path) -> None:
    embedder = Embedder.of_encoder(str(ground.file("export") / "encoder"), EmbedSettings())
    job = Job(source=ground.file("text"), target=ground.file("text"), out=folder / "pairs", centre=True)
    mine_files(job, read_corpora(job), embedder, lambda name, total: lambda done: None)


@kind("projector", "retrieval/look.py", whole=lambda _, folder: any(folder.rglob("*.pbtxt")), at_once=False)
def projector(ground: Ground, folder: Path) -> None:
    sentences = distinct(["a", "b"])
    vectors = check_vectors(torch.eye(2).numpy(), name="made up")
    side = Side(ids=["0", "1"], sentences=sentences, vectors=vectors)
    write_projector(folder, "fi", side, side)


@kind(
    "folder for sentence-transformers",
    *("retrieval/portable.py", "model/sentence_files.py"),
    whole=lambda _, folder: (folder / "made/modules.json").exists(),
)
def for_sentence_transformers(ground: Ground, folder: Path) -> None:
    write_portable(str(ground.file("export") / "encoder"), EmbedSettings(), folder / "made")


MEMBER = next(member for member in XTREME.members if member.task == "xnli")


@kind(
    "submission",
    *("evaluate/submission.py", "run/submitting.py"),
    whole=lambda _, folder: all((folder / "made" / MEMBER.file(lang)).exists() for lang in MEMBER.languages),
)
def submission(ground: Ground, folder: Path) -> None:
    write_submission(ground.file("predictions"), folder / "made", replace(XTREME, groups={"": (MEMBER,)}))


@kind(
    "log of a study", "study/processes.py", whole=lambda _, folder: (folder / "study" / "done.txt").exists()
)
def log_of_a_study(ground: Ground, folder: Path) -> None:
    recipe = load_recipe(ground.file("graph.yaml"), [f"out={folder}", "name=study"])
    fake = (sys.executable, "-m", "tests.study.fake_launcher")
    run_study(recipe, Workers(launcher=fake, devices=(None,)), Terminal(enabled=False))


@dataclass(frozen=True, kw_only=True)
class End:
    """How a try ended."""

    kind: str
    error: int
    after: int
    """Calls that succeeded."""
    calls: int
    """Of the whole write, when nothing fails."""
    code: int
    said: str
    whole: bool
    left: list[str]
    """Files that were being written."""


def try_all(root: Path, most: int) -> Iterator[End]:
    """Every kind, failing at up to `most` of its calls, by a full and by a broken disk in turn."""
    ground = prepare(root / "ground")
    for name, write in WRITES.items():
        calls = attempt(ground, name, write, root / "sound", after=-1, error=0, calls=0)
        shutil.rmtree(root / "sound")
        yield calls
        points = sorted({round(i * (calls.calls - 1) / max(most - 1, 1)) for i in range(most)})
        for number, after in enumerate(points):
            error = (errno.ENOSPC, errno.EIO)[number % 2]
            folder = root / f"{name.replace(' ', '-')}-{after}"
            yield attempt(ground, name, write, folder, after=after, error=error, calls=calls.calls)


def attempt(
    ground: Ground, name: str, write: Write, folder: Path, *, after: int, error: int, calls: int
) -> End:
    """In a child, as a verb."""
    folder.mkdir()
    said, told = folder.with_name(f"{folder.name}.said"), folder.with_name(f"{folder.name}.calls")

    def leave(code: int) -> Any:
        told.write_text(str(broken_disk.calls()))
        sys.stderr.flush()
        os._exit(code)

    child = os.fork()
    if not child:
        descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        broken_disk.breaks(f"{folder}/", after=after, error=error)
        run_verb(lambda: write.do(ground, folder), leave=leave)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        whole = write.whole(ground, folder)
    except Exception:
        whole = False
    return End(
        kind=name,
        error=error,
        after=after,
        calls=calls or int(told.read_text()),
        code=code,
        said=said.read_text(errors="replace"),
        whole=whole,
        left=[str(path) for path in folder.rglob("*.aside") if not path.is_dir() or any(path.iterdir())],
    )


def prepare(root: Path) -> Ground:
    from tests.study.test_jobs import GRAPH

    root.mkdir(parents=True)
    write_world(root / "data", seed=1, scale=0.02)
    xlmr_shaped().save_pretrained(root / "tokenizer")
    write_export(root / "export", root / "tokenizer")
    (root / "rows.jsonl").write_text('{"text_a": "a red fox", "text_b": "a tower"}\n')
    (root / "text").write_text("a red fox\na tower\nnobody knows\n")
    (root / "graph.yaml").write_text(GRAPH)
    for language in MEMBER.languages:
        file = root / "predictions" / MEMBER.file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(LAYOUTS[MEMBER.layout].text([MEMBER.labels[0]]))
    cells.make_stores(root / "stores")
    ranks = join_run()
    engine, steps = cells.make_engine(Cell(1), ranks), cells.make_steps(Cell(1), root / "stores")
    engine.step(steps.for_rank(0, 0, 1), stop=False)
    return Ground(root=root, engine=engine)


if __name__ == "__main__":
    ends = [asdict(end) for end in try_all(Path(sys.argv[1]), int(sys.argv[2]))]
    (Path(sys.argv[1]) / "ends.json").write_text(json.dumps(ends))
