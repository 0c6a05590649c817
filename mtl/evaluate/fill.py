"""Masks filled in: for each mask in a text, the pieces that a masked-language head finds likeliest there."""

from typing import TYPE_CHECKING

import numpy as np

from mtl.data.strip import Sites, Strip
from mtl.errors import UserError
from mtl.evaluate.predict import Predictor

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BEST = 5
"""Pieces given for each mask."""


def fill_masks(
    predictor: Predictor,
    tokenizer: "PreTrainedTokenizerFast",
    text: str,
    where: str,
    *,
    head: str,
    longest: int,
) -> list[list[str]]:
    """For each mask of a text, which stands at `where`: the likeliest pieces, the best first."""
    tokens = np.array(tokenizer(text)["input_ids"], dtype=np.int64)
    if len(tokens) > longest:
        raise UserError(f"{where}: has {len(tokens)} tokens, the encoder reads {longest}; shorten the text")
    masks = np.flatnonzero(tokens == tokenizer.mask_token_id)
    if masks.size == 0:
        raise UserError(f"{where}: holds no {tokenizer.mask_token}; write one where a piece is to be found")
    sites = Sites(rows=masks, per_example=np.array([len(masks)]), gold=tokens[masks], softmaxes=1.0)
    strip = Strip(
        tokens=tokens,
        positions=np.arange(len(tokens)),
        second=np.zeros_like(tokens),
        bounds=np.array([0, len(tokens)]),
        sites={head: sites},
        slots=np.zeros(1, dtype=np.int64),
    )
    scores = predictor.predict(strip).reshape(len(masks), -1)
    return [tokenizer.convert_ids_to_tokens(row.tolist()) for row in scores.topk(BEST).indices]
