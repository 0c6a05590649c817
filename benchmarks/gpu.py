"""All that is wanted of one modern GPU, in a table, in under 8 minutes: `python benchmarks/gpu.py`.

    training    XLM-R Large's shape, bf16, dropout on, nine tasks: against the Hugging Face Trainer as it is by default,
                and against one that groups by length and whose encoder is compiled; utilisation; peak memory
    attention   packed, in bf16, against fp32, beside the error of PyTorch's own attention on each document
    search      exact nearest neighbours in both directions, as many vectors as BUCC has for Russian

Without a GPU it says so and measures nothing. `--device cpu --quick` rehearses every line of it on a CPU, tiny.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal

from contest.record import Ratio, Record, Table, add_options, digits, publish

from mtl.errors import UserError, leave_at_once, run_verb

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large everything is."""

    layers: int
    hidden: int
    vocabulary: int
    batch: int
    rounds: int
    pool: int
    """Examples of each task."""
    documents: int
    """Of the strip whose attention is compared."""
    vectors: tuple[int, int]


FULL = Scale(
    layers=24,
    hidden=1024,
    vocabulary=250_002,
    batch=32,
    rounds=5,
    pool=1600,
    documents=200,
    vectors=(460_000, 560_000),
)
TINY = Scale(
    layers=1, hidden=64, vocabulary=8000, batch=4, rounds=1, pool=32, documents=8, vectors=(600, 700)
)
ROOMY = 100 * 2**30
"""Bytes of a GPU that holds the Trainer's padded batches of 32 examples, some of four sequences each."""
WIDTH, K = 1024, 4
"""Of the vectors; neighbours of each."""
SAMPLE, BLOCK = 64, 65_536
"""Vectors whose neighbours are looked up by brute force as well, and how many others at a time."""


def main() -> None:
    """Every part, and one table."""
    arguments = read_arguments()
    # On several GPUs the Trainer would spread each batch over all of them.
    os.environ["CUDA_VISIBLE_DEVICES"] = "" if arguments.device == "cpu" else first_gpu()
    import torch

    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise UserError(
            f"no GPU: torch {torch.__version__} sees none here, so nothing is measured; "
            "to rehearse, add --device cpu --quick"
        )
    if arguments.device == "cpu" and not arguments.quick:
        raise UserError("--device cpu is for rehearsals; add --quick")
    scale = TINY if arguments.quick else FULL
    if arguments.device == "cuda" and torch.cuda.get_device_properties(0).total_memory < ROOMY:
        scale = replace(scale, batch=min(scale.batch, 16))
    begun = time.perf_counter()
    ratios = [
        *training(scale, arguments.device),
        attention(scale, arguments.device),
        search_time(scale, arguments.device),
    ]
    minutes = (time.perf_counter() - begun) / 60
    rows = [(ratio.what, digits(ratio.value), verdict(ratio)) for ratio in ratios]
    publish(
        Record(
            name="gpu",
            title="One GPU",
            about=f"{scale.layers} x {scale.hidden} with {scale.vocabulary:,} pieces, bf16, dropout 0.1, nine tasks of made-up rows, "
            f"{scale.batch} examples a step; {scale.vectors[0]:,} x {scale.vectors[1]:,} vectors of {WIDTH}. It took {minutes:.1f} minutes.",
            ratios=ratios,
            tables=[Table(title="", columns=("", "measured", "wanted"), rows=rows)],
        ),
        arguments,
    )


def first_gpu() -> str:
    """The first of those that may be used."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]


def read_arguments() -> argparse.Namespace:
    """Where to measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    add_options(parser)
    return parser.parse_args()


def verdict(ratio: Ratio) -> str:
    """What is wanted, and whether it is there."""
    if ratio.at_least is not None:
        return f"at least {ratio.at_least:g}: {'yes' if ratio.value >= ratio.at_least else 'no'}"
    assert ratio.at_most is not None
    return f"at most {ratio.at_most:g}: {'yes' if ratio.value <= ratio.at_most else 'no'}"


def training(scale: Scale, device: Literal["cuda", "cpu"]) -> list[Ratio]:
    """Speed, utilisation and memory."""
    import torch
    from contest.contest import compete
    from contest.made_up import make_rows
    from contest.problem import Problem
    from contest.result import COMPILED, OURS, TRAINER

    from mtl.engine.launch import join_run, leave_run
    from mtl.engine.speed import measure_matmul

    with tempfile.TemporaryDirectory() as folder:
        problem = Problem(
            rows=make_rows(Path(folder), scale.pool, vocabulary=scale.vocabulary),
            layers=scale.layers,
            hidden=scale.hidden,
            batch=scale.batch,
            rounds=scale.rounds,
            dropout=0.1,
            zero=1,
            precision="bf16",
            device=device,
        )
        ranks = join_run()
        # A compiled encoder needs a compiler, which a CPU's rehearsal may lack.
        result = compete(problem, ranks, same_steps=False, compiled=device == "cuda")
        peak = measure_matmul(
            hidden=scale.hidden, intermediate=4 * scale.hidden, dtype=torch.bfloat16, device=ranks.device
        ).flops
        leave_run()
    done = [[step for part in round_.values() for step in part[OURS]] for round_ in result.timed]
    used = [sum(s.flops for s in steps) / sum(s.seconds for s in steps) / peak for steps in done]
    speed = "training: real tokens/s against the Trainer"
    memory = [
        Ratio(
            what=f"training: peak memory against the {name}",
            value=result.memory[OURS] / result.memory[name],
            at_most=0.6,
        )
        for name in (TRAINER, COMPILED)
        if name in result.memory
    ]
    return [
        Ratio.of(f"{speed}, default", result.ratios(OURS, "random"), at_least=2.5),
        Ratio.of(f"{speed}, grouped by length and compiled", result.ratios(OURS, "grouped"), at_least=1.3),
        Ratio.of("training: share of the measured rate of bf16 matrix products", used, at_least=0.4),
        *memory,
    ]  # fmt: skip


def attention(scale: Scale, device: str) -> Ratio:
    """The largest error of packed attention in bf16 from fp32, over that of PyTorch's own, document by document."""
    import numpy as np
    import torch
    from torch.nn import functional

    from mtl.model.attention import attend
    from mtl.model.documents import plan_documents

    heads = max(scale.hidden // 64, 1)
    dice = np.random.default_rng(0)
    lengths = np.sort(dice.integers(5, 512, scale.documents))[::-1]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    place = torch.device(device)
    generator = torch.Generator(place).manual_seed(0)
    qkv = torch.randn(int(bounds[-1]), 3 * scale.hidden, device=place, generator=generator).bfloat16()
    documents = plan_documents(bounds, device=place, dtype=torch.bfloat16, width=scale.hidden // heads)
    packed = attend(qkv, documents, heads=heads, dropout=0.0)
    worst = {"packed": 0.0, "stock": 0.0}
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        rows = qkv[first:last].view(1, last - first, 3, heads, -1).permute(2, 0, 3, 1, 4)
        exact, stock = (functional.scaled_dot_product_attention(*each) for each in (rows.float(), rows))
        found = packed[first:last].view(1, last - first, heads, -1).transpose(1, 2)
        for name, other in (("packed", found), ("stock", stock)):
            worst[name] = max(worst[name], float((other.float() - exact).abs().max()))
    assert worst["stock"] > 0
    what = "attention: error of packed bf16 from fp32, against PyTorch's own in bf16"
    return Ratio(what=what, value=worst["packed"] / worst["stock"], at_most=1.5)


def search_time(scale: Scale, device: str) -> Ratio:
    """Seconds of a search in both directions; its answer is held against brute force for a sample."""
    import numpy as np
    import torch

    from mtl.retrieval.neighbours import SearchSettings, search
    from mtl.retrieval.vectors import check_vectors

    generator = torch.Generator(device).manual_seed(0)
    sides = [torch.randn(size, WIDTH, device=device, generator=generator) for size in scale.vectors]
    shared = min(scale.vectors) // 2
    sides[1][:shared] = sides[0][:shared] + 0.7 * sides[1][:shared]  # half are translations
    x, y = (check_vectors(side.cpu().numpy(), name=name) for side, name in zip(sides, "xy", strict=True))
    settings = SearchSettings(k=K, memory_mb=8192, device=device)
    seconds = []
    for _ in range(3):  # the first warms up
        begun = time.perf_counter()
        found = search(x, y, settings)
        seconds.append(time.perf_counter() - begun)
    for mine, other, nearest in ((*sides, found.forward), (*sides[::-1], found.backward)):
        sample = np.random.default_rng(0).choice(mine.shape[0], SAMPLE, replace=False)
        wanted = brute_force(mine[torch.from_numpy(sample).to(device)], other)
        assert np.array_equal(nearest.index[sample], wanted), "the search differs from brute force"
    timed = seconds[1:]
    return Ratio(
        what=f"search: seconds for {scale.vectors[0]:,} x {scale.vectors[1]:,}, both directions, exact",
        value=median(timed), low=min(timed), high=max(timed), at_most=6.0,
    )  # fmt: skip


def brute_force(some: "Tensor", all_others: "Tensor") -> "NDArray[np.int64]":
    """The K nearest of each by the cosine in fp64, a block of the others at a time."""
    import torch
    from torch.nn.functional import normalize

    rows = normalize(some.double(), dim=1)
    scores = torch.cat(
        [rows @ normalize(block.double(), dim=1).T for block in all_others.split(BLOCK)], dim=1
    )
    return scores.topk(K, dim=1).indices.cpu().numpy()


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
