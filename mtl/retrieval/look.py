"""Things to look at: how similar translations are and others, which layer finds them, and where they lie.

Everything here returns or writes plain data; whoever draws reads that.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtl.data.bitext import Sides
from mtl.retrieval.answers import Question
from mtl.retrieval.bitext import Side, distinct, nearest
from mtl.retrieval.embed import Embedder
from mtl.retrieval.neighbours import SearchSettings, search
from mtl.retrieval.vectors import check_vectors, cosines
from mtl.tasks.records import TextRecord

BINS = 50


def similarities(question: Question, settings: SearchSettings) -> dict[str, Any]:
    """Histograms of cosines: of translations, and of each English sentence with its nearest wrong one."""
    assert question.gold is not None, "without gold nobody knows what is right"
    foreign, english = question.foreign, question.english
    lines = [{one: line for line, one in enumerate(side.ids)} for side in (foreign, english)]
    i, j = (
        side.sentences.of_line[[lines[number][pair[number]] for pair in question.gold]]
        for number, side in enumerate((foreign, english))
    )
    found = search(foreign.vectors, english.vectors, settings).backward
    wrong = np.full(english.vectors.size, -1)
    wrong[j] = i
    is_wrong = found.index != wrong[:, None]
    has_wrong = is_wrong.any(1)
    best = found.score[np.arange(len(is_wrong)), is_wrong.argmax(1)][has_wrong]
    right = cosines(foreign.vectors, english.vectors, i, j)
    edges = np.linspace(min(right.min(), best.min(initial=1)), 1, BINS + 1)
    return {
        "edges": edges.round(6).tolist(),
        "translations": np.histogram(right, edges)[0].tolist(),
        "nearest wrong": np.histogram(best, edges)[0].tolist(),
    }


def accuracy_of_layers(sides: Sides, embedder: Embedder, settings: SearchSettings) -> list[float]:
    """The share of English lines whose translation is nearest, for the embeddings and each layer after.

    The encoder is passed through once; its layers end with the one that the embedder reads.
    """
    both = [_all_layers(side, embedder) for side in (sides.foreign, sides.english)]
    shares = []
    for foreign, english in zip(*both, strict=True):
        question = Question(language="", foreign=foreign, english=english, gold=sides.gold)
        wanted = question.gold_indices()
        assert wanted is not None, "without gold nobody knows what is right"
        shares.append(float(np.mean(np.array(nearest(foreign, english, settings)) == np.array(wanted))))
    return shares


def _all_layers(records: Sequence[TextRecord], embedder: Embedder) -> list[Side]:
    sentences = distinct([record.text for record in records])
    ids = [record.id for record in records]
    return [
        Side(ids=ids, sentences=sentences, vectors=check_vectors(rows, name=f"layer {layer}"))
        for layer, rows in enumerate(embedder.embed_layers(sentences.texts))
    ]


def write_projector(folder: Path, question: Question, *, most: int = 1000) -> None:
    """Both sides' first sentences for TensorBoard's projector, in event files below `folder`."""
    from torch.utils.tensorboard import SummaryWriter

    rows, labels = [], []
    for name, side in ((question.language, question.foreign), ("en", question.english)):
        count = min(most, side.vectors.size)
        rows.append(side.vectors.unit(0, count).numpy())
        labels += [(name, text.replace("\t", " ")) for text in side.sentences.texts[:count]]
    with SummaryWriter(str(folder)) as writer:
        writer.add_embedding(
            np.concatenate(rows), labels, tag=question.language, metadata_header=["language", "sentence"]
        )
