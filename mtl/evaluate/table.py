"""Scores as a table for the terminal: the benchmark's means, tasks, languages, and what is missing."""

from collections.abc import Iterator

from mtl.evaluate.score import Scores, TaskScore

WIDTH = 100
INDENT = 12


def render(scores: Scores) -> str:
    """The table; a star marks a task of which not every language has been scored."""
    return "\n".join([*_means(scores), "", *_languages(scores), *_remarks(scores)])


def _means(scores: Scores) -> Iterator[str]:
    yield f"{scores.benchmark.name:<18}  score  languages"
    for group, members in scores.benchmark.groups.items():
        yield f"{group:<18} {_number(scores.groups[group])}"
        for member in members:
            yield _task_line(member.task, scores.tasks.get(member.task), len(member.languages))
    yield f"{'overall':<18} {_number(scores.overall)}"


def _task_line(name: str, task: TaskScore | None, num_languages: int) -> str:
    if task is None:
        return f"  {f'{name}*':<16} {_number(None)}  {f'0/{num_languages}':>5}"
    share = f"{len(task.languages)}/{num_languages}"
    numbers = "  ".join(f"{key} {value:.2f}" for key, value in task.avg.items())
    marked = name if task.complete else f"{name}*"
    return f"  {marked:<16} {_number(task.score)}  {share:>5}  {numbers}"


def _languages(scores: Scores) -> Iterator[str]:
    for name, task in scores.tasks.items():
        values = {language: _main(task, language) for language in task.languages}
        width = max(map(len, values.values()))
        cells = [f"{language:>3} {value:>{width}}  " for language, value in values.items()]
        per_line = (WIDTH - INDENT) // len(cells[0])
        for first in range(0, len(cells), per_line):
            head = "" if first else name
            yield f"{head:<{INDENT}}{''.join(cells[first : first + per_line])}".rstrip()


def _main(task: TaskScore, language: str) -> str:
    return "/".join(f"{task.languages[language][key]:.1f}" for key in task.member.main)


def _remarks(scores: Scores) -> Iterator[str]:
    for heading, lines in (
        ("not scored, or scored as wrong:", scores.problems),
        (f"no part of {scores.benchmark.name}:", scores.ignored),
    ):
        if lines:
            yield from ("", heading, *(f"  {line}" for line in lines))


def _number(value: float | None) -> str:
    return "     -" if value is None else f"{value:6.2f}"
