"""Search and mining against faiss and LASER's way of scoring, on the same vectors: `python benchmarks/retrieval.py`.

Rivals take turns, round by round: ours with each precision, and `IndexFlatIP` in both directions followed by
margins and a greedy choice pair by pair, as LASER does them. faiss is no dependency: `pip install faiss-cpu`;
without it ours runs alone. Processor time is what the ratios are of: on a machine with other work it says more
than the clock.
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import util

import numpy as np
import psutil
import torch
from contest.record import Ratio, Record, Table, add_options, publish
from numpy.typing import NDArray

from mtl.engine.heap import keep_freed_memory
from mtl.retrieval.mine import MiningSettings, mine
from mtl.retrieval.neighbours import SearchSettings, search
from mtl.retrieval.rounded import Precision
from mtl.retrieval.vectors import check_vectors

Rows = NDArray[np.float32]
Pairs = dict[tuple[int, int], float]
Times = tuple[float, float]
"""Seconds of the clock, and of the processor."""
K = 4
WANTED = {"bf16": 3.0, "fp32": 1.7}
"""How many times as fast as faiss, from 50,000 sentences on, with bf16 dot products and without."""
ONCE = 100_000
"""From so many sentences on there is one round: it takes minutes."""
FAISS = "faiss, LASER"
OTHERS = 1e-4
"""At most this share of its pairs may be others."""
PRECISIONS: tuple[Precision, ...] = ("bf16", "fp32")
COLUMNS = (
    "vectors, rival",
    "processor seconds",
    "seconds by the clock",
    "memory more, at most",
    "Russian at this rate",
)
LARGEST = 460_000 * 558_000
"""BUCC's Russian and English sentences, about."""


def main() -> None:
    """Hold the contest at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", help="(default: 10000 50000 100000)")
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-mb", type=int, default=1024)
    add_options(parser)
    arguments = parser.parse_args()
    keep_freed_memory()  # as every command of ours does
    # The OpenBLAS in faiss's wheel takes kernels for the newest processors that are five times slower than these.
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")
    sizes = arguments.sizes or ([2_000] if arguments.quick else [10_000, 50_000, 100_000])
    rounds = 1 if arguments.quick else arguments.rounds
    ratios: list[Ratio] = []
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for size in sizes:
        x, y = make_vectors(size, arguments.width)
        rivals: dict[str, Callable[[], Pairs]] = {
            f"ours, {precision}": partial(ours, x, y, precision, arguments.memory_mb)
            for precision in PRECISIONS
        }
        if util.find_spec("faiss") is not None:
            rivals[FAISS] = partial(laser, x, y)
        contest = compete(rivals, rounds if size < ONCE else 1)
        rows += contest.rows(size)
        notes.append(f"{size:,}: {contest.agreement}.")
        ratios += contest.ratios(size)
    if FAISS not in rivals:
        notes.append("faiss is not installed: ours ran alone.")
    publish(
        Record(
            name="retrieval",
            title="Search and mining against faiss and LASER's way of scoring",
            about=f"Width {arguments.width:,}, k = {K}, {arguments.memory_mb:,} MB of memory, {torch.get_num_threads()} "
            f"threads; rivals in turns, medians of {rounds} rounds, of {ONCE:,} and more vectors one round. faiss is `IndexFlatIP` in both directions, then "
            "margins and a greedy choice pair by pair, with the kernels of OpenBLAS that are fastest here. Ratios are of "
            "processor time.",
            ratios=ratios,
            tables=[Table(title="", columns=COLUMNS, rows=rows)],
            notes=[
                *notes,
                "Russian is BUCC's largest language, about 460,000 x 558,000 sentences: processor time at the largest "
                "size times the ratio of the numbers of pairs, which the product's work is proportional to.",
            ],
        ),
        arguments,
    )


def make_vectors(size: int, width: int) -> tuple[Rows, Rows]:
    """Unit vectors as encoders give them: all point one way, few directions matter, half are translations."""
    dice = np.random.default_rng(0)
    scale = (np.exp(-np.arange(width) / (width / 4))).astype(np.float32)
    x = dice.standard_normal((size, width), dtype=np.float32)
    y = dice.standard_normal((size, width), dtype=np.float32)
    y[: size // 2] = x[: size // 2] + 0.7 * y[: size // 2]
    y = y[dice.permutation(size)]
    sides = []
    for side in (x, y):
        side *= scale
        side[:, 0] += 2 * np.sqrt((scale**2).sum())
        sides.append(side / np.linalg.norm(side, axis=1, keepdims=True))
    return sides[0], sides[1]


def ours(x: Rows, y: Rows, precision: Precision, memory_mb: int) -> Pairs:
    """The mined pairs."""
    settings = SearchSettings(k=K, precision=precision, memory_mb=memory_mb)
    pairs = mine(search(check_vectors(x, name="x"), check_vectors(y, name="y"), settings), MiningSettings())
    places = zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)
    return dict(zip(places, pairs.score.tolist(), strict=True))


def laser(x: Rows, y: Rows) -> Pairs:
    """The mined pairs."""
    import faiss

    faiss.omp_set_num_threads(torch.get_num_threads())
    forward_cosine, forward = flat_search(faiss, x, y)
    backward_cosine, backward = flat_search(faiss, y, x)
    of_x, of_y = forward_cosine.mean(axis=1), backward_cosine.mean(axis=1)
    forward_score = score_candidates(x, y, forward, of_x, of_y)
    backward_score = score_candidates(y, x, backward, of_y, of_x)
    forward_best = forward[np.arange(len(x)), forward_score.argmax(axis=1)]
    backward_best = backward[np.arange(len(y)), backward_score.argmax(axis=1)]
    source = np.concatenate([np.arange(len(x)), backward_best])
    target = np.concatenate([forward_best, np.arange(len(y))])
    score = np.concatenate([forward_score.max(axis=1), backward_score.max(axis=1)])
    pairs: dict[tuple[int, int], float] = {}
    seen_source, seen_target = set(), set()
    for place in np.argsort(-score):
        i, j = int(source[place]), int(target[place])
        if i not in seen_source and j not in seen_target:
            seen_source.add(i)
            seen_target.add(j)
            if score[place] > 0:
                pairs[i, j] = float(score[place])
    return pairs


def flat_search(faiss: object, queries: Rows, rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
    """The k nearest rows of each query."""
    index = faiss.IndexFlatIP(rows.shape[1])  # type: ignore[attr-defined]
    index.add(rows)
    cosine, found = index.search(queries, K)
    return cosine, found


def score_candidates(x: Rows, y: Rows, found: NDArray[np.int64], of_x: Rows, of_y: Rows) -> Rows:
    """The ratio margin of each candidate, one after another."""
    scores = np.zeros(found.shape, dtype=np.float32)
    for i in range(scores.shape[0]):
        for place in range(scores.shape[1]):
            j = found[i, place]
            scores[i, place] = x[i].dot(y[j]) / ((of_x[i] + of_y[j]) / 2)
    return scores


@dataclass(frozen=True, kw_only=True)
class Contest:
    """What came of the rounds at one size."""

    times: dict[str, list[Times]]
    peaks: dict[str, float]
    """Megabytes."""
    agreement: str

    def rows(self, size: int) -> list[tuple[str, ...]]:
        """A row for each rival."""
        rows = []
        for name, times in self.times.items():
            clock, processor = (statistics.median(kind) for kind in zip(*times, strict=True))
            rows.append(
                (
                    f"{size:,} x {size:,}: {name}",
                    f"{processor:.2f}",
                    f"{clock:.2f}",
                    f"{self.peaks[name]:.0f} MB",
                    f"{processor * LARGEST / size**2 / 60:.1f} min",
                )
            )
        return rows

    def ratios(self, size: int) -> list[Ratio]:
        """Ours against faiss, round by round."""
        return [
            Ratio.of(
                f"mining, {size:,} x {size:,}, {precision}: against faiss, LASER",
                [
                    a / b
                    for (_, a), (_, b) in zip(
                        self.times[FAISS], self.times[f"ours, {precision}"], strict=True
                    )
                ],
                **({"at_least": WANTED[precision]} if size >= 50_000 else {}),
            )
            for precision in PRECISIONS
            if FAISS in self.times
        ]


def compete(rivals: dict[str, Callable[[], Pairs]], rounds: int) -> Contest:
    """Let the rivals take turns."""
    times: dict[str, list[Times]] = {name: [] for name in rivals}
    peaks: dict[str, float] = {}
    pairs: dict[str, Pairs] = {}
    for _ in range(rounds):
        for name, run in rivals.items():
            clock, processor = time.perf_counter(), time.process_time()
            with PeakMemory() as memory:
                pairs[name] = run()
            times[name].append((time.perf_counter() - clock, time.process_time() - processor))
            peaks[name] = max(memory.megabytes, peaks.get(name, 0.0))
    (first, ours), *others = pairs.items()
    told = [f"{name} as {first}: {compared(ours, one, exactly=name != FAISS)}" for name, one in others]
    return Contest(times=times, peaks=peaks, agreement="; ".join([*told, f"{len(ours):,} pairs"]))


def compared(one: Pairs, other: Pairs, *, exactly: bool) -> str:
    """How two rivals' pairs compare. faiss adds up in 32 bits, and may choose another pair of nearly the same score."""
    common = one.keys() & other.keys()
    others = max(len(one), len(other)) - len(common)
    assert others <= (0 if exactly else OTHERS * len(one)), (
        f"{len(one)} and {len(other)} pairs, {len(common)} in common"
    )
    difference = max((abs(one[pair] - other[pair]) for pair in common), default=0.0)
    same = "the same pairs" if not others else f"the same pairs but {others}"
    return f"{same}, scores off by {difference:.1e} at most"


class PeakMemory:
    """How much more memory this process had at its peak than at the start."""

    def __enter__(self) -> "PeakMemory":
        self._process = psutil.Process()
        self._start = self._peak = self._process.memory_info().rss
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.megabytes = (self._peak - self._start) / 2**20

    def _watch(self) -> None:
        while not self._done.wait(0.01):
            self._peak = max(self._peak, self._process.memory_info().rss)


if __name__ == "__main__":
    main()
