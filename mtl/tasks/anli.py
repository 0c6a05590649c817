"""ANLI+: SNLI, MultiNLI and the three rounds of adversarial NLI as one task with one head."""

from mtl.tasks.nli import LABELS, inference_from_hub, multinli, shape_adversarial, shape_stanford
from mtl.tasks.task import Source, Task, first_of


def _snli(part: str, hub_split: str) -> tuple[Source, ...]:
    published = Source(files=(f"snli/snli_1.0_{part}.jsonl",), format="jsonl", record=shape_stanford)
    # Where the annotators did not agree, the hub's label is -1.
    return first_of(published, inference_from_hub("stanfordnlp/snli", "plain_text", hub_split, drop=("-1",)))


def _rounds(part: str) -> tuple[Source, ...]:
    files = tuple(f"anli/R{n}/{part}.jsonl" for n in (1, 2, 3))
    published = Source(files=files, format="jsonl", record=shape_adversarial)
    splits = (f"{part}_r{n}" for n in (1, 2, 3))
    return first_of(published, inference_from_hub("facebook/anli", "plain_text", *splits, id="uid"))


TASK = Task(
    name="anli",
    kind="pair",
    splits={
        "train": (*_snli("train", "train"), *multinli("train", "train"), *_rounds("train")),
        "dev": (
            *_snli("dev", "validation"),
            *multinli("dev_matched", "validation_matched"),
            *_rounds("dev"),
        ),
        "test": (*_snli("test", "test"), *_rounds("test")),
    },
    labels=LABELS,
    metric="accuracy",
    sizes={"train": 1_104_934, "dev": 22_857},
    notes={
        "genre": "image captions, ten genres, and texts against which people wrote to fool models",
        "licence": "SNLI CC BY-SA 4.0, MultiNLI OANC and others, ANLI CC BY-NC 4.0: no commercial use",
    },
)
