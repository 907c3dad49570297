"""The numbers that every implementation of a network shares: also native/src/constants.hpp."""

from __future__ import annotations

__all__ = ["ADAM_BETA1", "ADAM_BETA2", "ADAM_EPS", "BATCH_NORM_EPS", "LEAKY_SLOPE"]

# As its authors recommend.
ADAM_BETA1, ADAM_BETA2, ADAM_EPS = 0.9, 0.999, 1e-8

# What is added to a variance, as PyTorch does by default.
BATCH_NORM_EPS = 1e-5

# Of the leaky ReLU below 0, as in the published generator.
LEAKY_SLOPE = 0.2
