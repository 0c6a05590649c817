"""The data folder as a whole: every task that is wanted and the models beside it, fetched and verified."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mtl.data.fetch import Say, missing_splits, prepare_task
from mtl.data.hub import troubles_of
from mtl.data.manifest import MODELS, Manifest
from mtl.data.manifest import NAME as MANIFEST
from mtl.errors import UserError
from mtl.files import make_folder
from mtl.tasks.registry import find_tasks, get_task
from mtl.tasks.task import Task

ALL = "all"
Find = Callable[[Path], Sequence[Path]]
"""The user's files below a data folder; a UserError says which are not there."""
_MODEL_FILES = ("*.json", "*.model", "*.txt", "*.safetensors")
_OLD_WEIGHTS = "pytorch_model*.bin"


def prepare_folder(root: Path, names: Sequence[str], *, models: Sequence[str], say: Say) -> None:
    """Fetch tasks and models; what the hub cannot give is told, an error where it was named."""
    tasks = _tasks(names)
    make_folder(root)
    with preparing(root):
        _prepare(tasks, names, Manifest.read(root), models=models, say=say)


def _prepare(
    tasks: Sequence[Task], names: Sequence[str], manifest: Manifest, *, models: Sequence[str], say: Say
) -> None:
    root, wanted = manifest.root, _wanted(names)
    for path in manifest.drop_own():
        say(f"{path}: yours, gone, no longer listed")
    lacking = []
    for task in tasks:
        missing = prepare_task(task, manifest, say=say)
        if missing:
            say(f"{task.name}: {', '.join(missing)} not there: bring your own files, see docs/data.md")
            lacking += [task.name] if task.name in wanted else []
    for model in models:
        _fetch_model(model, manifest, say)
    say(f"{root}: {len(manifest.files)} files in {root / 'manifest.json'}")
    if lacking:
        raise UserError(f"{root}: no data for {', '.join(lacking)}; bring your own files, see docs/data.md")


def verify_folder(
    root: Path,
    names: Sequence[str],
    *,
    models: Sequence[str],
    own: Mapping[str, Find] | None = None,
    say: Say,
) -> list[str]:
    """Say of every file and every task whether it is there; return what is wrong, a line each.

    `own`: what nobody fetches, by what it is.
    """
    own = own or {}
    tasks = _tasks(names or ([] if own else [ALL]))
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; name the data folder")
    manifest = Manifest.read(root)
    if not (manifest.files or names or models or own):
        raise UserError(f"{root}: nothing was prepared here; prepare it, or name the --tasks to look for")
    troubles, wanted = [], _wanted(names)
    for path, trouble in manifest.troubles():
        say(f"{path}: {trouble or 'ok'}")
        troubles += [f"{path}: {trouble}"] if trouble else []
    for task in tasks:
        missing = missing_splits(task, root)
        say(f"{task.name}: {'without ' + ', '.join(missing) if missing else 'there'}")
        troubles += [f"{task.name}: no {missing[0]} files"] if missing and task.name in wanted else []
    for model in models:
        if not any(path.startswith(f"{MODELS}/{model}/") for path in manifest.files):
            say(f"{MODELS}/{model}: missing")
            troubles.append(f"{MODELS}/{model}: missing")
    for name, find in own.items():
        try:
            say(f"{name}: there, {len(find(root))} files of yours")
        except UserError as error:
            say(f"{name}: {error}")
            troubles.append(f"{name}: {str(error).partition('; ')[0]}")
    return troubles


def _tasks(names: Sequence[str]) -> list[Task]:
    """The tasks of those names, each after the one that it trains on."""
    known = find_tasks()
    listed = [get_task(one, known) for name in names for one in (known if name == ALL else [name])]
    pairs = ((known[task.train_on], task) if task.train_on is not None else (task,) for task in listed)
    return list({one.name: one for pair in pairs for one in pair}.values())


def _wanted(names: Sequence[str]) -> set[str]:
    """What must not be missing: the tasks that somebody named, and those that they train on."""
    return {task.name for task in _tasks([name for name in names if name != ALL])}


@contextmanager
def preparing(root: Path) -> Iterator[None]:
    """Keep a second preparation of the folder out, which would write a manifest without our files."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(root / ".prepare.lock", timeout=0):
            for left in root.glob(f".{MANIFEST}.*.aside"):  # by a process that was killed as it wrote
                left.unlink()
            yield
    except Timeout:
        raise UserError(f"{root}: is being prepared by another process; wait for it to end") from None


def _fetch_model(name: str, manifest: Manifest, say: Say) -> None:
    """Weights and tokenizer; the old format of weights only where there is no other."""
    from huggingface_hub import HfApi, snapshot_download

    with troubles_of(name):
        info = HfApi().model_info(name)
        files = [one.rfilename for one in info.siblings or ()]
        old = not any(file.endswith(".safetensors") for file in files)
        folder = manifest.root / MODELS / name
        snapshot_download(
            name,
            revision=info.sha,
            local_dir=folder,
            allow_patterns=[*_MODEL_FILES, *([_OLD_WEIGHTS] if old else [])],
        )
    licence = str((info.card_data.get("license") if info.card_data is not None else None) or "")
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(manifest.root).as_posix()
        if file.is_file() and ".cache" not in file.relative_to(folder).parts and not manifest.is_sound(path):
            manifest.add(path, rows=None, origin=f"{name} @{info.sha}", licence=licence)
            say(f"{path}: {manifest.files[path].size:,} bytes")
