"""A study from its file to its page."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtl.errors import UserError
from mtl.files import write_atomic
from mtl.report import latex, markdown
from mtl.run.ahead import look_ahead
from mtl.run.places import prepare_worlds
from mtl.run.terminal import Terminal
from mtl.runfolder import StudyFolder
from mtl.study.analysis import analyse
from mtl.study.curves import curve_problems
from mtl.study.file import load_study
from mtl.study.graph import lay_out
from mtl.study.leakage import find_leakage
from mtl.study.matrix import StudyMatrix
from mtl.study.page.numbers import curves_csv, gains_csv, interactions_csv, scores_csv
from mtl.study.page.page import render
from mtl.study.page.tables import all_tables
from mtl.study.page.words import answer
from mtl.study.plan import matrix_table, summary
from mtl.study.processes import Workers, command, drop_models, run_study, seconds_spent
from mtl.study.results import StudyResults, read_results
from mtl.study.slurm import write_submission


def plan_study(path: Path, overrides: Sequence[str], workers: Workers, terminal: Terminal) -> StudyMatrix:
    """Show what a study consists of and what it will take."""
    matrix = lay_out(load_study(path, overrides))
    spent = seconds_spent(matrix.recipe, StudyFolder(matrix.recipe.folder))
    terminal.table(matrix_table(matrix))
    terminal.say(summary(matrix, spent, workers=len(workers.devices)))
    return matrix


def do_study(path: Path, overrides: Sequence[str], workers: Workers, terminal: Terminal) -> None:
    """Run what is not done, then write the answer; where some phase fails, what there is of it."""
    matrix = plan_study(path, overrides, workers, terminal)
    _look_ahead(matrix)
    try:
        run_study(matrix.recipe, workers, terminal, drop=matrix.fine_tuned)
    except UserError:
        write_answer(matrix, path, overrides, terminal)
        raise
    write_answer(matrix, path, overrides, terminal)


def submit_study(path: Path, overrides: Sequence[str], workers: Workers, terminal: Terminal) -> None:
    """Write what a Slurm cluster needs to run the study."""
    matrix = plan_study(path, overrides, workers, terminal)
    _look_ahead(matrix)
    script = write_submission(matrix.recipe, workers.launcher, drop=matrix.fine_tuned)
    terminal.say(f"start it with: bash {script}")


def answer_study(path: Path, overrides: Sequence[str], terminal: Terminal) -> None:
    """Write the answer from what is there; remove models that have served, as far as the study keeps none."""
    matrix = lay_out(load_study(path, overrides))
    write_answer(matrix, path, overrides, terminal)
    folder = StudyFolder(matrix.recipe.folder)
    drop_models(matrix.recipe, folder, seconds_spent(matrix.recipe, folder), matrix.fine_tuned)


def _look_ahead(matrix: StudyMatrix) -> None:
    recipe = matrix.recipe
    spent = seconds_spent(recipe, StudyFolder(recipe.folder))
    undone = [phase for phase in recipe.phase_list() if phase.name not in spent]
    prepare_worlds(recipe, recipe.phase_list())  # those of done phases, too, for the look at shared rows
    look_ahead(recipe, undone)


def write_answer(matrix: StudyMatrix, path: Path, overrides: Sequence[str], terminal: Terminal) -> None:
    """The page, the tables and the numbers."""
    results = read_results(matrix)
    results = replace(results, problems=(*results.problems, *curve_problems(results)))
    leakage = find_leakage(matrix)
    analysis = analyse(results, leakage.leaky)
    folder = StudyFolder(matrix.recipe.folder)
    tables = all_tables(results, analysis, leakage)
    others = {
        folder.markdown: markdown.render(
            f"{matrix.study.name}: {matrix.study.question}", tables, results.problems
        ),
        folder.latex: latex.render(tables),
        folder.all_scores: scores_csv(results),
        folder.gains: gains_csv(analysis),
        **({folder.interactions: interactions_csv(analysis)} if analysis.interactions else {}),
        **({folder.curves: curves_csv(analysis)} if analysis.curves else {}),
    }
    page = render(
        results,
        analysis,
        leakage,
        commands=_commands(results, path, overrides),
        files=[file.name for file in others],
    )
    for file, text in {**others, folder.page: page}.items():
        write_atomic(file, text)
    terminal.say(" ".join(answer(analysis.means)))
    for problem in (*results.problems, *leakage.problems):
        terminal.say(f"read this first: {problem}")
    terminal.say(f"the page: {folder.page}")


def _commands(results: StudyResults, path: Path, overrides: Sequence[str]) -> list[str]:
    """The study's own, then that of each phase that is done."""
    study = shlex.join(["python", "launchers/study.py", str(path), *overrides])
    graph = StudyFolder(results.matrix.recipe.folder).graph
    launcher = ("python", "launchers/train.py")
    return [study, "", *(shlex.join(command(launcher, graph, [phase])) for phase in results.seconds)]
