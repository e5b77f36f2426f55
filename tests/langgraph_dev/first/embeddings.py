"""Embeddings without a model: how often three letters stand in a text."""

from __future__ import annotations

from collections.abc import Sequence


def embed(texts: Sequence[str]) -> list[list[float]]:
    """One vector of three numbers a text."""
    return [[float(text.count(letter)) for letter in "abc"] for text in texts]
