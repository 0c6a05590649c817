"""The world's files: which there are, how large they are, and the folder that holds them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mtl.errors import UserError
from mtl.world import writers
from mtl.world.folder import make_once
from mtl.world.writers import Writer

VERSION = 1
"""Raise it when the rows of a seed change: a folder made by another version is not this world."""

TEXT = "text/en.txt"
"""Plain text, for a tokenizer and for masked-language modelling."""

_LEAST = 6
"""Rows that every file has, however small the world."""

FILES: Mapping[str, tuple[Writer, int]] = {
    "snli/snli_1.0_train.jsonl": (writers.write_snli, 2700),
    "snli/snli_1.0_dev.jsonl": (writers.write_snli, 200),
    "snli/snli_1.0_test.jsonl": (writers.write_snli, 200),
    "mnli/multinli_1.0_train.jsonl": (writers.write_mnli, 2000),
    "mnli/multinli_1.0_dev_matched.jsonl": (writers.write_mnli, 200),
    "mnli/multinli_1.0_dev_mismatched.jsonl": (writers.write_mnli, 200),
    "anli/R1/train.jsonl": (writers.write_anli, 90),
    "anli/R2/train.jsonl": (writers.write_anli, 230),
    "anli/R3/train.jsonl": (writers.write_anli, 500),
    **{f"anli/R{n}/{part}.jsonl": (writers.write_anli, 40) for n in (1, 2, 3) for part in ("dev", "test")},
    "qqp/train.tsv": (writers.write_qqp, 1800),
    "qqp/dev.tsv": (writers.write_qqp, 200),
    "squad/train-v1.1.json": (writers.write_squad_v1, 450),
    "squad/dev-v1.1.json": (writers.write_squad_v1, 150),
    "squad/train-v2.0.json": (writers.write_squad_v2, 650),
    "squad/dev-v2.0.json": (writers.write_squad_v2, 150),
    "hellaswag/hellaswag_train.jsonl": (writers.write_hellaswag, 200),
    "hellaswag/hellaswag_val.jsonl": (writers.write_hellaswag, 100),
    "hellaswag/hellaswag_test.jsonl": (writers.write_hellaswag, 100),
    **{f"ccg/AUTO/{n:02d}/wsj_{n:02d}01.auto": (writers.write_ccg, 20) for n in range(25)},
    "cosmosqa/train.csv": (writers.write_cosmosqa, 200),
    "cosmosqa/valid.csv": (writers.write_cosmosqa, 100),
    "cosmosqa/test.jsonl": (writers.write_cosmosqa, 100),
    "commonsenseqa/train_rand_split.jsonl": (writers.write_commonsenseqa, 200),
    "commonsenseqa/dev_rand_split.jsonl": (writers.write_commonsenseqa, 100),
    "commonsenseqa/test_rand_split_no_answers.jsonl": (writers.write_commonsenseqa, 100),
    TEXT: (writers.write_text, 1500),
}
"""Every file, its writer and its rows; a training set has about a 200th of the real one's, at least 200."""


def write_world(root: Path, *, seed: int, scale: float = 1.0) -> bool:
    """Write the world of `seed` into `root`, all sizes times `scale`; False if it is already there.

    A row depends on seed, file and number alone: a larger world begins with the rows of a smaller one.
    """
    if not scale > 0:
        raise UserError(f"the world's scale is {scale}; give a positive number")
    parameters = {"world": VERSION, "seed": seed, "scale": float(scale)}
    return make_once(root, parameters, partial(_write_files, seed=seed, scale=scale))


def _write_files(folder: Path, *, seed: int, scale: float) -> None:
    for name, (write, num) in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(write(seed, name, max(_LEAST, round(num * scale))).encode())
