"""What a person reads: whole tables, and a bar that becomes few plain lines where there is no terminal."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from mtl.data.mixture import plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.evaluate.dev import DevScores
from mtl.run.console import QUIET_SECONDS, Bar, Terminal, dev_line, memory_table, mixture_table, summary_table
from mtl.run.plan import Memory, PhasePlan

GIB = 2**30
Capture = pytest.CaptureFixture[str]


def cells(text: str) -> list[list[str]]:
    """The rows of a table that was printed, cell by cell."""
    rows = (line.replace("┃", "│").split("│") for line in text.splitlines() if "│" in line or "┃" in line)
    return [[cell.strip() for cell in row[1:-1]] for row in rows]


def print_mixture(*names: str) -> None:
    sizes = [
        TaskSize(name=names[0], num_records=3_000_000, num_examples=6_000_000),
        *(TaskSize(name=name, num_records=1_000_000, num_examples=1_000_000) for name in names[1:]),
    ]
    mixture = plan_mixture(sizes, MixtureSpec(), examples_per_step=8, steps=100)
    Terminal(enabled=True).table(mixture_table(mixture, dict.fromkeys(names, "pair")))


def test_the_mixture_table_has_sizes_shares_draws_and_epochs(capsys: Capture) -> None:
    print_mixture("commonsenseqa", "qqp")
    assert cells(capsys.readouterr().out) == [
        ["task", "kind", "records", "examples", "p", "draws", "epochs"],
        ["commonsenseqa", "pair", "3,000,000", "6,000,000", "0.7500", "600", "0.00"],
        ["qqp", "pair", "1,000,000", "1,000,000", "0.2500", "200", "0.00"],
    ]


def test_a_long_name_is_whole_where_there_is_no_terminal(capsys: Capture) -> None:
    name = "a_task_of_ours_with_a_rather_long_name"
    print_mixture(name)
    assert name in capsys.readouterr().out


def test_the_memory_table_marks_the_stage_of_the_run(capsys: Capture) -> None:
    memory = {
        stage: Memory(
            weights=1 * GIB, gradients=2 * GIB, optimizer=(4 - stage) * GIB, buffers=0, activations=GIB / 2
        )
        for stage in (0, 1, 2, 3)
    }
    plan = PhasePlan(
        steps=1,
        examples_per_step=1,
        mean_tokens_per_step=1.0,
        bins_per_step=1,
        parameters=1,
        trainable=1,
        memory=memory,
    )
    Terminal(enabled=True).table(memory_table(plan, ranks=4, stage=2))
    out = capsys.readouterr().out
    assert "4 ranks" in out
    _, *rows = cells(out)
    assert [row[0] for row in rows] == ["0", "1", "* 2", "3"]
    assert rows[2] == ["* 2", "1.000", "2.000", "2.000", "0.000", "0.500", "5.500"]


def test_the_summary_shows_a_dash_where_a_task_has_no_number(capsys: Capture) -> None:
    first = {"loss/anli": 1.0986, "epochs/anli": 0.1}
    last = {"loss/anli": 0.5, "epochs/anli": 2.345}
    Terminal(enabled=True).table(summary_table(["anli", "mlm"], first, last, {"anli": 66.66}))
    Terminal(enabled=True).table(summary_table(["anli"], first, last, None))
    _, anli, mlm, _, no_dev = cells(capsys.readouterr().out)
    assert anli == ["anli", "1.099", "0.500", "2.35", "66.7"]
    assert mlm == ["mlm", "-", "-", "0.00", "-"]
    assert no_dev == ["anli", "1.099", "0.500", "2.35", "-"]


def test_dev_scores_are_one_line_that_says_whether_they_are_the_best() -> None:
    scores = DevScores(by_task={}, mean=54.321)
    line = dev_line(99, scores, {"anli": 40.04, "qqp": 68.6}, best=True)
    assert line == "step 99: dev mean 54.32 (best)  anli 40.0  qqp 68.6"
    assert "(best)" not in dev_line(99, scores, {}, best=False)


def test_the_first_rank_alone_speaks_and_what_it_says_is_no_markup(capsys: Capture) -> None:
    long = "x" * 300
    Terminal(enabled=True).say(f"[bold]{long}[/bold]")
    Terminal(enabled=False).say("silent")
    Terminal(enabled=False).table(summary_table(["anli"], {}, {}, None))
    assert capsys.readouterr().out == f"[bold]{long}[/bold]\n"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("mtl.run.console.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def values(loss: float, **by_task: float) -> dict[str, float]:
    tasks = {f"loss/{name}": value for name, value in by_task.items()}
    return {"loss": loss, "tokens_per_second": 12345.6, **tasks}


def test_without_a_terminal_the_bar_is_a_line_now_and_then_and_one_at_the_end(
    clock: list[float], capsys: Capture
) -> None:
    with Bar(Terminal(enabled=True), phase="demo", steps=100, tasks=["a", "b"], done=40) as bar:
        bar.update(49, values(1.0, a=2.0))
        clock[0] += QUIET_SECONDS
        bar.update(59, values(1.5, a=3.0))
        bar.update(60, values(9.0, a=2.1))
        spoken = capsys.readouterr().out
        clock[0] += QUIET_SECONDS / 2
        bar.update(98, values(9.0, b=0.5))
        assert capsys.readouterr().out == ""
        bar.update(99, values(0.25))
    # 20 of the steps from 40 on took 15 seconds; 40 are left. The losses are smoothed.
    assert spoken == "step 60/100  loss 1.500  12,346 tokens/s  30 s left  a 2.100\n"
    assert (
        capsys.readouterr().out == "step 100/100  loss 0.250  12,346 tokens/s  0 s left  a 2.100  b 0.500\n"
    )


def test_a_rank_that_does_not_speak_has_a_silent_bar(capsys: Capture) -> None:
    with Bar(Terminal(enabled=False), phase="demo", steps=1, tasks=["a"]) as bar:
        bar.update(0, values(1.0, a=1.0))
    assert capsys.readouterr().out == ""


def test_in_a_terminal_the_bar_lives_and_what_is_said_stays_above_it() -> None:
    terminal, screen = Terminal(enabled=True), io.StringIO()
    terminal.console = Console(file=screen, force_terminal=True, width=150)
    with Bar(terminal, phase="demo", steps=4, tasks=["a"]) as bar:
        bar.update(2, values(1.0, a=2.0))
        terminal.say("dev mean 50")
    last = screen.getvalue().rpartition("dev mean 50")[2]
    assert "demo" in last and "3/4" in last and "12,346 tokens/s" in last and "a 2.000" in last
