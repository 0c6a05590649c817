"""What training remembers is the same after a checkpoint, and as it always stood there."""

import json

from mtl.evaluate.dev import DevScores, StoppingState
from mtl.run.training_state import TrainingState

RECORD = {
    "measures": {"since": [], "drawn": [3, 1], "steps": 2, "tokens": 70, "seconds": 1.5, "waited": 0.5},
    "stopping": {"best": 50.0, "best_step": 1, "since": 2},
    "guard": {"sums": [0.5], "counts": [2], "collapsed": []},
    "first": {"loss": 1.25},
    "last": {"loss": 0.75},
    "scores": {"by_task": {"mnli": {"accuracy": 50.0}}, "mean": 50.0},
    "evaluation_due": True,
}
"""As checkpoints hold it."""


def test_a_checkpoints_record_is_read_and_written_as_it_is() -> None:
    for record in (RECORD, {**RECORD, "scores": None}):
        state = TrainingState.read(record)
        assert json.dumps(state.record()) == json.dumps(record)
    state = TrainingState.read(RECORD)
    assert state.stopping == StoppingState(best=50.0, best_step=1, since=2)
    assert state.scores == DevScores(by_task={"mnli": {"accuracy": 50.0}}, mean=50.0)


def test_without_the_best_evaluation_all_else_stays() -> None:
    expected = {**RECORD, "stopping": {"best": None, "best_step": -1, "since": 0}, "scores": None}
    assert TrainingState.read(RECORD).without_best().record() == expected
