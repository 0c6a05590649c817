"""Dev scores stand side by side for tasks that several arms trained on alone, and for no others."""

from pathlib import Path
from typing import Any

from mtl.report.dev import dev_table
from mtl.report.gather import gather
from mtl.report.runs import read_run
from mtl.report.tables import Table
from tests.kit.runs import column, demo_phases, write_run


def table_of(folder: Path, phases: list[dict[str, Any]]) -> Table | None:
    runs = [read_run(write_run(folder / "demo", phases))]
    return dev_table(runs, gather(runs), ())


def test_targets_are_compared_and_intermediate_tasks_are_not(tmp_path: Path) -> None:
    phases = demo_phases()
    trained = next(phase for phase in phases if phase["name"] == "xnli-nine")
    trained["scores"]["tasks"]["xnli"] = {"accuracy": 63.0}
    table = table_of(tmp_path, phases)
    assert table is not None
    assert {each.label for each in table.columns} == {"xnli", "xcopa", "udpos", "xquad", "mean"}
    assert [cell.text for cell in column(table, "xnli").values()] == ["61.5", "63.0"]
    assert column(table, "xnli")["all nine"].delta == 1.5
    assert "not a result" in table.caption


def test_of_two_phases_on_one_task_the_later_is_the_target_s(tmp_path: Path) -> None:
    phases = demo_phases()
    first = next(phase for phase in phases if phase["name"] == "nine")
    first["tasks"], first["scores"]["tasks"] = ["xnli"], {"xnli": {"accuracy": 99.0}}
    table = table_of(tmp_path, phases)
    assert table is not None
    assert column(table, "xnli")["all nine"].text == "61.5"


def test_one_arm_has_nothing_to_be_beside(tmp_path: Path) -> None:
    assert table_of(tmp_path, [phase for phase in demo_phases() if phase["arm"] == "none"]) is None
