"""The metrics, by the names that tasks and benchmarks declare: predictions and golds in, percentages out.

Every `compute(predictions, golds, *, language="en")` takes two sequences of equal length, aligned item by
item (BUCC's alone are two sets of pairs), and answers a number for each of its keys; `main` is the key that
counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mtl.evaluate.metrics.accuracy import accuracy, accuracy_f1
from mtl.evaluate.metrics.answers import SpanAnswer, squad
from mtl.evaluate.metrics.items import Parts, found_spans, right, right_words, worth_alone
from mtl.evaluate.metrics.mlqa import knows, mlqa
from mtl.evaluate.metrics.retrieval import bucc_f1, map_at_20
from mtl.evaluate.metrics.squad_v2 import squad_v2
from mtl.evaluate.metrics.tags import span_f1, tag_accuracy

__all__ = ["METRICS", "Metric", "SpanAnswer"]


@dataclass(frozen=True)
class Metric:
    """A way to score a task, and which of its numbers is the task's own."""

    name: str
    main: str
    compute: Callable[..., dict[str, float]]
    count: Callable[..., Parts] | None
    """What each item adds to it, a ratio of sums; None: it is none (a threshold is tuned, a set compared)."""
    kinds: tuple[str, ...] = ()
    """The kinds of tasks whose decoded answers it takes."""
    allows_no_answer: bool = False
    """Whether it may be right that a question has no answer."""
    knows: Callable[[str], bool] = lambda language: True
    """Whether it has rules for a language."""

    @property
    def is_share_of_items(self) -> bool:
        """Whether its number is the share of items that are right, each by itself."""
        return self.count is right


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("accuracy", "accuracy", accuracy, right, ("pair", "choice")),
            Metric("accuracy_f1", "acc_and_f1", accuracy_f1, None, ("pair",)),
            Metric("squad", "em_and_f1", squad, worth_alone(squad, "em_and_f1"), ("span",)),
            Metric("squad_v2", "em_and_f1", squad_v2, None, ("span",), allows_no_answer=True),
            Metric("mlqa", "em_and_f1", mlqa, worth_alone(mlqa, "em_and_f1"), ("span",), knows=knows),
            Metric("tag_accuracy", "accuracy", tag_accuracy, right_words, ("tag",)),
            Metric("span_f1", "f1", span_f1, found_spans, ("tag",)),
            Metric("bucc_f1", "f1", bucc_f1, None),
            Metric("tatoeba", "accuracy", accuracy, right),
            Metric("map_at_20", "map@20", map_at_20, worth_alone(map_at_20, "map@20"), ("embed",)),
        )
    }
)
