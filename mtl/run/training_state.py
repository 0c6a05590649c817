"""What training remembers between steps: a checkpoint's record of it, typed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from mtl.evaluate.dev import DevScores, StoppingState


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """All that training remembers and is no tensor."""

    measures: Mapping[str, Any]
    stopping: StoppingState
    guard: Mapping[str, Any]
    first: Mapping[str, float]
    """By name: the first losses and epochs that were logged."""
    last: Mapping[str, float]
    scores: DevScores | None
    """Those of the best evaluation."""
    evaluation_due: bool
    """Of the last step: it is, or a signal broke it off."""

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """The state of which `record` was made."""
        scores = record["scores"]
        typed = {
            "stopping": StoppingState(**record["stopping"]),
            "scores": None if scores is None else DevScores(**scores),
        }
        return cls(**{**record, **typed})

    def record(self) -> dict[str, Any]:
        """The same, for JSON."""
        return asdict(self)

    def without_best(self) -> Self:
        """The same as if no evaluation had been the best: the next one is."""
        return replace(self, stopping=StoppingState(), scores=None)
