"""The dual encoder's softmax by hand: over its own group alone, without the candidates of its own key."""

from math import log

import pytest
import torch
from torch import Tensor

from mtl.model.batch import Reads
from mtl.model.config import read_config
from mtl.model.heads import EmbedHead, HeadSpec
from tests.kit.models import make_model, tiny_config

SPEC = HeadSpec(name="embed", kind="embed")


@pytest.fixture
def head() -> EmbedHead:
    """A head whose vectors are, but for tanh and length, what it reads, and whose scale is log 3."""
    made = EmbedHead(SPEC, read_config(tiny_config("xlm-roberta"), name="tiny"))
    with torch.no_grad():
        made.dense.weight.copy_(torch.eye(32))
        made.dense.bias.zero_()
        made.scale.fill_(log(3))
    return made


def losses(head: EmbedHead, groups: list[list[tuple[int, int]]], keys: list[list[int]]) -> Tensor:
    """Each text is one of 32 directions; pairs of (query, candidate)."""
    texts = [text for group in groups for pair in group for text in pair]
    sizes = torch.tensor([2 * len(group) for group in groups])
    reads = Reads(
        rows=torch.arange(len(texts)),
        gold=torch.tensor([key for group in keys for key in group]),
        owner=torch.repeat_interleave(torch.arange(len(groups)), sizes),
        padded=torch.zeros(len(groups), 1),
        num_examples=len(groups),
        softmaxes=2.0,
    )
    return head.losses(torch.eye(32)[texts], reads)


def test_one_softmax_a_query_over_the_candidates_of_its_group(head: EmbedHead) -> None:
    # Equal texts have cosine 1, that is logit log 3; others 0. The first finds its own among three: 3 / (3 + 1 + 1);
    # the second is at odds with the third, which has the same candidate: 3 / (3 + 3 + 1).
    found = losses(head, [[(0, 0), (1, 1), (2, 1)]], [[0, 1, 2]])
    wanted = log(5 / 3) + log(7 / 3) + log(3 / 1)  # the third's own is as far as all others: 1 / (1 + 1 + 1)
    assert found.item() == pytest.approx(wanted / 2, rel=1e-5)


def test_a_candidate_of_the_same_key_takes_no_part(head: EmbedHead) -> None:
    found = losses(head, [[(0, 0), (1, 1), (2, 1)]], [[0, 1, 1]])
    # The second no longer sees the third's candidate, nor the third the second's: 3 / 4 and 1 / 2.
    assert found.item() == pytest.approx((log(5 / 3) + log(4 / 3) + log(2)) / 2, rel=1e-5)


def test_groups_do_not_see_each_other(head: EmbedHead) -> None:
    groups = [[(0, 0), (1, 1)], [(0, 0), (0, 5), (5, 0)], [(3, 3), (4, 4)]]
    keys = [[0, 1], [0, 1, 2], [0, 0]]
    together = losses(head, groups, keys)
    alone = [losses(head, [group], [own]).item() for group, own in zip(groups, keys, strict=True)]
    assert together.tolist() == pytest.approx(alone, rel=1e-5)
    assert together[2] == 0, "all of one key: there is nothing to choose between"


def test_the_scale_begins_at_a_hundred_and_learns() -> None:
    model = make_model()
    assert EmbedHead.starts == {"scale": 100.0}
    scale = model.heads["embed"].scale
    assert isinstance(scale, Tensor) and abs(scale.item() - 100) < 1, "where the kit's noise lets it"
    assert scale.requires_grad
