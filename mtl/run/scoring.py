"""Scores of a phase: its predictions against its labels, both of them files by now."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mtl.errors import UserError
from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.layouts.text import read_text
from mtl.evaluate.score import TaskScore, first_of, score_task
from mtl.files import write_atomic, write_json
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder
from mtl.tasks.benchmarks import Member


def score_phase(
    folder: PhaseFolder,
    members: Mapping[str, Member],
    data: Path | None,
    terminal: Terminal,
    *,
    targets: Collection[str] = (),
    languages: Collection[str] = (),
) -> None:
    """Score what is written, by the benchmarks' rules; say what has no labels to be scored against.

    The data folder may keep labels that the test rows do not tell, None: all that there are stand beside
    the predictions. `targets` and `languages` are those whose scores are printed, none meaning all.
    """
    if data is not None:
        bring_labels(data, folder.labels, members.values())
    scores, problems = {}, list[str]()
    for name, member in members.items():
        told = tuple(code for code in member.languages if (folder.labels / member.file(code)).is_file())
        if untold := sorted(set(member.languages) - set(told)):
            trouble = f"{member.task}: no labels, so no scores: {' '.join(untold)}"
            terminal.say(f"{trouble}; eval.py looks for {folder.labels / member.file(untold[0])}")
        if told:
            score = score_task(replace(member, languages=told), folder.predictions, folder.labels, problems)
            if problems or score is None:
                raise UserError(first_of(problems))
            scores[member.task] = score.as_json()
            for code, interval in score.intervals.items():
                scores[member.task][code]["interval"] = interval
            if not targets or name in targets:
                terminal.say(scores_line(score, languages))
    if not scores and _has_scores(folder):
        raise UserError(
            f"{folder.scores}: is kept, for no prediction has labels now; bring back what was in "
            f"{folder.predictions} and {folder.labels}, or remove that file"
        )
    write_json(folder.scores, scores)


def scores_line(score: TaskScore, shown: Collection[str] = ()) -> str:
    """A task's scores by language, in one line; of some languages or, where none is named, of all.

    A share of right answers has half of its 95 % interval beside it.
    """
    each = "  ".join(
        f"{language} {'/'.join(f'{numbers[key]:.1f}' for key in score.member.main)}"
        + (f"±{score.intervals[language]:.1f}" if language in score.intervals else "")
        for language, numbers in score.languages.items()
        if not shown or language in shown
    )
    return f"{score.member.task} {score.score:.2f}: {each}"


def _has_scores(folder: PhaseFolder) -> bool:
    """Whether something was scored before."""
    return folder.scores.is_file() and folder.scores.read_text(encoding="utf-8").strip() != "{}"


def check_labels(data: Path, members: Iterable[Member]) -> None:
    """Refuse labels in the data folder that could not be read once all is predicted."""
    for member, _, found in _find_labels(data, members):
        LAYOUTS[member.layout].read_golds(found, member)


def bring_labels(data: Path, into: Path, members: Iterable[Member]) -> None:
    """Copy what is right from the data folder; where test rows tell labels as well, these may be made up."""
    for member, file, found in _find_labels(data, members):
        LAYOUTS[member.layout].read_golds(found, member)  # mended here, not where it is copied to
        write_atomic(into / file, read_text(found))


def _find_labels(data: Path, members: Iterable[Member]) -> Iterator[tuple[Member, str, Path]]:
    """The files of labels that the data folder has, with the names that the benchmark gives them."""
    for member in members:
        for file in map(member.file, member.languages):
            places = [data / "labels" / file]
            if member.labels_in is not None:
                places.append(data / member.labels_in / Path(file).name)
            found = next((place for place in places if place.is_file()), None)
            if found is not None:
                yield member, file, found
