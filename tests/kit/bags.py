"""What counting words can tell: linear classifiers over bags of words, trained with numpy alone."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def bags(texts: Sequence[str]) -> Array:
    """[texts, 2 * words]: how often each word occurs, and whether it does."""
    words = [re.findall(r"\w+|[^\w\s]", text) for text in texts]
    place = {word: i for i, word in enumerate(sorted({word for text in words for word in text}))}
    counts = np.zeros((len(texts), len(place)), dtype=np.float32)
    for row, text in enumerate(words):
        for word in text:
            counts[row, place[word]] += 1
    return np.concatenate([counts, (counts > 0).astype(np.float32)], axis=1)


def choice_accuracy(features: Array, golds: Sequence[int], *, steps: int = 150) -> float:
    """Train on the first two thirds, score the rest: each row has a bag a choice [rows, choices, features]."""
    gold = np.array(golds)
    features = features - features.mean(axis=(0, 1))
    cut = len(gold) * 2 // 3
    weights = np.zeros(features.shape[-1], dtype=np.float32)
    train, target = features[:cut], np.eye(features.shape[1], dtype=np.float32)[gold[:cut]]
    for _ in range(steps):
        error = _softmax(train @ weights) - target
        weights -= 0.5 * (np.einsum("nc,ncf->f", error, train) / cut + 1e-3 * weights)
    return float(((features[cut:] @ weights).argmax(1) == gold[cut:]).mean())


def label_accuracy(features: Array, golds: Sequence[str], *, steps: int = 150) -> float:
    """Train on the first two thirds, score the rest: each row has one bag [rows, features] and a label."""
    names = sorted(set(golds))
    gold = np.array([names.index(label) for label in golds])
    features = features - features.mean(axis=0)
    cut = len(gold) * 2 // 3
    weights = np.zeros((features.shape[1], len(names)), dtype=np.float32)
    train, target = features[:cut], np.eye(len(names), dtype=np.float32)[gold[:cut]]
    for _ in range(steps):
        weights -= 0.5 * (train.T @ (_softmax(train @ weights) - target) / cut + 1e-3 * weights)
    return float(((features[cut:] @ weights).argmax(1) == gold[cut:]).mean())


def _softmax(scores: Array) -> Array:
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    softmax: Array = grown / grown.sum(axis=1, keepdims=True)
    return softmax
