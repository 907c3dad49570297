"""The numbers that every implementation of the generator shares."""

from __future__ import annotations

__all__ = ["EPS", "MEAN", "SQUARE"]

# Of Adam, as its authors recommend.


MEAN, SQUARE, EPS = 0.9, 0.999, 1e-8
