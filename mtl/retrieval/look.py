"""Things to look at: how similar translations are, which layer finds them, what lies around a threshold.

Everything here returns or writes plain data; whoever draws reads that.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtl.data.bitext import Sides
from mtl.retrieval.bitext import IdPair, Mined, Side, distinct, nearest_lines
from mtl.retrieval.embed import Embedder
from mtl.retrieval.neighbours import SearchSettings, search
from mtl.retrieval.vectors import check_vectors, cosines
from mtl.tasks.records import TextRecord

BINS = 50
NEAR = 25


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


def accuracy_of_layers(sides: Sides, embedder: Embedder, settings: SearchSettings) -> list[float]:
    """The share of English lines whose translation is nearest, for the embeddings and each layer after.

    The encoder is passed through once; its layers end with the one that the embedder reads.
    """
    assert sides.gold is not None, "without gold nobody knows what is right"
    wanted = {english: foreign for foreign, english in sides.gold}
    both = [_all_layers(side, embedder) for side in (sides.foreign, sides.english)]
    shares = []
    for foreign, english in zip(*both, strict=True):
        lines = nearest_lines(foreign, english, settings)
        shares.append(
            float(np.mean([wanted[one] == line for one, line in zip(english.ids, lines, strict=True)]))
        )
    return shares


def _all_layers(records: Sequence[TextRecord], embedder: Embedder) -> list[Side]:
    sentences = distinct([record.text for record in records])
    ids = [record.id for record in records]
    return [
        Side(ids=ids, sentences=sentences, vectors=check_vectors(rows, name=f"layer {layer}"))
        for layer, rows in enumerate(embedder.embed_layers(sentences.texts))
    ]


def write_projector(folder: Path, language: str, foreign: Side, english: Side, *, most: int = 100) -> None:
    """Both sides' first sentences for TensorBoard's projector, in event files below `folder`."""
    from torch.utils.tensorboard import SummaryWriter

    rows, labels = [], []
    for name, side in ((language, foreign), ("en", english)):
        count = min(most, side.vectors.size)
        rows.append(side.vectors.unit(0, count).numpy())
        labels += [(name, text.replace("\t", " ")) for text in side.sentences.texts[:count]]
    with SummaryWriter(str(folder)) as writer:
        writer.add_embedding(
            np.concatenate(rows), labels, tag=language, metadata_header=["language", "sentence"]
        )
