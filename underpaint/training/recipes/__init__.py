"""Recipes: one file each, a function that returns a whole request to train."""
