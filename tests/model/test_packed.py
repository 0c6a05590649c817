"""Packed equals padded: scores, losses and gradients of the stock classes, for every kind and family.

Of ours only the weights' names are used on the other side; batches, losses and masks are made here anew.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mtl import seeds
from mtl.data.masking import mask
from mtl.data.strip import HeadStore
from mtl.model.config import FAMILIES, Family
from mtl.tasks.task import Kind
from tests.kit.models import (
    KINDS,
    Stock,
    make_model,
    make_stock,
    make_strip,
    on_cpu,
    pad,
    theirs,
    tiny_config,
)
from tests.kit.reference import group_loss
from tests.kit.stores import SPECIAL

# Three of every kind, mixed, one of them twice; the span task's have three lengths.
INDICES = [(1, 3, 0, 2, 5, 0), (4, 7, 6, 9, 8, 6), (7, 3, 9, 2, 1, 11)]
DRAWN = [
    (task, index) for indices in INDICES for task, index in zip((2, 0, 4, 1, 3, 5), indices, strict=True)
]


def example_of(source: HeadStore, index: int, slot: int) -> tuple[list[Any], list[int], Any, Any]:
    """Documents, where their second texts begin, sites and gold."""
    store = source.store
    first, last = store.example_docs[index : index + 2]
    documents = [store.tokens[store.doc_starts[i] : store.doc_starts[i + 1]] for i in range(first, last)]
    if source.store.header.kind == "mlm":
        shown, sites = mask(documents[0].astype(np.int64), SPECIAL, seeds.key(3, slot))
        return [shown], [len(shown)], sites, documents[0][sites].astype(np.int64)
    sites = store.sites[slice(*store.site_starts[index : index + 2])]
    gold = store.gold[slice(*store.gold_starts[index : index + 2])].astype(np.int64)
    return documents, store.doc_second[first:last].tolist(), sites, gold


def padded_scores_and_losses(
    stock: Stock, sources: Sequence[HeadStore], kind: Kind
) -> tuple[list[Tensor], list[Tensor]]:
    """Each example's scores at its sites, and the sum of its cross-entropies."""
    number = KINDS.index(kind)
    examples = [
        example_of(sources[number], index, slot) for slot, (task, index) in enumerate(DRAWN) if task == number
    ]
    batch = pad(
        [d for documents, *_ in examples for d in documents],
        [s for _, seconds, *_ in examples for s in seconds],
    )
    if stock.model.config.model_type != "bert":
        del batch["token_type_ids"]
    if kind == "choice":
        batch = {name: tensor.view(len(examples), 4, -1) for name, tensor in batch.items()}
    out = stock.model(**batch)
    scores, losses = [], []
    for i, (documents, _, sites, gold) in enumerate(examples):
        if kind == "embed":
            vectors = out.pooler_output.split([2 * len(gold) for *_, gold in examples])[i]
            own = vectors / vectors.norm(dim=1, keepdim=True)
            loss = group_loss(own, gold.tolist(), stock.scale)
        elif kind == "span":
            length = len(documents[0])
            own = torch.stack([out.start_logits[i, :length], out.end_logits[i, :length]], dim=1)
            loss = functional.cross_entropy(own.t(), torch.as_tensor(gold), reduction="sum")
        elif kind in ("pair", "choice"):
            own = out.logits[i]
            loss = functional.cross_entropy(own[None], torch.as_tensor(gold))
        else:
            own = out.logits[i][torch.as_tensor(np.asarray(sites, dtype=np.int64))]
            loss = functional.cross_entropy(own, torch.as_tensor(gold), reduction="sum")
        scores.append(own)
        losses.append(loss)
    return scores, losses


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_scores_losses_and_gradients_are_the_padded_ones(
    sources: list[HeadStore], family: Family, kind: Kind
) -> None:
    model = make_model(family)
    stock = make_stock(model, kind, tiny_config(family))
    their_scores, their_losses = padded_scores_and_losses(stock, sources, kind)
    batch = on_cpu(make_strip(sources, DRAWN), model)

    # All heads have examples in the strip; what is read is this kind's.
    hidden = model.encoder(batch.tokens, batch.positions, batch.second, batch.documents, batch.asking)
    scores = model.heads[kind](hidden, batch.reads[kind], scores=True)
    assert model(batch, scores=True).numel() > scores.numel()
    torch.testing.assert_close(
        scores, torch.cat([one.reshape(-1) for one in their_scores]), rtol=1e-5, atol=1e-5
    )

    losses = model(batch).split([batch.reads[name].num_examples for name in model.head_names])[
        KINDS.index(kind)
    ]
    softmaxes = sources[KINDS.index(kind)].store.header.softmaxes
    torch.testing.assert_close(losses, torch.stack(their_losses) / softmaxes, rtol=1e-5, atol=1e-6)

    weights = torch.tensor([0.7, -1.3, 0.4])  # so that one example's gradient cannot stand in for another's
    (losses * weights).sum().backward()
    (torch.stack(their_losses) / softmaxes * weights).sum().backward()
    own = theirs(model, kind, {name: p.grad for name, p in model.named_parameters() if p.grad is not None})
    wanted = dict(stock.parameters())
    assert {id(wanted[name]) for name in own} == {id(parameter) for parameter in wanted.values()}
    for name, gradient in own.items():
        torch.testing.assert_close(
            gradient, wanted[name].grad, rtol=1e-4, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_a_longer_line_than_the_encoder_has_positions_changes_nothing(sources: list[HeadStore]) -> None:
    model = make_model()
    drawn = [(0, index % 12) for index in range(30)]
    batch = on_cpu(make_strip(sources, drawn), model)
    assert len(batch.tokens) > 5 * model.config.positions
    together = model(batch)
    alone = torch.cat([model(on_cpu(make_strip(sources, drawn, [slot]), model)) for slot in range(30)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)
