"""The outside reference: the classes of `transformers`, padded batches, one task after another, plain AdamW, one process.

Nothing of the packer, of the strips or of our heads is used; only which examples a step draws, and how masks fall, is asked.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    PretrainedConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaForMultipleChoice,
    XLMRobertaForQuestionAnswering,
    XLMRobertaForSequenceClassification,
    XLMRobertaForTokenClassification,
    XLMRobertaModel,
)

from mtl import seeds
from mtl.data.draw import Draw
from mtl.data.masking import mask
from mtl.data.store import Store
from mtl.engine.optimizer import rate
from mtl.model.load import config_of
from mtl.model.names import encoder_to_hf, head_to_hf
from mtl.tasks.task import Kind
from tests.kit import cells
from tests.kit.cells import SEED, SHAPE, TASKS, Cell, N, Result
from tests.kit.stores import VOCABULARY


class DualEncoder(nn.Module):
    """What stands for a stock class: the stock encoder with its pooler, and a learned scale."""

    def __init__(self, config: PretrainedConfig) -> None:
        super().__init__()
        self.roberta = XLMRobertaModel._from_config(config, attn_implementation="eager")
        self.logit_scale = nn.Parameter(torch.tensor([100.0]))

    @classmethod
    def _from_config(cls, config: PretrainedConfig, **_: Any) -> "DualEncoder":
        return cls(config)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        pooled = self.roberta(input_ids, attention_mask=attention_mask).pooler_output
        return pooled / pooled.norm(dim=1, keepdim=True)


def group_loss(vectors: Tensor, keys: list[int], scale: Tensor) -> Tensor:
    """Of one group, whose queries and candidates alternate: each query's softmax, one by one."""
    total = vectors.new_zeros(())
    for i, key in enumerate(keys):
        others = [j for j, other in enumerate(keys) if j != i and other != key]
        logits = scale * torch.stack([vectors[2 * i] @ vectors[2 * j + 1] for j in (i, *others)])
        total = total + torch.logsumexp(logits, 0) - logits[0]
    return total


CLASSES: dict[Kind, Any] = {
    "pair": XLMRobertaForSequenceClassification,
    "choice": XLMRobertaForMultipleChoice,
    "span": XLMRobertaForQuestionAnswering,
    "tag": XLMRobertaForTokenClassification,
    "mlm": XLMRobertaForMaskedLM,
    "embed": DualEncoder,
}


class StockModels(nn.Module):
    """One stock model a task; all share one encoder (their poolers and heads are their own)."""

    def __init__(self) -> None:
        super().__init__()
        self.models = nn.ModuleDict()
        for task in cells.tasks():
            config = config_of(None, SHAPE, vocab_size=VOCABULARY)
            config.num_labels = len(task.labels or ()) or 2
            self.models[task.name] = CLASSES[task.kind]._from_config(config, attn_implementation="eager")
        first = next(iter(self.models.values())).roberta
        for model in self.models.values():
            model.roberta.embeddings, model.roberta.encoder = first.embeddings, first.encoder
            if isinstance(model, XLMRobertaForMaskedLM):
                model.lm_head.decoder.weight = first.embeddings.word_embeddings.weight
                model.lm_head.decoder.bias = model.lm_head.bias
        self.eval()  # dropout off

    def take(self, weights: dict[str, Tensor]) -> None:
        """Start from the weights of a MultiHead."""
        own = {id(p): p for p in self.parameters()}
        with torch.no_grad():
            for name, parameter in self.renamed().items():
                parameter.copy_(self.theirs(weights)[name])
                own.pop(id(parameter))
        assert not own, "a stock parameter has no counterpart"

    def renamed(self) -> dict[str, nn.Parameter]:
        """Stock parameters by `task/name`; the encoder's under the first task."""
        named: dict[str, nn.Parameter] = {}
        for i, (task, model) in enumerate(self.models.items()):
            for name, parameter in model.named_parameters():
                shared = name.startswith(("roberta.embeddings", "roberta.encoder", "lm_head.decoder"))
                if not shared or i == 0:
                    named[f"{task}/{name}"] = parameter
        return named

    @staticmethod
    def theirs(weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """A MultiHead's weights under `task/name`."""
        encoder = {n.removeprefix("encoder."): w for n, w in weights.items() if n.startswith("encoder.")}
        first = next(iter(TASKS))
        named = {f"{first}/roberta.{name}": weight for name, weight in encoder_to_hf(encoder).items()}
        for name, weight in weights.items():
            if name.startswith("heads."):
                _, task, own = name.split(".", 2)
                named[f"{task}/{head_to_hf(own, TASKS[task][0], 'xlm-roberta')}"] = weight
        return named


def train(cell: Cell, folder: Path) -> Result:
    """The cell's run, the plain way; weights come back under `task/name`."""
    models = StockModels()
    models.take(dict(cells.make_model(cell).named_parameters()))
    settings = cells.settings(cell)
    decayed = [p for p in models.parameters() if p.ndim > 1]
    plain = [p for p in models.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        betas=settings.betas,
        eps=settings.eps,
    )
    draw = Draw(cells.mixture(cell), seed=SEED)
    stores = {source.head: source.store for source in cells.sources(cell, folder)}
    losses, norms = [], []
    for step in range(cell.steps):
        optimizer.zero_grad(set_to_none=True)
        total = torch.zeros(())
        drawn = draw.step(step)
        for number, task in enumerate(TASKS):
            slots = np.flatnonzero(drawn.task == number)
            if len(slots):
                key = seeds.key(SEED, "masks", step)
                total = total + task_loss(models.models[task], stores[task], drawn.example[slots], slots, key)
        (total / N).backward()
        if not cell.lazy:  # dense: an idle head has a gradient, and it is zero
            for parameter in models.parameters():
                parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        norms.append(float(nn.utils.clip_grad_norm_(models.parameters(), 1.0)))
        for group in optimizer.param_groups:
            group["lr"] = rate(settings, step)
        optimizer.step()
        losses.append(float(total.detach()) / N)
    return Result(losses, norms, {name: p.detach() for name, p in models.renamed().items()})


def task_loss(model: nn.Module, store: Store, examples: Any, slots: Any, key: int) -> Tensor:
    """The summed losses of a task's examples, in one padded batch."""
    kind, c = store.header.kind, store.header.softmaxes
    documents, golds, sites = [], [], []
    for example, slot in zip(examples.tolist(), slots.tolist(), strict=True):
        first, last = store.example_docs[example], store.example_docs[example + 1]
        edges = store.doc_starts[first : last + 1]
        own = [
            np.array(store.tokens[a:b], dtype=np.int64) for a, b in zip(edges[:-1], edges[1:], strict=True)
        ]
        gold = np.array(
            store.gold[store.gold_starts[example] : store.gold_starts[example + 1]], dtype=np.int64
        )
        site = np.array(store.sites[store.site_starts[example] : store.site_starts[example + 1]])
        if kind == "mlm":
            shown, site = mask(own[0], store.header.vocabulary, seeds.key(key, slot))
            own, gold = [shown], own[0][site]
        documents += own
        golds.append(torch.from_numpy(gold))
        sites.append(torch.from_numpy(site.astype(np.int64)))
    ids = nn.utils.rnn.pad_sequence(
        [torch.from_numpy(d) for d in documents], batch_first=True, padding_value=1
    )
    real = nn.utils.rnn.pad_sequence([torch.ones(len(d)) for d in documents], batch_first=True)
    if kind == "pair":
        return F.cross_entropy(model(ids, attention_mask=real).logits, torch.cat(golds), reduction="sum") / c
    if kind == "choice":
        shape = (len(golds), -1, ids.shape[1])
        logits = model(ids.view(shape), attention_mask=real.view(shape)).logits
        return F.cross_entropy(logits, torch.cat(golds), reduction="sum") / c
    out = model(ids, attention_mask=real)
    if kind == "embed":
        groups = out.split([2 * len(gold) for gold in golds])
        return (
            sum(
                group_loss(group, gold.tolist(), model.logit_scale)
                for group, gold in zip(groups, golds, strict=True)
            )
            / c
        )
    if kind == "span":
        hidden = real == 0
        starts, ends = (x.masked_fill(hidden, -torch.inf) for x in (out.start_logits, out.end_logits))
        gold = torch.stack(golds)
        return (
            F.cross_entropy(starts, gold[:, 0], reduction="sum")
            + F.cross_entropy(ends, gold[:, 1], reduction="sum")
        ) / c
    logits = torch.cat([out.logits[i][site] for i, site in enumerate(sites)])
    return F.cross_entropy(logits, torch.cat(golds), reduction="sum") / c
