"""Tiny models of every family with a head of every kind, strips to feed them, and stock models beside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mtl.data.strip import HeadStore, Strip, build_strip
from mtl.model.batch import Batch, to_device
from mtl.model.config import EncoderConfig, Family, read_config
from mtl.model.load import build_model, config_of
from mtl.model.multihead import MultiHead
from mtl.model.names import base_prefix, encoder_to_hf, head_to_hf
from mtl.tasks.task import Kind, Task
from tests.kit.stores import VOCABULARY, head_spec, make_store, make_task

KINDS: tuple[Kind, ...] = ("pair", "choice", "span", "tag", "mlm", "embed")
LONGEST = 40
SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
_CLASSES = {
    "pair": "ForSequenceClassification",
    "choice": "ForMultipleChoice",
    "span": "ForQuestionAnswering",
    "tag": "ForTokenClassification",
    "mlm": "ForMaskedLM",
    "embed": "Model",
}
_STEMS = {"xlm-roberta": "XLMRoberta", "roberta": "Roberta", "bert": "Bert"}


def tasks() -> list[Task]:
    """A task of every kind, named after it."""
    return [make_task(kind, kind) for kind in KINDS]


def make_sources(folder: Path, size: int = 12) -> list[HeadStore]:
    """A small random store for each of them."""
    return [
        HeadStore(head=task.name, store=make_store(folder, task, size, longest=LONGEST)) for task in tasks()
    ]


def tiny_config(family: Family, **changes: Any) -> Any:
    """A configuration of `transformers` for the family; its padding token is one that no document holds."""
    settings = {"family": family, "pad_token_id": 1, "max_position_embeddings": 64, **SHAPE, **changes}
    return config_of(None, settings, vocab_size=VOCABULARY)


def make_config(shape: Mapping[str, Any], vocab_size: int = VOCABULARY) -> EncoderConfig:
    """An encoder from scratch, as it is built."""
    return read_config(config_of(None, shape, vocab_size=vocab_size), name="model.config")


def make_model(family: Family = "xlm-roberta", *, recompute: bool = False, **changes: Any) -> MultiHead:
    """A model in evaluation mode whose parameters are all random: no bias is zero, no norm is one."""
    specs = [head_spec(task) for task in tasks()]
    config = read_config(tiny_config(family, **changes), name="tiny")
    model = build_model(None, config, specs, seed=0, recompute=recompute)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model.eval()


def make_strip(
    sources: Sequence[HeadStore], drawn: Sequence[tuple[int, int]], slots: Sequence[int] | None = None
) -> Strip:
    """The strip of drawn (source, example) pairs, or of some of their slots."""
    task, example = np.array(drawn, dtype=np.int64).reshape(-1, 2).T
    chosen = np.arange(len(drawn)) if slots is None else np.array(slots, dtype=np.int64)
    return build_strip(sources, task, example, chosen, key=3)


def on_cpu(strip: Strip, model: MultiHead) -> Batch:
    """The strip as the model reads it."""
    dtype = next(model.parameters()).dtype
    width = model.config.head_width
    return to_device(strip, model.head_names, device=torch.device("cpu"), dtype=dtype, width=width)


@dataclass(frozen=True)
class Stock:
    """The class of `transformers` for a family and a kind, with our model's weights."""

    model: Any
    kind: Kind
    scale: Tensor
    """What an embed head has beyond its stock class."""

    def parameters(self) -> Iterator[tuple[str, Tensor]]:
        """All of them, under the names of a stock class with a head."""
        base = base_prefix(self.model.config.model_type) if self.kind == "embed" else ""
        for name, parameter in self.model.named_parameters(remove_duplicate=False):
            yield f"{base}.{name}".strip("."), parameter
        if self.kind == "embed":
            yield "logit_scale", self.scale


def make_stock(model: MultiHead, kind: Kind, config: Any) -> Stock:
    """It must have no weight that ours lacks, and ours none that it does not know."""
    import transformers

    family = model.config.family
    labels = {spec.name: spec.num_labels for spec in model.specs}[kind]
    config.num_labels = 2 if kind == "span" else labels
    stock = getattr(transformers, _STEMS[family] + _CLASSES[kind])._from_config(
        config, attn_implementation="eager"
    )
    own = theirs(model, kind, dict(model.named_parameters()))
    scale = own.pop("logit_scale", torch.ones(1)).detach().clone().requires_grad_()
    if kind == "embed":
        own = {name.removeprefix(f"{base_prefix(family)}."): tensor for name, tensor in own.items()}
    lacking, unknown = stock.load_state_dict(own, strict=False)
    stock.tie_weights()
    assert not unknown
    assert all(name.endswith(("position_ids", "token_type_ids")) or "decoder" in name for name in lacking), (
        lacking
    )
    return Stock(stock.eval(), kind, scale)


def theirs(model: MultiHead, kind: Kind, own: dict[str, Tensor]) -> dict[str, Tensor]:
    """Our tensors (weights or gradients) of the encoder and one head, under the stock class's names."""
    family = model.config.family
    encoder = {name.removeprefix("encoder."): t for name, t in own.items() if name.startswith("encoder.")}
    renamed = {f"{base_prefix(family)}.{name}": tensor for name, tensor in encoder_to_hf(encoder).items()}
    head = f"heads.{kind}."
    for name, tensor in own.items():
        if name.startswith(head):
            renamed[head_to_hf(name.removeprefix(head), kind, family)] = tensor
    return renamed


def pad(documents: Sequence[Any], seconds: Sequence[int]) -> dict[str, Tensor]:
    """A padded batch as everybody makes it."""
    longest = max(len(document) for document in documents)
    shape = (len(documents), longest)
    ids, mask, types = (
        torch.ones(shape, dtype=torch.long),
        torch.zeros(shape),
        torch.zeros(shape, dtype=torch.long),
    )
    for row, (document, second) in enumerate(zip(documents, seconds, strict=True)):
        ids[row, : len(document)] = torch.as_tensor(np.asarray(document, dtype=np.int64))
        mask[row, : len(document)] = 1
        types[row, second : len(document)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
