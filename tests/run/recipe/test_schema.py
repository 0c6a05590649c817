"""Keys whose values are not all of one type."""

import pytest

from mtl.run.recipe.read import load_recipe
from tests.run.recipe.broken import BASE, mistake


def test_a_recipe_may_leave_the_budget_open(write):
    path = write(BASE + "  token_budget: auto\n")
    assert load_recipe(path).train.token_budget == "auto"


@pytest.mark.parametrize("wrong", ["most", "8", "-5", "1e30"])
def test_another_word_or_too_small_a_number_is_no_budget(write, wrong):
    assert "train.token_budget" in mistake(write(BASE), f"train.token_budget={wrong}")
