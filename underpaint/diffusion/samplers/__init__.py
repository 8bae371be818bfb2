"""Catalogue: one file is one sampler, its name is the id."""
