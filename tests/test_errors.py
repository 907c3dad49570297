from __future__ import annotations

import pickle

import pytest

from segprior import errors
from segprior.messages import Setting


@pytest.mark.parametrize("name", ["Cancelled", "ConfigError", "ImageError", "OutputError"])
def test_all_errors_have_one_base(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.SegpriorError)


def test_the_warning_is_one_that_python_users_can_filter() -> None:
    warning = errors.EmptyResultWarning("nothing found", cure="try more")
    assert isinstance(warning, UserWarning)
    assert not isinstance(warning, errors.SegpriorError)
    assert str(pickle.loads(pickle.dumps(warning))) == str(warning) == "nothing found; try more"


def test_an_unknown_name_is_kept() -> None:
    error = errors.UnknownNameError("no preset 'x'", name="x", what="preset", cure="choose y")
    assert isinstance(error, errors.ConfigError)
    assert (error.name, error.what, str(error)) == ("x", "preset", "no preset 'x'; choose y")


def test_errors_are_those_that_python_users_would_catch() -> None:
    assert issubclass(errors.ImageError, ValueError)
    assert issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.OutputError, OSError)


def test_the_warning_of_inputs_spells_options_as_they_are_asked_for() -> None:
    warning = errors.InputWarning("a.png: ", Setting("alpha"), " decides")
    assert str(warning) == "a.png: alpha decides"
    assert warning.text(lambda setting: f"--{setting.name}") == "a.png: --alpha decides"
    assert isinstance(warning, UserWarning)
