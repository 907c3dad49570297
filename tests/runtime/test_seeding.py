from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.runtime.seeding import as_seed, member_seed


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1, np.int32(7), np.uint64(7)])
def test_a_seed_is_kept(seed: Any) -> None:
    assert as_seed(seed) == int(seed)
    assert type(as_seed(seed)) is int


def test_a_generator_moves_on() -> None:
    one, two = np.random.default_rng(3), np.random.default_rng(3)
    first, second = as_seed(one), as_seed(one)
    assert first != second
    assert [as_seed(two), as_seed(two)] == [first, second]


def test_none_is_new_each_time_and_can_be_repeated() -> None:
    seed = as_seed(None)
    assert seed != as_seed(None)
    assert as_seed(seed) == seed


@pytest.mark.parametrize("wrong", [-1, 2**63, 1.0, True, "1", np.random.RandomState(0)])
def test_what_is_no_seed(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="pass a whole number"):
        as_seed(wrong)


def test_members_differ_and_do_not_depend_on_their_number() -> None:
    seeds = [member_seed(0, member) for member in range(50)]
    assert len({*seeds, *(member_seed(1, member) for member in range(50))}) == 100
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert seeds[7] == member_seed(0, 7)
