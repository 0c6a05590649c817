"""What padded rivals share: the stock classes of `transformers` around one encoder, batches, the loss."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from contest.problem import Problem
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    XLMRobertaForMultipleChoice,
    XLMRobertaForQuestionAnswering,
    XLMRobertaForSequenceClassification,
    XLMRobertaForTokenClassification,
)

from mtl.data.store import Store
from mtl.model.load import config_of
from mtl.model.multihead import MultiHead
from mtl.model.names import encoder_to_hf, head_to_hf
from mtl.tasks.task import Kind

CLASSES: Mapping[Kind, Any] = {
    "pair": XLMRobertaForSequenceClassification,
    "choice": XLMRobertaForMultipleChoice,
    "span": XLMRobertaForQuestionAnswering,
    "tag": XLMRobertaForTokenClassification,
}
ENCODER = ("roberta.embeddings.", "roberta.encoder.")
PAD, IGNORED = 1, -100


@dataclass(frozen=True, kw_only=True)
class PaddedBatch:
    """Examples of one task, padded to the longest of their documents."""

    ids: Tensor
    """[examples, length], or [examples, choices, length]."""
    mask: Tensor
    gold: Tensor
    softmaxes: float


def stock_models(problem: Problem) -> nn.ModuleDict:
    """A stock model for each task, with our first weights; all share the first one's encoder."""
    ours = problem.model()
    models = nn.ModuleDict()
    first: Any = None
    for task in problem.tasks:
        config = config_of(None, problem.shape, vocab_size=problem.vocabulary)
        config.num_labels = len(ours.heads[task.name].out.bias)
        # Nine encoders in memory would be too many: those that are only replaced have no values.
        with nullcontext() if first is None else torch.device("meta"):
            model = CLASSES[task.kind]._from_config(config, attn_implementation="sdpa")
        if first is not None:
            model.roberta.embeddings, model.roberta.encoder = first.embeddings, first.encoder
        weights = _their_weights(ours, task.name, task.kind)
        own = {n: p.clone() for n, p in weights.items() if not n.startswith(ENCODER)}
        model.load_state_dict(
            weights if first is None else own, strict=first is None, assign=first is not None
        )
        first = first or model.roberta
        models[task.name] = model
    assert not any(parameter.is_meta for parameter in models.parameters())
    return models.train()


def _their_weights(ours: MultiHead, name: str, kind: Kind) -> dict[str, Tensor]:
    encoder = encoder_to_hf({n: p.detach() for n, p in ours.encoder.named_parameters()})
    head = {
        head_to_hf(n, kind, ours.config.family): p.detach() for n, p in ours.heads[name].named_parameters()
    }
    return {**{f"roberta.{n}": p for n, p in encoder.items()}, **head}


def pad(store: Store, examples: NDArray[np.int64]) -> PaddedBatch:
    """Examples of a store as one batch."""
    documents, golds = [], []
    for example in examples.tolist():
        first, last = store.example_docs[example], store.example_docs[example + 1]
        edges = store.doc_starts[first : last + 1].tolist()
        documents += [_tensor(store.tokens[a:b]) for a, b in zip(edges[:-1], edges[1:], strict=True)]
        golds.append(_gold(store, example, edges[-1] - edges[0]))
    ids = pad_sequence(documents, batch_first=True, padding_value=PAD)
    mask = pad_sequence([torch.ones_like(one) for one in documents], batch_first=True)
    if store.header.kind == "choice":
        ids, mask = (one.view(len(golds), -1, one.shape[-1]) for one in (ids, mask))
    gold = pad_sequence(golds, batch_first=True, padding_value=IGNORED)
    return PaddedBatch(ids=ids, mask=mask, gold=gold, softmaxes=store.header.softmaxes)


def padded_operations(problem: Problem, ids: Tensor) -> float:
    """The encoder's forward floating-point operations on a batch: every layer computes every place in it."""
    hidden, length = problem.hidden, ids.shape[-1]
    of_a_place = 2.0 * 12 * hidden**2 + 4.0 * hidden * length
    return problem.layers * ids.numel() * of_a_place


def _gold(store: Store, example: int, length: int) -> Tensor:
    """What the head should say: for a tag task at each token, else as the store has it."""
    gold = _tensor(store.gold[store.gold_starts[example] : store.gold_starts[example + 1]])
    if store.header.kind != "tag":
        return gold
    sites = _tensor(store.sites[store.site_starts[example] : store.site_starts[example + 1]])
    return torch.full((length,), IGNORED).index_put((sites,), gold)


def _tensor(values: NDArray[np.int32]) -> Tensor:
    return torch.from_numpy(values.astype(np.int64))


def mean_loss(output: Any, batch: PaddedBatch, kind: Kind) -> Tensor:
    """The loss of a batch as we define it: summed cross-entropies over examples and their mean softmaxes."""
    if kind == "span":
        padding = batch.mask == 0
        ends = [x.masked_fill(padding, -torch.inf) for x in (output.start_logits, output.end_logits)]
        scores, gold = torch.cat(ends), batch.gold.t().reshape(-1)
    else:
        scores, gold = output.logits.flatten(0, -2), batch.gold.view(-1)
    total = functional.cross_entropy(scores, gold, ignore_index=IGNORED, reduction="sum")
    return total / (batch.softmaxes * len(batch.gold))
