from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from segprior.analysis.analyze import analyze
from segprior.analysis.result import Analysis
from segprior.analysis.spectrum import power_spectrum
from segprior.analysis.stability import window_agreement
from segprior.nn.shared.initial import BLOCKS
from segprior.prior.prior import fit_prior
from tests.helpers.analysis import SHORT, scene


def test_all_is_at_the_working_size(found: Analysis) -> None:
    assert found.image.shape == (36, 48, 3)
    assert found.prior.fitted.shape == found.low_pass.shape == (36, 48, 3)
    assert {edges.shape for edges in found.edges.values()} == {(36, 48)}
    assert {mask.shape for of in found.masks.values() for mask in of.values()} == {(36, 48)}
    assert found.summary["rows"] == 48
    assert found.summary["working_columns"] == 48


def test_the_prior_is_that_of_fit_prior(found: Analysis) -> None:
    alone = fit_prior(scene(), members=2, iterations=4, working_size=48)
    np.testing.assert_array_equal(found.prior.members, alone.members)
    assert set(found.prior.snapshots) == {2, 3, 5}
    assert {block for block, _ in found.prior.features} == set(BLOCKS)


def test_the_parts_are_those_of_the_functions(found: Analysis) -> None:
    np.testing.assert_array_equal(
        found.spectra["prior"].power, power_spectrum(found.prior.fitted).power
    )
    assert found.summary["windows"]["image"]["neighbours"] == window_agreement(found.masks["image"])
    assert found.summary["explained"]["image"] == found.components["image"].explained
    assert found.summary["octaves"][0]["kept"]["low_pass"] == pytest.approx(0, abs=1e-6)
    assert 0 < found.summary["edges"]["prior"]["recall"] <= 1
    assert found.summary["spread"]["largest"] >= found.summary["spread"]["mean"] > 0


def test_the_same_seed_gives_the_same_numbers(found: Analysis) -> None:
    again = analyze(scene(), **SHORT)
    other = analyze(scene(), rng=1, **SHORT)
    assert found.summary == again.summary
    assert found.summary["psnr"] != other.summary["psnr"]


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_any_number_of_channels(channels: int, tmp_path: Path) -> None:
    image = np.random.default_rng(1).random((32, 40, channels))
    found = analyze(image, **{**SHORT, "members": 1, "iterations": 2, "snapshots": (1,)})
    assert (found.summary["explained"]["image"] is None) == (channels == 1)
    assert "summary.json" in {path.name for path in found.save(tmp_path / "out")}


def test_an_image_of_one_colour_can_be_analysed(tmp_path: Path) -> None:
    options = {**SHORT, "members": 1}
    found = analyze(np.full((32, 32, 3), 0.5), **options)
    assert found.summary["windows"]["image"]["mean_iou"] == 1
    assert found.summary["edges"]["prior"]["recall"] is None
    found.save(tmp_path / "out")


def test_no_island_of_the_mask_is_an_artefact_of_reducing(found: Analysis) -> None:
    labels, count = ndimage.label(found.masks["image"][3])
    assert count == 1, labels.max()
