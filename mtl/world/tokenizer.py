"""A small tokenizer of XLM-R's shape, trained on plain text: a folder that loads like the real one."""

import io
import string
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from mtl.errors import UserError
from mtl.files import json_text
from mtl.world.folder import make_once

MODEL_FILE = "sentencepiece.bpe.model"
"""The name under which XLM-R keeps its SentencePiece model (a unigram model, whatever the name says)."""

VERSION = 2
"""Raise it when the same text gives another tokenizer."""

LINES = 3000
"""A text is known by so many lines of it."""

EMPHASIS = 3
"""So often is each listed word shown: where no spaces are, only this tells a word from a frequent phrase."""

LEAST_PIECES = 200
"""A model holds all of ASCII, whatever its text, and some room for more."""

# XLM-R counts <s>, <pad>, </s>, <unk>, then the model's pieces from its third on, then <mask>.
_SPECIAL = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


def write_tokenizer(
    folder: Path,
    texts: Sequence[Path],
    *,
    words: Sequence[str] = (),
    pieces: int = 1800,
    max_length: int = 512,
) -> bool:
    """Train at most `pieces` pieces on the first lines of each text and on a list of words.

    Gives False if the tokenizer is already there.
    """
    lines = [line for text in texts for line in _first_lines(text)]
    lines += [f"{word}," for word in words for _ in range(EMPHASIS)]
    key = blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
    parameters = {"tokenizer": VERSION, "text": key, "pieces": pieces, "max_length": max_length}
    if not lines:
        raise UserError(f"{', '.join(map(str, texts))}: no text there; a tokenizer needs some")
    if pieces < LEAST_PIECES:
        raise UserError(
            f"a tokenizer of {pieces} pieces has no room for ASCII; ask for {LEAST_PIECES} or more"
        )
    return make_once(folder, parameters, partial(_write, lines=lines, pieces=pieces, max_length=max_length))


def _first_lines(text: Path) -> list[str]:
    try:
        with text.open(encoding="utf-8") as file:
            return [line.rstrip("\n") for line in islice(file, LINES) if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{text}: cannot be read: {error}; a tokenizer is trained on UTF-8 text") from error


def _write(folder: Path, *, lines: list[str], pieces: int, max_length: int) -> None:
    (folder / MODEL_FILE).write_bytes(_train(lines, pieces))
    settings: dict[str, Any] = {
        "tokenizer_class": "XLMRobertaTokenizer",
        "model_max_length": max_length,
        **_SPECIAL,
    }
    (folder / "tokenizer_config.json").write_text(json_text(settings), encoding="utf-8")


def _train(lines: list[str], pieces: int) -> bytes:
    """The serialised model; one thread and no sampling, so that the same lines give the same bytes."""
    from sentencepiece import SentencePieceTrainer

    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="unigram",
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        required_chars=string.ascii_letters + string.digits + string.punctuation,
        shuffle_input_sentence=False,
        num_threads=1,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        minloglevel=2,
    )
    return model.getvalue()
