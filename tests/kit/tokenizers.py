"""Tiny fast tokenizers of the three shapes that encoders have; their vocabularies are written out by hand."""

import string
from collections.abc import Callable, Mapping
from typing import Any

_TEXT = (
    "the quick brown fox jumps over lazy dog and a small red house stands by river tall grey tower who built "
    "nobody knows when perhaps in 1204 café élan 北京 上海 привет мир"
)
WORDS = _TEXT.split()
LETTERS = [*string.printable[:94], *"äöüßéèаеимпрт北京上海ωρ🙂กไม่½\u0301\u0308"]
_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
_ROBERTAS = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


def xlmr_shaped() -> Any:
    """`<s> a </s></s> b </s>` over pieces that begin with a sign for the space; the mask token comes last."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = [*_SPECIAL, "▁", *LETTERS, *(f"▁{word}" for word in WORDS), *WORDS, "ow", "er", "st", "▁j"]
    scored = {piece: -9.0 if len(piece) == 1 else -6.0 for piece in pieces}
    backend = Tokenizer(models.Unigram(list(scored.items()), unk_id=3))
    backend.normalizer = normalizers.NFKC()
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, **_ROBERTAS)


def roberta_shaped() -> Any:
    """The same template over bytes, in which a word at the start differs from one after a space."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    merges = [
        ("t", "h"),
        ("th", "e"),
        ("Ġ", "the"),
        ("o", "w"),
        ("e", "r"),
        ("t", "ow"),
        ("tow", "er"),
        ("Ġ", "tower"),
    ]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = dict.fromkeys([*_SPECIAL, *alphabet, *("".join(merge) for merge in merges), "<mask>"])
    backend = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return PreTrainedTokenizerFast(tokenizer_object=backend, **_ROBERTAS)


def bert_shaped() -> Any:
    """`[CLS] a [SEP] b [SEP]` over words and `##` pieces; the second text has another type."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens = dict.fromkeys(
        [*special, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS), "##ow", "##er"]
    )
    backend = Tokenizer(models.WordPiece({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=False)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, **{f"{name}_token": token for name, token in names.items()}
    )


SHAPES: Mapping[str, Callable[[], Any]] = {
    "xlm-roberta": xlmr_shaped,
    "roberta": roberta_shaped,
    "bert": bert_shaped,
}
