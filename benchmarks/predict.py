"""Packed, sorted prediction against stock padded prediction, side by side on this machine's CPU.

`python benchmarks/predict.py [--help]`. The stock side is what users run: the classes of `transformers`, batches of
32 in the data's order, padded to their longest. Both have the same weights and must give the same scores.
Processor time is what the ratios are of: on a machine with other work it says more than the clock. Freed memory goes
back to the system, as it does for users of the stock side; our commands keep it, which would change our time by little.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from mtl.errors import leave_at_once, run_verb

if TYPE_CHECKING:
    from mtl.data.strip import Source
    from mtl.model.multihead import MultiHead

MOST_DIFFERENCE = 1e-4
BATCH = 32
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
    totals = {"stock": [0.0] * rounds, "packed": [0.0] * rounds}
    rows, tokens = [], 0
    with tempfile.TemporaryDirectory() as name:
        problem = Problem(
            rows=make_rows(Path(name), examples),
            layers=arguments.layers,
            hidden=arguments.hidden,
            batch=BATCH,
            rounds=rounds,
            dropout=0.0,
            zero=0,
        )
        ours, stock = problem.model().eval(), stock_models(problem).eval()
        for source in problem.sources:
            rivals: dict[str, Callable[[], Any]] = {
                "stock": lambda source=source: predict_padded(stock[source.head], source),
                "packed": lambda source=source: predict_packed(ours, source),
            }
            seconds = contest(rivals, rounds=rounds)
            rows.append(row(source, seconds))
            tokens += int(source.store.example_tokens.sum())
            for rival, times in seconds.items():
                totals[rival] = [total + time for total, time in zip(totals[rival], times, strict=True)]
    ratios = [a / b for a, b in zip(totals["stock"], totals["packed"], strict=True)]
    speeds = [f"{tokens / median(times):,.0f}" for times in totals.values()]
    rows.append(("all", f"{tokens:,}", *speeds, spread(ratios)))
    publish(
        Record(
            name="predict",
            title="Packed, sorted prediction against padded prediction",
            about=f"{problem.rows.title}; {examples} examples a task, encoder {problem.layers} x {problem.hidden}, "
            f"fp32, {torch.get_num_threads()} threads. The classes of `transformers` take batches of {BATCH} in the "
            f"data's order, padded to their longest; {rounds} rounds after one to warm up. Real tokens a second of "
            "processor time; both give the same scores.",
            ratios=[Ratio.of("predicting, nine tasks: against padded", ratios, at_least=2.5)],
            tables=[Table(title="", columns=("task", "tokens", "stock", "packed", "times stock"), rows=rows)],
        ),
        arguments,
    )


def contest(rivals: dict[str, Callable[[], Any]], *, rounds: int) -> dict[str, list[float]]:
    """Processor seconds of each rival in each round; the first round warms up, and shows that both say the same."""
    import numpy as np

    said = {name: rival() for name, rival in rivals.items()}
    worst = max(float(np.abs(a - b).max()) for a, b in zip(said["stock"], said["packed"], strict=True))
    assert worst < MOST_DIFFERENCE, f"scores differ by {worst:.1e}: not the same work"
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, rival in rivals.items():
            begun = time.process_time()
            rival()
            seconds[name].append(time.process_time() - begun)
    return seconds


def row(source: "Source", seconds: dict[str, list[float]]) -> tuple[str, ...]:
    """A task's row of the table."""
    tokens = int(source.store.example_tokens.sum())
    ratios = [a / b for a, b in zip(seconds["stock"], seconds["packed"], strict=True)]
    speeds = [f"{tokens / median(times):,.0f}" for times in seconds.values()]
    return (source.head, f"{tokens:,}", *speeds, spread(ratios))


def spread(ratios: list[float]) -> str:
    """The median, and the range."""
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def predict_packed(model: "MultiHead", source: "Source") -> list[Any]:
    """Our scores of each example, as an evaluate phase computes them."""
    import torch

    from mtl.evaluate.plain import PlainPredictor
    from mtl.evaluate.predict import examples_of, predict

    predictor = PlainPredictor(model, device=torch.device("cpu"), dtype=torch.float32)
    scores = predict(predictor, source, examples_of(source, None), budget=BUDGET, rank=0, world=1)
    assert scores is not None
    return [scores[example] for example in sorted(scores)]


def predict_padded(model: Any, source: "Source") -> list[Any]:
    """The stock scores of each example at the positions that our head reads."""
    import numpy as np
    import torch
    from contest.stock import pad

    store, said = source.store, []
    with torch.no_grad():
        for first in range(0, store.header.num_examples, BATCH):
            examples = np.arange(first, min(first + BATCH, store.header.num_examples))
            batch = pad(store, examples)
            output = model(batch.ids, attention_mask=batch.mask)
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
