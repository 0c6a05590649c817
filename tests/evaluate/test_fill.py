"""Masks are filled with the pieces that score best at their places, the best first."""

import pytest
import torch
from torch import Tensor

from mtl.data.strip import Strip
from mtl.errors import UserError
from mtl.evaluate.fill import BEST, fill_masks
from tests.kit.tokenizers import xlmr_shaped


class Liking:
    """Scores each piece at a mask by how near its number is to the mask's place."""

    def __init__(self, size: int) -> None:
        self.size = size

    def predict(self, strip: Strip) -> Tensor:
        rows = torch.from_numpy(strip.sites["text"].rows)
        return -(torch.arange(self.size) - rows[:, None] - 0.1).abs().float().reshape(-1)


def test_each_mask_gets_its_best_pieces() -> None:
    tokenizer = xlmr_shaped()
    text = f"a {tokenizer.mask_token} b {tokenizer.mask_token}"
    places = [i for i, token in enumerate(tokenizer(text)["input_ids"]) if token == tokenizer.mask_token_id]
    assert len(places) == 2
    filled = fill_masks(Liking(len(tokenizer)), tokenizer, text, "row", head="text", longest=64)
    assert [best[0] for best in filled] == tokenizer.convert_ids_to_tokens(places)
    assert all(len(set(best)) == BEST for best in filled)


def test_a_text_without_a_mask_or_too_long_is_named() -> None:
    tokenizer = xlmr_shaped()
    with pytest.raises(UserError, match=r"x.jsonl:3: holds no"):
        fill_masks(Liking(9), tokenizer, "a b", "x.jsonl:3", head="text", longest=64)
    with pytest.raises(UserError, match="tokens, the encoder reads 4"):
        fill_masks(Liking(9), tokenizer, "a b c d e f", "x.jsonl:3", head="text", longest=4)
