from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segprior.cli import main
from segprior.prior.prior import Prior, fit_prior
from tests.helpers.commands import TINY
from tests.helpers.folders import pixels


def test_the_prior_is_that_of_the_function(photo: Path, tmp_path: Path) -> None:
    saved = tmp_path / "prior.npz"
    assert main(["prior", str(photo), "-o", str(saved), *TINY, "--seed", "5"]) == 0
    expected = fit_prior(photo, members=1, iterations=2, working_size=32, rng=5)
    np.testing.assert_array_equal(Prior.load(saved).members, expected.members)


def test_a_prior_is_a_picture_of_the_size_of_the_image(photo: Path, tmp_path: Path) -> None:
    assert main(["prior", str(photo), "-o", str(tmp_path / "prior.png"), *TINY]) == 0
    assert pixels(tmp_path / "prior.png").shape == (32, 40, 3)


def test_json_of_a_prior(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prior", str(photo), "-o", str(tmp_path / "p.png"), "--json", *TINY]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert 0 < facts["loss"] < 1
    assert facts["settings"]["iterations"] == 2
