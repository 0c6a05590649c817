"""How training goes is told in few numbers."""

import pytest

from mtl.evaluate.dev import DevScores
from mtl.run.terminal import Terminal
from mtl.run.training_summary import dev_line, summary_table
from tests.kit.tables import cells


def test_the_summary_shows_a_dash_where_a_task_has_no_number(capsys: pytest.CaptureFixture[str]) -> None:
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
