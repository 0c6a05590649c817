"""Things to look at: how similar translations are, which layer finds them, what lies around a threshold.

Everything here returns or writes plain data; whoever draws reads that.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtl.languages import ENGLISH
from mtl.retrieval.bitext import IdPair, Mined, Side
from mtl.retrieval.embed import Reading
from mtl.retrieval.neighbours import SearchSettings, search
from mtl.retrieval.vectors import cosines

BINS = 50
NEAR = 25
SHOWN = 100
"""Sentences of each side in TensorBoard's projector."""


def similarities(
    foreign: Side, english: Side, gold: Sequence[IdPair], settings: SearchSettings
) -> dict[str, Any]:
    """Histograms of cosines: of translations, and of each English sentence with its nearest wrong one."""
    lines = [{one: line for line, one in enumerate(side.ids)} for side in (foreign, english)]
    i, j = (
        side.sentences.of_line[[lines[number][pair[number]] for pair in gold]]
        for number, side in enumerate((foreign, english))
    )
    found = search(foreign.vectors, english.vectors, settings).backward
    right_one = np.full(english.vectors.size, -1)
    right_one[j] = i
    is_wrong = found.index != right_one[:, None]
    nearest_wrong = found.score[np.arange(len(is_wrong)), is_wrong.argmax(1)][is_wrong.any(1)]
    right = cosines(foreign.vectors, english.vectors, i, j)
    edges = np.linspace(min(right.min(), nearest_wrong.min(initial=1)), 1 + 1e-9, BINS + 1)
    return {
        "edges": edges.tolist(),
        "translations": np.histogram(right, edges)[0].tolist(),
        "nearest wrong": np.histogram(nearest_wrong, edges)[0].tolist(),
    }


def near_threshold(
    mined: Mined, threshold: float, foreign: Side, english: Side
) -> list[tuple[float, str, str]]:
    """Score and both sentences of the candidates on either side of a threshold, the best first."""
    place = len(mined.above(threshold))
    pairs = mined.pairs.pick(slice(max(place - NEAR, 0), place + NEAR))
    x, y = foreign.sentences.texts, english.sentences.texts
    return [
        (float(score), x[i], y[j])
        for score, i, j in zip(pairs.score, pairs.source, pairs.target, strict=True)
    ]


def curves(scores: Mapping[Reading, float]) -> dict[str, list[float]]:
    """Each pooling's score, layer by layer."""
    found: dict[str, list[float]] = {}
    for reading in sorted(scores, key=lambda reading: reading.layer):
        found.setdefault(reading.pooling, []).append(scores[reading])
    return found


def write_projector(folder: Path, language: str, foreign: Side, english: Side) -> None:
    """Both sides' first sentences for TensorBoard's projector, in event files below `folder`."""
    from torch.utils.tensorboard import SummaryWriter

    rows, labels = [], []
    for name, side in ((language, foreign), (ENGLISH, english)):
        count = min(SHOWN, side.vectors.size)
        rows.append(side.vectors.on("cpu").unit(0, count).numpy())
        labels += [(name, text.replace("\t", " ")) for text in side.sentences.texts[:count]]
    with SummaryWriter(str(folder)) as writer:
        writer.add_embedding(
            np.concatenate(rows), labels, tag=language, metadata_header=["language", "sentence"]
        )
