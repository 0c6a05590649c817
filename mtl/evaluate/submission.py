"""A submission: the folder that a benchmark's leaderboard takes, with every file there and nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mtl.errors import UserError
from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.score import first_of, missing_files
from mtl.files import make_folder
from mtl.tasks.benchmarks import Benchmark, Member


def write_submission(predictions: Path, into: Path, benchmark: Benchmark) -> int:
    """Check and copy the benchmark's part of a folder of predictions; return the number of files."""
    if not predictions.is_dir():
        raise UserError(
            f"{predictions}: no such folder of predictions; name one that has a folder for each task"
        )
    if into.exists():
        raise UserError(f"{into}: exists already; name a new folder for the submission")
    make_folder(into.parent)
    with TemporaryDirectory(dir=into.parent, prefix=f".{into.name}-") as staging:
        aside = Path(staging) / into.name
        problems: list[str] = []
        for member in benchmark.members:
            problems += missing_files(member, predictions)
            problems += _copy_task(member, predictions, aside)
        if problems:
            raise UserError(first_of(problems))
        aside.rename(into)
    return sum(len(member.languages) for member in benchmark.members)


def _copy_task(member: Member, predictions: Path, into: Path) -> list[str]:
    """Copy the task's files that are there; return what is wrong with them."""
    layout = LAYOUTS[member.layout]
    problems = []
    for file in map(member.file, member.languages):
        source, target = predictions / file, into / file
        if not source.is_file():
            continue
        try:
            content = layout.read(source, member)
        except UserError as error:
            problems.append(str(error))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(layout.text(content), encoding="utf-8", newline="\n")
        assert layout.read(target, member) == content, f"{source}: does not survive being written"
    return problems
