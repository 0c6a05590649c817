"""What languages share (names, digits, borrowed words) does not find translations by itself."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mtl import seeds
from mtl.world.dice import Dice
from mtl.world.grammar import ARTIFICIAL
from mtl.world.prose import draw_sentence
from mtl.world.speech import tell
from mtl.world.world import write_own_tokenizer, write_world

NUM = 500
WIDTH = 128


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import XLMRobertaTokenizer

    home = tmp_path_factory.mktemp("world")
    write_world(home / "data", seed=1, scale=0.05)
    write_own_tokenizer(home / "tokenizer", home / "data")
    return XLMRobertaTokenizer.from_pretrained(home / "tokenizer")


def means(tokenizer: Any, sentences: list[str]) -> NDArray[np.float64]:
    """Unit vectors: means of a random vector a token, as a random encoder's are for the most part."""
    table = seeds.uniform(seeds.key("random"), len(tokenizer) * WIDTH).reshape(-1, WIDTH) - 0.5
    vectors = np.stack([table[ids].mean(0) for ids in tokenizer(sentences).input_ids])
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@pytest.mark.parametrize("code", ARTIFICIAL)
def test_random_vectors_hardly_find_translations(tokenizer: Any, code: str) -> None:
    clauses = [draw_sentence(Dice("shared", i)) for i in range(NUM)]
    foreign, english = (means(tokenizer, [tell(side, clause) for clause in clauses]) for side in (code, "en"))
    found = (english @ foreign.T).argmax(axis=1)
    assert (found == np.arange(NUM)).mean() < 0.2
