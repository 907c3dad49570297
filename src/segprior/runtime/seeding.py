"""Randomness as a keyword: one seed per call, one spawned seed per member."""

from __future__ import annotations

import secrets
from typing import TypeAlias

import numpy as np

from segprior.errors import ConfigError
from segprior.messages import NOTHING

__all__ = ["RandomSource", "as_seed", "member_seed"]

# A text, since numpy.random takes a while to load.
RandomSource: TypeAlias = "int | np.integer | np.random.Generator | None"


def as_seed(rng: RandomSource) -> int:
    """Turn the ``rng`` argument of a public function into one non-negative seed.

    Parameters
    ----------
    rng : int, numpy.random.Generator or None
        A seed is kept as it is, a generator is asked for one (and so moves on), and ``None``
        draws a fresh one from the operating system.

    Returns
    -------
    int
        In ``[0, 2**63)``; passing it back as ``rng`` repeats the call.

    Raises
    ------
    ConfigError
        If ``rng`` is negative, too large or of another type.
    """
    if rng is None:
        return secrets.randbits(63)
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**63))
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool):
        seed = int(rng)
        if 0 <= seed < 2**63:
            return seed
        raise ConfigError(f"got seed {seed}; pass a whole number from 0 to 2**63 - 1")
    raise ConfigError(
        f"got rng of type {type(rng).__name__}",
        cure=("pass a whole number, a numpy Generator or ", NOTHING),
    )


def member_seed(seed: int, member: int) -> int:
    """Seed of one member: the same alone or among many, independent between members."""
    spawned = np.random.SeedSequence(seed, spawn_key=(member,))
    return int(spawned.generate_state(1, np.uint64)[0] >> np.uint64(1))
