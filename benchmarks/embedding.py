"""Sentence vectors against sentence-transformers' encode, from the same weights: `python benchmarks/embedding.py`.

A random encoder of XLM-R's shape, saved once and read by both; the mean over the tokens of its last layer. Both sort
sentences by length; sentence-transformers pads its batches, of the size that suits it best. Needs
`pip install sentence-transformers`, which is no dependency.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import util
from pathlib import Path
from statistics import median
from typing import Any

from contest.record import Bars, Ratio, Record, Table, add_options, publish

from mtl.errors import UserError, leave_at_once, run_verb

MOST_DIFFERENCE = {"fp32": 1e-4, "bf16": 0.1}
BATCHES = (16, 32, 64, 128)
SHAPES = ((6, 256, 2000), (12, 768, 200))
"""Layers, width, and sentences: as many as take a minute or two on two cores."""


def main() -> None:
    """Each shape of encoder in each precision."""
    arguments = read_arguments()
    if util.find_spec("sentence_transformers") is None:
        raise UserError("sentence-transformers is not installed: pip install sentence-transformers")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokenizer, texts, source = material(folder, 2000)
        for layers, hidden, count in ((1, 64, 200),) if arguments.quick else SHAPES:
            model = write_model(folder / f"{layers}x{hidden}", tokenizer, layers, hidden)
            for precision in ("fp32", "bf16"):
                publish(
                    compete(model, texts[:count], source, precision, rounds=1 if arguments.quick else 5),
                    arguments,
                )


def read_arguments() -> argparse.Namespace:
    """The options of every benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    return parser.parse_args()


def material(folder: Path, count: int) -> tuple[Path, list[str], str]:
    """A tokenizer's folder, sentences, and what they are: real ones where samples are at hand."""
    from contest.samples import FOLDER

    if FOLDER.is_dir():
        file = FOLDER / "bucc2018" / "zh-en.dev.en"
        lines = file.read_text(encoding="utf-8").splitlines()[:count]
        return (
            FOLDER / "xlmr_tokenizer",
            [line.partition("\t")[2] for line in lines],
            "BUCC's English sentences, XLM-R's tokenizer",
        )
    from mtl.world.world import write_own_tokenizer, write_world

    write_world(folder / "world", seed=1)
    write_own_tokenizer(folder / "tokenizer", folder / "world")
    lines = (folder / "world" / "text" / "en.txt").read_text(encoding="utf-8").splitlines()[:count]
    return folder / "tokenizer", lines, "English sentences of the built-in world and its tokenizer"


def write_model(folder: Path, tokenizer: Path, layers: int, hidden: int) -> Path:
    """A random encoder with its tokenizer."""
    import torch
    from transformers import XLMRobertaModel

    from mtl.data.features.template import load_tokenizer
    from mtl.model.load import config_of

    loaded = load_tokenizer(str(tokenizer))
    shape = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": max(hidden // 64, 1),
        "intermediate_size": 4 * hidden,
    }
    torch.manual_seed(0)
    XLMRobertaModel(config_of(None, shape, vocab_size=len(loaded))).save_pretrained(folder)
    loaded.save_pretrained(folder)
    return folder


def compete(model: Path, texts: Sequence[str], source: str, precision: Any, *, rounds: int) -> Record:
    """Both in turns; the first round, in which sentence-transformers tries its batches, does not count."""
    import numpy as np
    import torch
    from sentence_transformers import SentenceTransformer

    from mtl.retrieval.embed import Embedder, EmbedSettings
    from mtl.retrieval.portable import write_portable

    layers = int(model.name.partition("x")[0])
    settings = EmbedSettings(layer=layers, precision=precision)
    portable = model.parent / f"{model.name}-{precision}"
    write_portable(str(model), settings, portable)
    theirs = SentenceTransformer(str(portable), device="cpu")
    if precision == "bf16":
        theirs = theirs.to(torch.bfloat16)
    ours = Embedder.of_encoder(str(model), settings)

    def stock(batch: int) -> Any:
        return theirs.encode(list(texts), batch_size=batch, show_progress_bar=False)

    tried = {batch: clock(lambda batch=batch: stock(batch)) for batch in BATCHES}
    best = min(tried, key=tried.__getitem__)
    rivals: dict[str, Callable[[], Any]] = {
        "sentence-transformers": lambda: stock(best),
        "ours": lambda: ours.embed(texts),
    }
    said = {name: np.asarray(rival(), dtype=np.float32) for name, rival in rivals.items()}
    difference = float(np.abs(said["sentence-transformers"] - said["ours"]).max())
    assert difference < MOST_DIFFERENCE[precision], f"vectors differ by {difference:.1e}: not the same work"
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, rival in rivals.items():
            seconds[name].append(clock(rival))
    tokens = sum(map(len, theirs.tokenizer(list(texts), truncation=True, max_length=512)["input_ids"]))
    ratios = [a / b for a, b in zip(seconds["sentence-transformers"], seconds["ours"], strict=True)]
    title = f"{model.name}, {precision}"
    return Record(
        name=f"embedding-{model.name}-{precision}",
        title=f"Sentence vectors against sentence-transformers: {title}",
        about=(
            f"{len(texts):,} sentences of {tokens / len(texts):.0f} tokens in the mean ({source}); tokenising is included. "
            f"sentence-transformers with its best batch, of {best}. The vectors differ by {difference:.1e} at most."
        ),
        ratios=[Ratio.of(f"sentence vectors, {title}: tokens/s against sentence-transformers", ratios)],
        tables=[
            Table(
                title="",
                columns=("", "tokens/s", "seconds", "range"),
                rows=[
                    (name, f"{tokens / median(took):,.0f}", f"{median(took):.2f}", f"{min(took):.2f} to {max(took):.2f}")
                    for name, took in seconds.items()
                ],
            )
        ],
        plots=[Bars(title=f"Sentence vectors, {title}", unit="tokens/s", values={n: tokens / median(t) for n, t in seconds.items()})],
    )  # fmt: skip


def clock(work: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
