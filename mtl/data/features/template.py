"""A tokenizer seen as two things: a batch encoder of plain texts, and the special tokens that join them.

The join is read off the tokenizer itself with a probe (`<s> a </s></s> b </s>` for XLM-R, `[CLS] a [SEP] b
[SEP]` for BERT), so that no family is named here, and every truncation is ours and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from mtl.data.features.example import Document
from mtl.errors import UserError, reason_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True, kw_only=True)
class SpecialTokens:
    """What masking needs to know of a vocabulary."""

    mask: int
    vocab_size: int
    special: tuple[int, ...]
    """In rising order; the mask token is one of them."""


class Template:
    """Joins token lists as the tokenizer would, without asking it again."""

    def __init__(self, tokenizer: "PreTrainedTokenizerFast") -> None:
        """Probe `tokenizer` for its special tokens; its own truncation and padding are switched off."""
        self._backend = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        a, b = self.encode(["a", "b"])
        both = self._backend.encode("a", "b")
        pair = both.ids
        single = self._backend.encode("a").ids
        start_a = _find(pair, a, 0)
        start_b = _find(pair, b, start_a + len(a))
        self.prefix = tuple(pair[:start_a])
        self.middle = tuple(pair[start_a + len(a) : start_b])
        self.suffix = tuple(pair[start_b + len(b) :])
        self.single_suffix = tuple(single[_find(single, a, 0) + len(a) :])
        # XLM-R's tokenizer marks no second text, also for an encoder that could tell it apart.
        marked = 1 in both.type_ids
        self._to_second = both.type_ids.index(1) - start_a - len(a) if marked else None
        """From the first text's end to where the second one begins; None: the tokenizer marks none."""
        self.unknown, mask = tokenizer.unk_token_id, tokenizer.mask_token_id
        if not self.prefix or self.unknown is None or mask is None:
            raise UserError(
                f"model.tokenizer: {tokenizer.name_or_path!r} lacks a first, an unknown or a mask token; "
                "use the tokenizer of an XLM-R, RoBERTa or BERT checkpoint"
            )
        # Byte-level tokenizers (RoBERTa) tell "word" from " word"; inside a sentence the latter is meant.
        self.word_prefix = " " if self.encode([" a"]) != [a] else ""
        self.special = SpecialTokens(
            mask=mask,
            vocab_size=len(tokenizer),
            special=tuple(sorted(set(tokenizer.all_special_ids))),
        )

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, without special tokens."""
        return [e.ids for e in self._backend.encode_batch_fast(list(texts), add_special_tokens=False)]

    def encode_with_offsets(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """Token ids and the characters that each covers."""
        return [(e.ids, e.offsets) for e in self._backend.encode_batch(list(texts), add_special_tokens=False)]

    @property
    def single_specials(self) -> int:
        """How many special tokens a one-text document has."""
        return len(self.prefix) + len(self.single_suffix)

    @property
    def pair_specials(self) -> int:
        """How many special tokens a two-text document has."""
        return len(self.prefix) + len(self.middle) + len(self.suffix)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that turns text into ids, and of which ids are special."""
        parts = f"{self.special}{self._to_second}{self._backend.to_str()}"
        return blake2b(parts.encode(), digest_size=16).hexdigest()

    def join(self, a: Sequence[int], b: Sequence[int] | None = None) -> Document:
        """A document of one or two token lists."""
        if b is None:
            tokens = (*self.prefix, *a, *self.single_suffix)
            return Document(tokens=tokens, second=len(tokens))
        tokens = (*self.prefix, *a, *self.middle, *b, *self.suffix)
        if self._to_second is None:
            return Document(tokens=tokens, second=len(tokens))
        return Document(tokens=tokens, second=len(self.prefix) + len(a) + self._to_second)


def load_tokenizer(name: str) -> "PreTrainedTokenizerFast":
    """A fast tokenizer by hub name or folder; XLM-R's bare `sentencepiece.bpe.model` will do."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoTokenizer, XLMRobertaTokenizer

    folder = Path(name)
    bare = (folder / "sentencepiece.bpe.model").is_file() and not (folder / "config.json").is_file()
    if folder.is_absolute() and not folder.is_dir():
        raise UserError(f"model.tokenizer: {name}: no such folder; give a folder or a hub name that exists")
    try:
        kind = XLMRobertaTokenizer if bare else AutoTokenizer
        tokenizer = kind.from_pretrained(name, trust_remote_code=False)
    except Exception as error:
        if not isinstance(error, OSError | ValueError | StrictDataclassError) and (
            type(error) is not Exception  # which is what the tokenizers library raises
        ):
            raise
        reason = reason_of(error).rstrip(" :.")
        raise UserError(
            f"model.tokenizer: cannot load {name!r}: {reason}; give a folder or a hub name that exists"
        ) from error
    if not tokenizer.is_fast:
        raise UserError(
            f"model.tokenizer: {name!r} has no fast tokenizer; use a checkpoint that ships tokenizer.json"
        )
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):  # a folder with a config.json alone gives that
        raise UserError(
            f"model.tokenizer: {name!r} has no vocabulary; put the checkpoint's tokenizer files there, or "
            "set model.tokenizer to a folder or hub name that has them"
        )
    result: PreTrainedTokenizerFast = tokenizer
    return result


def _find(ids: Sequence[int], part: Sequence[int], start: int) -> int:
    for i in range(start, len(ids) - len(part) + 1):
        if list(ids[i : i + len(part)]) == list(part):
            return i
    raise AssertionError(f"{part} is not in {ids}")
