from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from segprior.config.checks import at_least, from_zero, of_kind, one_of, positive, zero_to_one
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (lambda value: at_least("n", value, 2), 1, "got n=1; pass a whole number of at least 2"),
        (lambda value: at_least("n", value, 2), 2.0, "got n=2.0; pass a whole number"),
        (lambda value: at_least("n", value, 0), True, "got n=True; pass a whole number"),
        (lambda value: positive("n", value), 0, "got n=0; pass a number above 0"),
        (lambda value: positive("n", value), float("inf"), "got n=inf; pass"),
        (lambda value: positive("n", value), "1", "got n='1'; pass"),
        (lambda value: from_zero("n", value), -0.5, "got n=-0.5; pass a number from 0 on"),
        (lambda value: from_zero("n", value), float("nan"), "got n=nan; pass"),
        (lambda value: from_zero("n", value), False, "got n=False; pass"),
        (lambda value: zero_to_one("n", value), -0.1, "got n=-0.1; pass a number from 0 to 1"),
        (lambda value: zero_to_one("n", value), 2, "got n=2; pass a number from 0 to 1"),
        (lambda value: zero_to_one("n", value), float("nan"), "got n=nan; pass"),
        (lambda value: one_of("n", value, ("a", "b")), "c", "got n='c'; choose 'a' or 'b'"),
        (
            lambda value: one_of("n", value, ("a", "b", "c")),
            None,
            "got n=None; choose one of 'a', 'b', 'c'",
        ),
        (lambda value: of_kind("n", value, PriorConfig), 3, "n is a int; pass a PriorConfig"),
    ],
)
def test_what_is_refused(check: Callable[[object], None], value: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(value)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("check", "values", "kept"),
    [
        (lambda value: at_least("n", value, 2), [1, 2, 3], [2, 3]),
        (lambda value: positive("n", value), [0, 1e-9, 3], [1e-9, 3]),
        (lambda value: from_zero("n", value), [-1e-9, 0, 0.5], [0, 0.5]),
        (lambda value: zero_to_one("n", value), [-1e-9, 0, 1.0, 1.1], [0, 1.0]),
        (lambda value: one_of("n", value, ("a", "b")), ["a", "b", "c"], ["a", "b"]),
        (lambda value: of_kind("n", value, PriorConfig), [PriorConfig(), None], [PriorConfig()]),
    ],
)
def test_what_is_let_through(
    check: Callable[[object], None], values: list[object], kept: list[object]
) -> None:
    found = []
    for value in values:
        with suppress(ConfigError):
            check(value)
            found.append(value)
    assert found == kept
