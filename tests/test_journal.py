"""The journal loses nothing, writes strict JSON, and a resumed run goes on in the same file."""

import json
import math
import shutil
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.errors import UserError
from mtl.journal import Journal, cut_metrics, metrics_line
from mtl.runfolder import PhaseFolder


@pytest.fixture
def folder(tmp_path):
    return PhaseFolder(tmp_path / "phase")


def lines_of(folder):
    return [json.loads(line) for line in folder.metrics.read_text().splitlines()]


def events_of(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder.tensorboard))
    accumulator.Reload()
    return accumulator


def curves(folder):
    accumulator = events_of(folder)
    return {
        tag: [(p.step, p.value) for p in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]
    }


def test_scalars_reach_the_file_and_tensorboard(folder):
    with Journal(folder, enabled=True) as journal:
        journal.scalars(0, {"loss": 2.5, "loss/mnli": 1.0, "tokens": 7})
        assert lines_of(folder) == [{"step": 0, "loss": 2.5, "loss/mnli": 1.0, "tokens": 7}], (
            "before it is closed"
        )
        journal.scalars(1, {"loss": 2.0})
    assert lines_of(folder)[1] == {"step": 1, "loss": 2.0}
    assert curves(folder) == {"loss": [(0, 2.5), (1, 2.0)], "loss/mnli": [(0, 1.0)], "tokens": [(0, 7.0)]}


def test_settings_and_charts_reach_tensorboard(folder):
    from tensorboard.plugins.custom_scalar import layout_pb2

    with Journal(folder, enabled=True) as journal:
        journal.charts({"tasks": {"loss": ["loss/mnli", "loss/a.b"]}})
        journal.hparams(
            {"train.lr": 1e-5, "tasks": ["a", "b"], "cap": None, "flag": True}, {"final/loss": 0.5}
        )
    accumulator = events_of(folder)
    assert [(p.step, p.value) for p in accumulator.Scalars("final/loss")] == [(0, 0.5)]
    layout = layout_pb2.Layout()
    layout.ParseFromString(accumulator.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    assert list(layout.category[0].chart[0].multiline.tag) == ["^loss/mnli$", r"^loss/a\.b$"]


def test_off_it_writes_nothing_at_all(folder):
    with Journal(folder, enabled=False) as journal:
        journal.scalars(0, {"loss": 1.0})
        journal.hparams({}, {})
        journal.charts({})
    assert not folder.root.exists()


def test_a_resumed_run_goes_on_in_the_same_file_and_curve(folder):
    with Journal(folder, enabled=True) as journal:
        for step in range(5):
            journal.scalars(step, {"loss": float(step)})
    with Journal(folder, enabled=True, first_step=3) as journal:
        for step in range(3, 6):
            journal.scalars(step, {"loss": 10.0 + step})
    expected = {0: 0.0, 1: 1.0, 2: 2.0, 3: 13.0, 4: 14.0, 5: 15.0}
    assert {line["step"]: line["loss"] for line in lines_of(folder)} == expected
    assert len(lines_of(folder)) == 6
    assert dict(curves(folder)["loss"]) == expected


def test_a_resumed_run_that_dies_at_once_leaves_no_steps_that_it_undid(folder):
    with Journal(folder, enabled=True) as journal:
        for step in range(5):
            journal.scalars(step, {"loss": float(step)})
    Journal(folder, enabled=True, first_step=3).close()
    assert (
        [step for step, _ in curves(folder)["loss"]]
        == [line["step"] for line in lines_of(folder)]
        == [0, 1, 2]
    )


def test_a_run_from_the_start_begins_a_new_file(folder):
    for loss in (1.0, 2.0):
        with Journal(folder, enabled=True) as journal:
            journal.scalars(0, {"loss": loss})
    assert lines_of(folder) == [{"step": 0, "loss": 2.0}]


def test_what_a_killed_process_left_of_a_line_goes(folder):
    folder.root.mkdir()
    folder.metrics.write_text('{"step": 0, "loss": 1.0}\n{"step": 1, "lo')
    cut_metrics(folder.metrics, 9)
    assert folder.metrics.read_text() == '{"step": 0, "loss": 1.0}\n'


@pytest.mark.parametrize("rubbish", ["not json", "{}", "[]", '{"step": "1"}', "", "3"])
def test_a_file_that_is_no_journal_is_named_with_its_line_and_left_alone(folder, rubbish):
    folder.root.mkdir()
    text = '{"step": 0}\n' + rubbish + '\n{"step": 2}\n'
    folder.metrics.write_text(text)
    with pytest.raises(UserError, match=r"metrics.jsonl:2: "):
        Journal(folder, enabled=True, first_step=1)
    assert folder.metrics.read_text() == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_write_is_null_and_named(folder, value):
    with Journal(folder, enabled=True) as journal:
        journal.scalars(4, {"loss": value, "lr": 1.0})
    assert lines_of(folder) == [{"step": 4, "loss": None, "lr": 1.0, "not_finite": {"loss": str(value)}}]


@given(
    step=st.integers(0, 10**9),
    values=st.dictionaries(
        st.text(min_size=1).filter(lambda k: k not in ("step", "not_finite")), st.floats()
    ),
)
def test_every_line_is_strict_json_and_keeps_every_bit(step, values):
    def refuse(_):
        raise AssertionError("not strict JSON")

    line = json.loads(metrics_line(step, values), parse_constant=refuse)
    odd = defaultdict(str, line.pop("not_finite", {}))
    assert line.pop("step") == step
    assert {
        name: float(odd[name]) if number is None else number for name, number in line.items()
    } == pytest.approx(values, rel=0, abs=0, nan_ok=True)


def test_scalars_of_numpy_are_numbers(folder):
    numpy = pytest.importorskip("numpy")
    assert json.loads(metrics_line(0, {"a": numpy.float32(0.5), "b": numpy.int64(3)})) == {
        "step": 0,
        "a": 0.5,
        "b": 3.0,
    }


def test_the_journal_s_own_keys_are_not_a_caller_s(folder):
    with Journal(folder, enabled=False) as journal, pytest.raises(AssertionError):
        journal.scalars(0, {"step": 1.0})


def test_a_folder_that_cannot_be_written_is_told_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        Journal(PhaseFolder(tmp_path / "file" / "phase"), enabled=True)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_folder_that_vanished_is_one_line_when_the_diary_is_closed(folder):
    with (
        pytest.raises(UserError, match=r"metrics\.jsonl: cannot be written"),
        Journal(folder, enabled=True) as journal,
    ):
        journal.scalars(0, {"loss": 1.0})
        shutil.rmtree(folder.root)
        journal.scalars(1, {"loss": 0.5})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_ended_the_run_is_told_not_that_its_diary_could_not_be_closed(folder):
    with pytest.raises(ZeroDivisionError), Journal(folder, enabled=True) as journal:
        journal.scalars(0, {"loss": 1.0})
        shutil.rmtree(folder.root)
        raise ZeroDivisionError
