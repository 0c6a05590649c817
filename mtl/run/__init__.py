"""Recipes and phases: the room that wires all the others."""
