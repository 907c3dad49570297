from __future__ import annotations

import pytest

from segprior import errors
from segprior.messages import Setting


@pytest.mark.parametrize(
    "name", sorted(set(errors.__all__) - {"SegpriorError", "InParts", "InputWarning"})
)
def test_all_errors_have_one_base(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.SegpriorError)


def test_errors_are_those_that_python_users_would_catch() -> None:
    assert issubclass(errors.ImageError, ValueError)
    assert issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.OutputError, OSError)


def test_the_warning_of_inputs_spells_options_as_they_are_asked_for() -> None:
    warning = errors.InputWarning("a.png: ", Setting("alpha"), " decides")
    assert str(warning) == "a.png: alpha decides"
    assert warning.text(lambda setting: f"--{setting.name}") == "a.png: --alpha decides"
    assert isinstance(warning, UserWarning)
