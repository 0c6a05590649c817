"""A sound recipe, and what is said of a broken one."""

import pytest

from mtl.errors import UserError
from mtl.run.recipe.read import load_recipe

BASE = """\
model: {name: some/encoder}
data: {root: rows}
tasks: [mnli, qqp]
train:
  steps: 10
  lr: 1e-5
"""


def mistake(path, *overrides):
    with pytest.raises(UserError) as caught:
        load_recipe(path, overrides)
    text = str(caught.value)
    assert "\n" not in text
    return text.replace(str(path), "FILE")
