"""The recipe: one YAML file that says everything about a run, typed and checked before anything starts."""

from mtl.run.recipe.files import locate
from mtl.run.recipe.read import load_recipe, recipe_of_run, resolved
from mtl.run.recipe.schema import Phase, Recipe
from mtl.run.recipe.smoke import rehearsal

__all__ = ["Phase", "Recipe", "load_recipe", "locate", "recipe_of_run", "rehearsal", "resolved"]
