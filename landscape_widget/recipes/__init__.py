"""Surfaces of a wanted kind, put together from directions of known kinds."""

from landscape_widget.recipes.book import RECIPES, Recipe, prepare
from landscape_widget.recipes.making import make
from landscape_widget.recipes.result import RecipeResult
from landscape_widget.recipes.workbench import Prepared, Said

__all__ = ["RECIPES", "Prepared", "Recipe", "RecipeResult", "Said", "make", "prepare"]
