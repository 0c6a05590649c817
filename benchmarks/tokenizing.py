"""Building token stores against `datasets.map`: `python benchmarks/tokenizing.py [--tokenizer FOLDER]`.

The same made-up rows, the same tokenizer, one process each, in turns: pairs of sentences, and questions on
contexts that become windows. Then how long a second start takes, and how peak memory grows with the rows.
Processor time is what the rates are of: on a machine with other work it says more than the clock.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from contest.record import Ratio, Record, Table, add_options, median_and_range, publish
from contest.samples import FOLDER

from mtl.footprint import peak_bytes

XLMR = FOLDER / "xlmr_tokenizer"
TEXT = "the old harbour of Lisbon was rebuilt after a fire in 1755; Haus 中国 القديم नगर мост köyü"
WORDS = TEXT.split()
ROUNDS = 3


def main() -> None:
    """Measure and print; with --child only build, and print the peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tokenizer", type=Path, default=XLMR, help="(default: XLM-R's among the samples of real data)"
    )
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    add_options(parser)
    args = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if args.child is not None:
        ours("pair", args.child, args.tokenizer)
        sys.stdout.write(f"{peak_bytes() / 2**20:.1f}\n")
        return
    rows, rounds = (500, 1) if args.quick else (args.rows, ROUNDS)
    if not args.tokenizer.is_dir():
        sys.stdout.write(f"no tokenizer at {args.tokenizer}: nothing measured; name one with --tokenizer\n")
        return
    speeds = [speed(kind, args.tokenizer, rows, rounds) for kind in ("pair", "span")]
    peaks = [peak(args.tokenizer, number) for number in (rows, 10 * rows)]
    publish(
        Record(
            name="tokenizing",
            title="Building token stores",
            about=f"{rows:,} made-up rows in six scripts, {len(loaded(args.tokenizer)):,} pieces; the store and "
            "`datasets.map` with the same tokenizer in turns, one process each. Megabytes of text a second of "
            "processor time.",
            ratios=[
                *(one.ratio for one in speeds),
                Ratio(what="peak memory for ten times the rows", value=peaks[1] / peaks[0], at_most=1.1),
            ],
            tables=[
                Table(
                    title="",
                    columns=("rows", "datasets.map, MB/s", "store, MB/s", "second start"),
                    rows=[one.row for one in speeds],
                )
            ],
            notes=[
                f"Peak memory, pairs: {peaks[0]:,.0f} MiB for {rows:,} rows, {peaks[1]:,.0f} MiB for ten times as "
                "many: that of loading the tokenizer, which rows never reach."
            ],
        ),
        args,
    )


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How one kind of rows went."""

    ratio: Ratio
    row: tuple[str, ...]


def speed(kind: str, tokenizer: Path, num_rows: int, rounds: int) -> Speed:
    """Both ways in turns over the same rows."""
    ways: dict[str, Callable[[str, Path, Path], object]] = {"datasets.map": stock, "store": ours}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    again = 0.0
    for round in range(-1, rounds):  # the first round warms up
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            megabytes = (
                write_rows(kind, root / "rows.jsonl", num_rows if round >= 0 else 50, seed=round) / 1e6
            )
            for way, build in ways.items():
                start = time.process_time()
                build(kind, root, tokenizer)
                if round >= 0:
                    rates[way].append(megabytes / (time.process_time() - start))
            start = time.process_time()
            ours(kind, root, tokenizer)
            again = time.process_time() - start
    ratios = [b / a for a, b in zip(rates["datasets.map"], rates["store"], strict=True)]
    return Speed(
        ratio=Ratio.of(f"building a store, {kind}: against datasets.map", ratios, at_least=2.0),
        row=(
            kind,
            *(median_and_range(found, ".2f") for found in rates.values()),
            f"{1000 * again:.0f} ms",
        ),
    )


def ours(kind: str, root: Path, tokenizer: Path) -> None:
    """The token store of the rows."""
    from mtl.data.build import StorePlace, open_store
    from mtl.tasks.declared import declare

    spec: dict[str, Any] = {"kind": kind, "files": {"train": "rows.jsonl"}}
    if kind == "pair":
        spec |= {"labels": ["a", "b"], "max_length": 128}
    place = StorePlace(root=root, cache=root / "cache", tokenizer=str(tokenizer), workers=1)
    open_store(declare("rows", spec), "train", place=place)


def stock(kind: str, root: Path, tokenizer: Path) -> None:
    """As the library's own examples do it."""
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    tokens = loaded(tokenizer)
    rows = load_dataset(
        "json", data_files=str(root / "rows.jsonl"), split="train", cache_dir=str(root / "hf")
    )

    def pairs(batch: dict[str, list[Any]]) -> Any:
        return tokens(batch["sentence1"], batch["sentence2"], truncation=True, max_length=128)

    def windows(batch: dict[str, list[Any]]) -> dict[str, Any]:
        found = tokens(
            batch["question"],
            batch["context"],
            truncation="only_second",
            max_length=384,
            stride=128,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        sample, offsets = found.pop("overflow_to_sample_mapping"), found.pop("offset_mapping")
        edges = [edge(found, i, offsets[i], batch["answers"][sample[i]]) for i in range(len(offsets))]
        return {**found, "start_positions": [a for a, _ in edges], "end_positions": [b for _, b in edges]}

    rows.map(pairs if kind == "pair" else windows, batched=True, remove_columns=rows.column_names)


@cache
def loaded(tokenizer: Path) -> Any:
    """The tokenizer, which the store keeps between two builds, too."""
    from mtl.data.features.template import load_tokenizer

    return load_tokenizer(str(tokenizer))


def edge(found: Any, i: int, offsets: list[tuple[int, int]], answers: dict[str, Any]) -> tuple[int, int]:
    """The first and last token of the answer in a window; the first token twice where it is not there."""
    start = answers["answer_start"][0]
    end = start + len(answers["text"][0])
    context = [j for j, part in enumerate(found.sequence_ids(i)) if part == 1]
    if not context or offsets[context[0]][0] > start or offsets[context[-1]][1] < end:
        return 0, 0
    first = max(j for j in context if offsets[j][0] <= start)
    return first, min(j for j in context if offsets[j][1] >= end)


def write_rows(kind: str, file: Path, num_rows: int, seed: int) -> int:
    """Write rows and return how many bytes of text they hold."""
    dice = random.Random(seed)
    size = 0
    with file.open("w", encoding="utf-8") as lines:
        for row in (pair_row if kind == "pair" else span_row)(dice, num_rows):
            size += sum(len(text.encode()) for text in row.values() if isinstance(text, str))
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    return size


def pair_row(dice: random.Random, num_rows: int) -> Iterator[dict[str, Any]]:
    """Two sentences and a label."""
    for _ in range(num_rows):
        first, second = (" ".join(dice.choices(WORDS, k=dice.randint(5, 30))) for _ in range(2))
        yield {"sentence1": first, "sentence2": second, "label": dice.choice("ab")}


def span_row(dice: random.Random, num_rows: int) -> Iterator[dict[str, Any]]:
    """Five questions on each context, of which some are long."""
    for i in range(num_rows // 5):
        if i % 5 == 0:
            context = " ".join(dice.choices(WORDS, k=dice.randint(80, 400)))
        start = context.index(" ", dice.randrange(len(context) // 2)) + 1
        answers = {"text": [context[start : start + 8]], "answer_start": [start]}
        question = " ".join(dice.choices(WORDS, k=10))
        yield {"id": str(i), "question": question, "context": context, "answers": answers}


def peak(tokenizer: Path, num_rows: int) -> float:
    """MiB of a fresh process that builds a store of so many pairs."""
    with tempfile.TemporaryDirectory() as name:
        write_rows("pair", Path(name) / "rows.jsonl", num_rows, seed=0)
        command = [sys.executable, __file__, "--tokenizer", str(tokenizer), "--child", name]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
