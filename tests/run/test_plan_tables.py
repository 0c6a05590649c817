"""What a phase will do is shown in whole tables."""

import pytest

from mtl.data.mixture import plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.run.plan import Memory, PhasePlan
from mtl.run.plan_tables import memory_table, mixture_table
from mtl.run.terminal import Terminal
from tests.kit.tables import cells

GIB = 2**30
Capture = pytest.CaptureFixture[str]


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
