"""Search and mining against faiss and LASER's way of scoring, on the same vectors: `python benchmarks/retrieval.py`.

Rivals take turns, round by round: ours with each precision, and `IndexFlatIP` in both directions followed by
margins and a greedy choice pair by pair, as LASER does them. faiss is no dependency: `pip install faiss-cpu`;
without it ours runs alone.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib import metadata, util

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from mtl.retrieval.mine import MiningSettings, mine
from mtl.retrieval.neighbours import SearchSettings, search
from mtl.retrieval.rounded import Precision
from mtl.retrieval.vectors import check_vectors

Rows = NDArray[np.float32]
Result = tuple[float, dict[tuple[int, int], float]]
K = 4
LARGEST = 460_000 * 558_000
"""BUCC's Russian and English sentences, about."""


def main() -> None:
    """Hold the contest at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-mb", type=int, default=1024)
    parser.add_argument("--precisions", nargs="+", default=["bf16", "fp32"], choices=["bf16", "fp32"])
    arguments = parser.parse_args()
    has_faiss = util.find_spec("faiss") is not None
    print(f"torch {torch.__version__}, numpy {np.__version__}, {torch.get_num_threads()} threads, ", end="")
    print(f"faiss {metadata_of('faiss')}" if has_faiss else "no faiss")
    for size in arguments.sizes:
        x, y = make_vectors(size, arguments.width)
        rivals: dict[str, Callable[[], Result]] = {
            f"ours, {precision}": partial(ours, x, y, precision, arguments.memory_mb)
            for precision in arguments.precisions
        }
        if has_faiss:
            rivals["faiss and LASER"] = partial(laser, x, y)
        compete(size, rivals, arguments.rounds)


def metadata_of(package: str) -> str:
    """The version of a package that may not have been installed as usual."""
    try:
        return metadata.version(f"{package}-cpu")
    except metadata.PackageNotFoundError:
        return str(__import__(package).__version__)


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


def ours(x: Rows, y: Rows, precision: Precision, memory_mb: int) -> Result:
    """Seconds, and the mined pairs."""
    begin = time.perf_counter()
    settings = SearchSettings(k=K, precision=precision, memory_mb=memory_mb)
    pairs = mine(search(check_vectors(x, name="x"), check_vectors(y, name="y"), settings), MiningSettings())
    seconds = time.perf_counter() - begin
    return seconds, dict(
        zip(
            zip(pairs.source.tolist(), pairs.target.tolist(), strict=True),
            pairs.score.tolist(),
            strict=True,
        )
    )


def laser(x: Rows, y: Rows) -> Result:
    """Seconds, and the mined pairs."""
    import faiss

    faiss.omp_set_num_threads(torch.get_num_threads())
    begin = time.perf_counter()
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
    return time.perf_counter() - begin, pairs


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


def compete(size: int, rivals: dict[str, Callable[[], Result]], rounds: int) -> None:
    """Let the rivals take turns, and print what each took and whether they agree."""
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    peaks: dict[str, float] = {}
    pairs: dict[str, dict[tuple[int, int], float]] = {}
    for _ in range(rounds):
        for name, run in rivals.items():
            with PeakMemory() as memory:
                took, pairs[name] = run()
            seconds[name].append(took)
            peaks[name] = max(memory.megabytes, peaks.get(name, 0.0))
    (reference, *_), (*_, last) = rivals, rivals
    for name in rivals:
        middle = statistics.median(seconds[name])
        print(
            f"{size:>7,} x {size:,}  {name:<16} {middle:8.2f} s ({min(seconds[name]):.2f} to {max(seconds[name]):.2f})"
            f"  {statistics.median(seconds[last]) / middle:5.2f} times {last}"
            f"  {peaks[name]:6.0f} MB more at its peak"
            f"  {middle * LARGEST / size**2 / 60:6.1f} min for Russian at this rate"
        )
        print(f"{'':>18} {agreement(pairs[reference], pairs[name])}", flush=True)


def agreement(one: dict[tuple[int, int], float], other: dict[tuple[int, int], float]) -> str:
    """How two rivals' pairs compare."""
    common = one.keys() & other.keys()
    difference = max((abs(one[pair] - other[pair]) for pair in common), default=0.0)
    return f"{len(other):,} pairs, {len(common):,} of them in common with the first; scores differ by {difference:.1e} at most"


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
