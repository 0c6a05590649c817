"""Heads: for each kind, how sites become scores and scores become one loss an example.

Their shapes are those of the classes of `transformers`, so that each exports as one of them. A head without
sites in a strip reads zero rows of the encoder's output: it computes nothing, yet stays in the graph, on all
ranks alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtl.model.batch import Reads
from mtl.model.config import EncoderConfig
from mtl.model.dropout import drop_out
from mtl.model.vocabulary_loss import vocabulary_cross_entropy
from mtl.tasks.task import Kind, Task


@dataclass(frozen=True, kw_only=True)
class HeadSpec:
    """A head to be made: its name (its task's), its kind, and what it chooses between."""

    name: str
    kind: Kind
    num_labels: int = 1
    num_choices: int = 1

    @classmethod
    def of(cls, task: Task, labels: Sequence[str] | None) -> "HeadSpec":
        """A task's head; its labels are those of the training split, where the task leaves them open."""
        return cls(
            name=task.name,
            kind=task.kind,
            num_labels=len(labels or ()) or 1,
            num_choices=task.num_choices or 1,
        )


class Head(nn.Module):
    """What all heads have: scores at their sites, and losses from scores."""

    starts: Mapping[str, float] = {}
    """Parameters of its own that begin with a number, not at random."""

    def scores(self, sites: Tensor, reads: Reads) -> Tensor:
        """Scores from the encoder's output at the head's sites [num_sites, hidden]."""
        raise NotImplementedError

    def losses(self, sites: Tensor, reads: Reads) -> Tensor:
        """The loss of each example [num_examples], fp32."""
        raise NotImplementedError

    def forward(self, hidden: Tensor, reads: Reads, *, scores: bool) -> Tensor:
        """Losses, or flat scores, from the encoder's output over the whole strip."""
        sites = hidden.index_select(0, reads.rows)
        return self.scores(sites, reads).float().reshape(-1) if scores else self.losses(sites, reads)


class PairHead(Head):
    """A label from the first token: a hidden layer, then one score a label."""

    def __init__(self, spec: HeadSpec, config: EncoderConfig) -> None:
        """Make the head, without values."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.out = nn.Linear(config.hidden_size, spec.num_labels)
        self.dropout = config.head_dropout
        # BERT's pooler reads the first token as it is; RoBERTa's classifier drops out before it, too.
        self.dropout_before = 0.0 if config.family == "bert" else config.head_dropout

    def scores(self, sites: Tensor, reads: Reads) -> Tensor:
        """[num_examples, num_labels]."""
        sites = drop_out(sites, self.dropout_before, self.training)
        pooled = drop_out(torch.tanh(self.dense(sites)), self.dropout, self.training)
        scores: Tensor = self.out(pooled)
        return scores

    def losses(self, sites: Tensor, reads: Reads) -> Tensor:
        """One cross-entropy an example."""
        return functional.cross_entropy(self.scores(sites, reads).float(), reads.gold, reduction="none")


class ChoiceHead(Head):
    """One score for each choice's document; the softmax runs over the choices of an example."""

    def __init__(self, spec: HeadSpec, config: EncoderConfig) -> None:
        """Make the head, without values."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.out = nn.Linear(config.hidden_size, 1)
        self.dropout = config.head_dropout
        self.num_choices = spec.num_choices

    def scores(self, sites: Tensor, reads: Reads) -> Tensor:
        """[num_examples, num_choices]."""
        pooled = drop_out(torch.tanh(self.dense(sites)), self.dropout, self.training)
        scores: Tensor = self.out(pooled)
        return scores.view(-1, self.num_choices)

    def losses(self, sites: Tensor, reads: Reads) -> Tensor:
        """One cross-entropy an example."""
        return functional.cross_entropy(self.scores(sites, reads).float(), reads.gold, reduction="none")


class SpanHead(Head):
    """A start and an end score for every token of a document; the first token stands for "no answer"."""

    def __init__(self, spec: HeadSpec, config: EncoderConfig) -> None:
        """Make the head, without values."""
        super().__init__()
        self.out = nn.Linear(config.hidden_size, 2)

    def scores(self, sites: Tensor, reads: Reads) -> Tensor:
        """[num_sites, 2]."""
        scores: Tensor = self.out(sites)
        return scores

    def losses(self, sites: Tensor, reads: Reads) -> Tensor:
        """Two cross-entropies an example, each over the tokens of its document."""
        scores = self.scores(sites, reads).float()
        nowhere = scores.new_full((1, 2), -torch.inf)
        stacked = torch.cat([scores, nowhere]).index_select(0, reads.padded.view(-1))
        examples, most = reads.padded.shape
        by_example = stacked.view(examples, most, 2).transpose(1, 2).reshape(2 * examples, most)
        losses = functional.cross_entropy(by_example, reads.gold, reduction="none")
        return losses.view(-1, 2).sum(1) / reads.softmaxes


class TagHead(Head):
    """A label for each word, from its first sub-word."""

    def __init__(self, spec: HeadSpec, config: EncoderConfig) -> None:
        """Make the head, without values."""
        super().__init__()
        self.out = nn.Linear(config.hidden_size, spec.num_labels)
        self.dropout = config.head_dropout

    def scores(self, sites: Tensor, reads: Reads) -> Tensor:
        """[num_sites, num_labels]."""
        scores: Tensor = self.out(drop_out(sites, self.dropout, self.training))
        return scores

    def losses(self, sites: Tensor, reads: Reads) -> Tensor:
        """The words' cross-entropies, summed over each example."""
        each = functional.cross_entropy(self.scores(sites, reads).float(), reads.gold, reduction="none")
        return _sum_by_example(each, reads)


class MaskedHead(Head):
    """The vocabulary's scores at masked tokens; the output table is the encoder's word table."""

    def __init__(self, spec: HeadSpec, config: EncoderConfig) -> None:
        """Make the head, without values; `tie` gives it the word table."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self._word: list[nn.Parameter] = []

    def tie(self, word: nn.Parameter) -> None:
        """Use `word` as the output table without owning it."""
        self._word = [word]  # in a list, so that it is registered once, in the encoder

    @property
    def word(self) -> nn.Parameter:
        """The table that is shared with the encoder."""
        return self._word[0]

    def _transformed(self, sites: Tensor) -> Tensor:
        transformed: Tensor = self.norm(functional.gelu(self.dense(sites)))
        return transformed

    def scores(self, sites: Tensor, reads: Reads) -> Tensor:
        """[num_sites, vocabulary]: for a look at a few; training never holds them all."""
        return functional.linear(self._transformed(sites), self.word, self.bias)

    def losses(self, sites: Tensor, reads: Reads) -> Tensor:
        """The masked tokens' cross-entropies, summed over each example."""
        return _sum_by_example(
            vocabulary_cross_entropy(self._transformed(sites), self.word, self.bias, reads.gold), reads
        )


class EmbedHead(Head):
    """A unit vector from the first token of each document; a query finds its candidate among its group's."""

    starts: Mapping[str, float] = {"scale": 100.0}

    def __init__(self, spec: HeadSpec, config: EncoderConfig) -> None:
        """Make the head, without values."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.scale = nn.Parameter(torch.empty(1))

    def vectors(self, sites: Tensor) -> Tensor:
        """[num_sites, hidden] of length one, fp32."""
        return functional.normalize(torch.tanh(self.dense(sites)).float(), dim=1)

    def scores(self, sites: Tensor, reads: Reads) -> Tensor:
        """[num_sites, hidden]: the vectors."""
        return self.vectors(sites)

    def losses(self, sites: Tensor, reads: Reads) -> Tensor:
        """The queries' cross-entropies, summed over each example.

        Of an example's documents every second one is a candidate. A query is held against the candidates of
        its own example, but those of its own key apart from its own.
        """
        vectors, owner = self.vectors(sites), reads.owner[::2]
        cosines = vectors[::2] @ vectors[1::2].T
        strangers = owner[:, None] != owner
        alike = reads.gold[:, None] == reads.gold
        alike.fill_diagonal_(False)
        logits = (cosines * self.scale.float()).masked_fill(strangers | alike, -torch.inf)
        own = torch.arange(len(owner), device=owner.device)
        each = functional.cross_entropy(logits, own, reduction="none")
        return _sum_by_example(each, reads, owner)


def _sum_by_example(each: Tensor, reads: Reads, owner: Tensor | None = None) -> Tensor:
    """Sums over examples; `each` belongs to the examples of `owner`, or else to those of the sites."""
    total = each.new_zeros(reads.num_examples)
    return total.index_add(0, reads.owner if owner is None else owner, each) / reads.softmaxes


HEADS: Mapping[
    Kind,
    type[PairHead] | type[ChoiceHead] | type[SpanHead] | type[TagHead] | type[MaskedHead] | type[EmbedHead],
] = {
    "pair": PairHead,
    "choice": ChoiceHead,
    "span": SpanHead,
    "tag": TagHead,
    "mlm": MaskedHead,
    "embed": EmbedHead,
}
