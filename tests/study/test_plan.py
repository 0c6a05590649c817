"""What a study will take is said before it starts."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from mtl.study.plan import arm_lines, matrix_table, summary
from tests.study.test_graph import laid_out


def test_the_arms_are_told_with_their_data_and_length(tmp_path: Path) -> None:
    lines = {label: rest for label, *rest in arm_lines(laid_out(tmp_path))}
    assert lines["none"] == ["none", "nothing", ""]
    assert lines["mnli, equal size"] == ["NLI", "mnli 100", "4 steps"]
    matrix = laid_out(
        tmp_path, "arms={a: {tasks: {tydiqa: {language: fi}}, fraction: 0.25}, none: {}}", "variants={}"
    )
    assert arm_lines(matrix)[0] == ("a", "a", "tydiqa fi 25%", "4 steps")
    capped = "arms={a: {tasks: [mnli, qqp], mixture: {cap: 1000}, train: {epochs: 3, steps: null}}, none: {}}"
    (_, _, _, length), _ = arm_lines(laid_out(tmp_path, capped, "variants={}"))
    assert length == "3 epochs of at most 1,000 records a task"


def test_phases_sharing_examples_and_time_are_counted(tmp_path: Path) -> None:
    matrix = laid_out(tmp_path)
    text = summary(matrix, {}, workers=2)
    assert "20 results from 49 phases (29 train, 20 evaluate)" in text
    # A pretraining, 8 intermediate runs of 4 steps, 20 fine-tunings of 6, each step of 128 examples.
    assert f"{(4 + 8 * 4 + 20 * 6) * 128:,} examples are trained on" in text
    assert "0 phases are done; time left not known yet on 2 at a time" in text
    test = next(name for name, phase in matrix.recipe.phases.items() if phase.kind == "evaluate")
    assert "time left not known" not in summary(matrix, {"text": 10.0, test: 1.0}, workers=2)


def test_the_table_fits_a_terminal(tmp_path: Path) -> None:
    text = StringIO()
    Console(width=100, file=text).print(matrix_table(laid_out(tmp_path)))
    assert "all, equal size" in text.getvalue()
    assert max(map(len, text.getvalue().splitlines())) <= 100


def test_names_are_text_whatever_is_in_brackets(tmp_path: Path) -> None:
    text = StringIO()
    matrix = laid_out(tmp_path, "arms={'names [sw]': {tasks: [mnli]}, none: {}}", "variants={}")
    Console(width=100, file=text).print(matrix_table(matrix))
    assert "names [sw]" in text.getvalue()
