from __future__ import annotations

import pytest

from segprior import errors


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"SegpriorError"}))
def test_all_errors_have_one_base(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.SegpriorError)


def test_errors_are_those_that_python_users_would_catch() -> None:
    assert issubclass(errors.ImageError, ValueError)
    assert issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.OutputError, OSError)
