"""From checkpoints to folders for the wider world: which checkpoint is meant, and its export."""

from collections.abc import Sequence
from pathlib import Path

from mtl.engine.checkpoint_files import MARKER, list_checkpoints, read_checkpoint
from mtl.errors import UserError, unknown_name
from mtl.model.export import HEADS_FOLDER, export, head_spec
from mtl.run.read_trained import RECORDED_CONFIG, RECORDED_TOKENIZER, trained_of
from mtl.runfolder import PhaseFolder, RunFolder


def export_checkpoint(checkpoint: Path, out: Path, *, tokenizer: str | None = None) -> None:
    """Write the encoder and the heads of a checkpoint; another `tokenizer` where its own has moved."""
    records = read_checkpoint(checkpoint).records
    export(
        out,
        trained_of(checkpoint),
        records[RECORDED_CONFIG],
        tokenizer=tokenizer or records[RECORDED_TOKENIZER],
    )


def own_export(checkpoint: Path) -> Path:
    """The export of the checkpoint's phase, which later phases trust to be its result's."""
    folder = PhaseFolder(checkpoint.resolve().parent.parent)
    if folder.read_result() != checkpoint.resolve():
        raise UserError(
            f"{checkpoint}: is not its phase's result, which alone goes into {folder.export}; "
            "name another folder with --out"
        )
    return folder.export


def find_checkpoint(path: Path, phase: str | None = None) -> Path:
    """The checkpoint that a user means: itself, a phase's result, or that of the only phase of a run."""
    if (path / MARKER).is_file():
        _demand_same("phase", phase, path, is_one_of=path.resolve().parent.parent.name)
        return path
    folder = find_phase(path, phase)
    result = folder.read_result()
    found = [result] if result is not None else list_checkpoints(folder.checkpoints)[:1]
    if not found:
        raise UserError(f"{folder.root}: holds no checkpoint yet; train it first, or go on with --resume")
    return found[0]


def find_phase(path: Path, phase: str | None = None) -> PhaseFolder:
    """The train phase that a user means: itself, or the only one of a run, or one by its name."""
    if (path / "checkpoints").is_dir():
        _demand_same("phase", phase, path, is_one_of=path.resolve().name)
        return PhaseFolder(path)
    phases = _train_phases(path)
    if not phases:
        raise UserError(f"{path}: holds no trained phase; name a run, a phase or a checkpoint")
    if phase is not None and phase not in phases:
        raise unknown_name("phase", phase, phases, where=str(path))
    if phase is None and len(phases) > 1:
        raise UserError(
            f"{path}: has the phases {', '.join(phases)}; name the folder of one, such as {path / phases[-1]}"
        )
    return RunFolder(path).phase(phase or phases[0])


def find_head(path: Path, head: str | None, phase: str | None = None) -> Path:
    """The exported head that a user means: its folder, or a head of a run's or phase's export."""
    if (path / "config.json").is_file():
        if head is not None:
            _demand_same("head", head, path, is_one_of=head_spec(path).name)
        return path
    root = path if (path / HEADS_FOLDER).is_dir() else find_phase(path, phase).export
    heads = sorted(folder.name for folder in (root / HEADS_FOLDER).glob("*") if folder.is_dir())
    if not heads:
        raise UserError(f"{path}: has no exported heads; write them: python launchers/export.py {path}")
    if head is None and len(heads) > 1:
        raise UserError(f"{root}: has the heads {', '.join(heads)}; say which by --head")
    if head is not None and head not in heads:
        raise unknown_name("head", head, heads, where=str(root))
    return root / HEADS_FOLDER / (head or heads[0])


def _demand_same(what: str, name: str | None, path: Path, *, is_one_of: str) -> None:
    """Refuse a name beside the folder of another one."""
    if name not in (None, is_one_of):
        raise UserError(f"{path}: is of {what} {is_one_of}, not of {name}; name the folder of what is meant")


def _train_phases(path: Path) -> Sequence[str]:
    return sorted(folder.parent.name for folder in path.glob("*/checkpoints"))
