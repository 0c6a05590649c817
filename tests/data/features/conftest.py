"""A tiny tokenizer of each shape: as our template, and as it is, to ask it what it would do itself."""

from dataclasses import dataclass
from typing import Any

import pytest

from mtl.data.features import Template
from tests.kit.tokenizers import SHAPES


@dataclass(frozen=True)
class Shape:
    """A template, and a second copy of its tokenizer: calling a tokenizer changes its truncation."""

    name: str
    template: Template
    stock: Any


@pytest.fixture(scope="session", params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Shape:
    make = SHAPES[request.param]
    return Shape(request.param, Template(make()), make())
