"""Openly licensed text: which sources are used, and how each becomes documents."""
