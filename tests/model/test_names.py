"""Names: every tensor of the stock classes has one of ours behind it, in the right shape."""

import pytest
import torch

from mtl.model.config import FAMILIES, Family
from mtl.model.names import base_prefix, encoder_to_hf, hf_names
from mtl.tasks.task import Kind
from tests.kit.models import KINDS, make_model, make_stock, theirs, tiny_config


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_names_and_shapes_are_the_stock_classes(family: Family, kind: Kind) -> None:
    model = make_model(family)
    stock = make_stock(model, kind, tiny_config(family))
    wanted = {name: p.shape for name, p in stock.parameters() if "decoder" not in name}
    ours = theirs(model, kind, dict(model.named_parameters()))
    assert {name: tensor.shape for name, tensor in ours.items()} == wanted


def test_query_key_and_value_are_thirds_in_that_order() -> None:
    qkv = torch.arange(12.0).view(6, 2)
    parts = encoder_to_hf({"layers.3.qkv.weight": qkv})
    layer = "encoder.layer.3.attention.self"
    assert list(parts) == [f"{layer}.{part}.weight" for part in ("query", "key", "value")]
    assert tuple(parts) == hf_names("layers.3.qkv.weight")
    assert torch.equal(torch.cat(list(parts.values())), qkv)


def test_the_families_prefixes() -> None:
    assert [base_prefix(family) for family in FAMILIES] == ["roberta", "roberta", "bert"]
