"""Packed, sorted prediction against stock padded prediction, side by side on this machine's CPU.

`python benchmarks/predict.py [--help]`. The stock side is what users run: the classes of `transformers`, examples in
the data's order, batches padded to their longest and as large as is fastest here (the Trainer's own size is 8). Both
have the same weights and must give the same scores. Processor time is what the ratios are of: on a machine with other
work it says more than the clock. Freed memory is kept in our turns, as our commands tell the C library, and goes back
to the system in the stock side's, as for its users. How much faster we could be at the same speed of products is
counted beside it: the operations of the one over those of the other.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from mtl.errors import leave_at_once, run_verb

if TYPE_CHECKING:
    import numpy as np
    from contest.problem import Problem
    from numpy.typing import NDArray
    from torch import nn

    from mtl.data.strip import Source
    from mtl.model.multihead import MultiHead

MOST_DIFFERENCE = 1e-4
BATCHES = (8, 16, 32)
"""Of the stock side; it takes the fastest."""
BUDGET = 4096


def main() -> None:
    """Predict every task both ways, in turns."""
    arguments = read_arguments()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch
    from contest.made_up import make_rows
    from contest.problem import Problem
    from contest.record import Ratio, Record, Table, publish
    from contest.stock import stock_models

    examples, rounds = (32, 1) if arguments.quick else (arguments.examples, arguments.rounds)
    with tempfile.TemporaryDirectory() as name:
        problem = Problem(
            rows=make_rows(Path(name), examples),
            layers=arguments.layers,
            hidden=arguments.hidden,
            batch=BATCHES[0],
            rounds=rounds,
            dropout=0.0,
            zero=0,
        )
        ours, stock = problem.model().eval(), stock_models(problem).eval()
        batch = fastest_batch(stock, problem)
        contests = {
            source.head: contest(
                partial(predict_padded, stock[source.head], source, batch),
                partial(predict_packed, ours, source),
                rounds=rounds,
            )
            for source in problem.sources
        }
        tokens = {source.head: source.store.header.num_tokens for source in problem.sources}
        operations = {
            source.head: (stock_operations(problem, source, batch), our_operations(ours, source))
            for source in problem.sources
        }
    total = Contest.sum(contests.values())
    total_operations = tuple(sum(each) for each in zip(*operations.values(), strict=True))
    rows = [row(name, tokens[name], seconds, operations[name]) for name, seconds in contests.items()]
    rows.append(row("all", sum(tokens.values()), total, total_operations))
    publish(
        Record(
            name="predict",
            title="Packed, sorted prediction against padded prediction",
            about=f"{problem.rows.title}; {examples} examples a task, encoder {problem.layers} x {problem.hidden}, "
            f"fp32, {torch.get_num_threads()} threads. The classes of `transformers` take batches of {batch}, the fastest "
            f"of {', '.join(map(str, BATCHES))}, in the data's order, padded to their longest; {rounds} rounds after one "
            "to warm up. Real tokens a second of processor time; both give the same scores. By operations: what the "
            "padded side's products have to compute over what ours have to.",
            ratios=[Ratio.of("predicting, nine tasks: against padded", total.ratios, at_least=2.5)],
            tables=[
                Table(
                    title="",
                    columns=("task", "tokens", "stock", "packed", "times stock", "by operations"),
                    rows=rows,
                )
            ],
        ),
        arguments,
    )


def fastest_batch(stock: "nn.ModuleDict", problem: "Problem") -> int:
    """The stock side's best number of examples, all tasks together."""
    seconds = {}
    for batch in BATCHES:
        begun = time.process_time()
        for source in problem.sources:
            predict_padded(stock[source.head], source, batch)
        seconds[batch] = time.process_time() - begun
    return min(seconds, key=seconds.__getitem__)


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Processor seconds of each round."""

    stock: Sequence[float]
    packed: Sequence[float]

    @classmethod
    def sum(cls, contests: Iterable["Contest"]) -> "Contest":
        """Several tasks' as one's."""
        stock, packed = zip(*((each.stock, each.packed) for each in contests), strict=True)
        return cls(
            stock=[sum(r) for r in zip(*stock, strict=True)],
            packed=[sum(r) for r in zip(*packed, strict=True)],
        )

    @property
    def ratios(self) -> list[float]:
        """How many times as fast as the stock side we were in each round."""
        return [a / b for a, b in zip(self.stock, self.packed, strict=True)]


def contest(stock: Callable[[], list[Any]], packed: Callable[[], list[Any]], *, rounds: int) -> Contest:
    """The rivals in turns; the first round warms up, and shows that both say the same."""
    import numpy as np
    from contest.allocator import allocate_by_default

    from mtl.engine.heap import keep_freed_memory

    worst = max(float(np.abs(a - b).max()) for a, b in zip(stock(), packed(), strict=True))
    assert worst < MOST_DIFFERENCE, f"scores differ by {worst:.1e}: not the same work"
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for rival, heap, spent in zip(
            (stock, packed), (allocate_by_default, keep_freed_memory), seconds, strict=True
        ):
            heap()
            begun = time.process_time()
            rival()
            spent.append(time.process_time() - begun)
    return Contest(stock=seconds[0], packed=seconds[1])


def row(task: str, tokens: int, seconds: Contest, operations: Sequence[float]) -> tuple[str, ...]:
    """A task's row of the table."""
    speeds = [f"{tokens / median(times):,.0f}" for times in (seconds.stock, seconds.packed)]
    ratios = seconds.ratios
    spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return (task, f"{tokens:,}", *speeds, spread, f"{operations[0] / operations[1]:.2f}")


def our_operations(model: "MultiHead", source: "Source") -> float:
    """The encoder's operations on a task's examples, packed."""
    import numpy as np

    from mtl.data.costs import example_costs

    examples = np.arange(source.store.header.num_examples)
    return float(example_costs(source.store, model.config.costs, examples).sum())


def stock_operations(problem: "Problem", source: "Source", batch: int) -> float:
    """The same of the padded side."""
    from contest.stock import pad, padded_operations

    batches = (pad(source.store, examples) for examples in batches_of(source, batch))
    return sum(padded_operations(problem, each.ids) for each in batches)


def batches_of(source: "Source", batch: int) -> "Iterator[NDArray[np.int64]]":
    """The examples in their order, so many at a time."""
    import numpy as np

    count = source.store.header.num_examples
    return (np.arange(first, min(first + batch, count)) for first in range(0, count, batch))


def predict_packed(model: "MultiHead", source: "Source") -> list[Any]:
    """Our scores of each example, as an evaluate phase computes them."""
    import torch

    from mtl.evaluate.plain import PlainPredictor
    from mtl.evaluate.predict import examples_of, predict

    predictor = PlainPredictor(model, device=torch.device("cpu"), dtype=torch.float32)
    scores = predict(predictor, source, examples_of(source, None), budget=BUDGET, rank=0, world=1)
    assert scores is not None
    return [scores[example] for example in sorted(scores)]


def predict_padded(model: Any, source: "Source", batch: int) -> list[Any]:
    """The stock scores of each example at the positions that our head reads."""
    import torch
    from contest.stock import pad

    store, said = source.store, []
    with torch.no_grad():
        for examples in batches_of(source, batch):
            padded = pad(store, examples)
            output = model(padded.ids, attention_mask=padded.mask)
            if store.header.kind == "span":
                logits = torch.stack([output.start_logits, output.end_logits], dim=-1)
            else:
                logits = output.logits
            for row, example in enumerate(examples.tolist()):
                said.append(_read(store, example, logits[row].numpy()))
    return said


def _read(store: Any, example: int, logits: Any) -> Any:
    """What our decoder keeps of an example's scores, from the padded ones."""
    sites = store.sites[store.site_starts[example] : store.site_starts[example + 1]]
    if store.header.kind == "tag":
        return logits[sites].argmax(-1)
    if store.header.kind == "span":
        return logits[sites]
    return logits.reshape(len(sites), -1)


def read_arguments() -> argparse.Namespace:
    """What to measure."""
    from contest.record import add_options

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--examples", type=int, default=256, help="of each task (default: 256)")
    parser.add_argument("--rounds", type=int, default=5)
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    run_verb(main, leave=leave_at_once)
