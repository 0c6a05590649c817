"""Our parameters under the names that `transformers` gives them, and back.

Names differ in one thing that matters: query, key and value are one tensor here and three there.
"""

from collections.abc import Iterator, Mapping

from torch import Tensor

from mtl.model.config import Family
from mtl.tasks.task import Kind

_EMBEDDINGS = {
    "word.weight": "word_embeddings.weight",
    "position.weight": "position_embeddings.weight",
    "segment.weight": "token_type_embeddings.weight",
    "norm.weight": "LayerNorm.weight",
    "norm.bias": "LayerNorm.bias",
}
_LAYER = {
    "out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "output_norm": "output.LayerNorm",
}
_QKV = ("query", "key", "value")

SCALE = "logit_scale"
"""By what a dual encoder multiplies cosines: the classes of `transformers` have no place for it."""

_ROBERTA_HEADS: dict[Kind, dict[str, str]] = {
    "pair": {"dense": "classifier.dense", "out": "classifier.out_proj"},
    "choice": {"dense": "{base}.pooler.dense", "out": "classifier"},
    "span": {"out": "qa_outputs"},
    "tag": {"out": "classifier"},
    "mlm": {"dense": "lm_head.dense", "norm": "lm_head.layer_norm", "bias": "lm_head.bias"},
    "embed": {"dense": "{base}.pooler.dense", "scale": SCALE},
}
_BERT_HEADS: dict[Kind, dict[str, str]] = {
    **_ROBERTA_HEADS,
    "pair": {"dense": "{base}.pooler.dense", "out": "classifier"},
    "mlm": {
        "dense": "cls.predictions.transform.dense",
        "norm": "cls.predictions.transform.LayerNorm",
        "bias": "cls.predictions.bias",
    },
}
_BASE: dict[Family, str] = {"xlm-roberta": "roberta", "roberta": "roberta", "bert": "bert"}


def base_prefix(family: Family) -> str:
    """The attribute under which the classes of `transformers` keep their encoder."""
    return _BASE[family]


def encoder_to_hf(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The encoder's tensors (names without `encoder.`) under the base model's names."""
    renamed: dict[str, Tensor] = {}
    for name, tensor in state.items():
        for theirs, part in _split(name, tensor):
            renamed[theirs] = part
    return renamed


def hf_names(name: str) -> tuple[str, ...]:
    """The base model's tensors that make up our encoder parameter `name`, in order."""
    area, _, rest = name.partition(".")
    if area == "embeddings":
        return (f"embeddings.{_EMBEDDINGS[rest]}",)
    number, module, leaf = rest.split(".")
    layer = f"encoder.layer.{number}"
    if module == "qkv":
        return tuple(f"{layer}.attention.self.{part}.{leaf}" for part in _QKV)
    return (f"{layer}.{_LAYER[module]}.{leaf}",)


def head_to_hf(name: str, kind: Kind, family: Family) -> str:
    """The full name of a head's parameter (`dense.weight`) in the class of `transformers` for its kind."""
    module, dot, leaf = name.partition(".")
    table = _BERT_HEADS if family == "bert" else _ROBERTA_HEADS
    return table[kind][module].format(base=base_prefix(family)) + dot + leaf


def _split(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    names = hf_names(name)
    yield from zip(names, tensor.chunk(len(names)), strict=True)
