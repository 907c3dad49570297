from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from segprior.analysis.analyze import analyze
from segprior.analysis.result import Analysis, analysis_files, feature_sheet
from segprior.analysis.spectrum import power_spectrum
from segprior.analysis.stability import window_agreement
from segprior.config.analysis import AnalysisConfig, ReproduceConfig
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, OutputError
from segprior.nn.shared.initial import BLOCKS
from segprior.prior.prior import fit_prior

SHORT: dict[str, Any] = {
    "members": 2, "iterations": 4, "working_size": 48, "snapshots": (2, 3), "late": 5,
    "windows": (1, 3),
}  # fmt: skip


def scene(rows: int = 48, columns: int = 64) -> NDArray[np.uint8]:
    """A textured object, clear of the border, on a plain ground."""
    image = np.random.default_rng(0).integers(40, 70, (rows, columns, 3))
    image[rows // 4 : -rows // 4, columns // 4 : -columns // 4] += 130
    return np.asarray(image, np.uint8)


@pytest.fixture(scope="module")
def found() -> Analysis:
    return analyze(scene(), **SHORT)


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
    timeless = [{**a.summary, "seconds": 0} for a in (found, again, other)]
    assert timeless[0] == timeless[1]
    assert timeless[0]["psnr"] != timeless[2]["psnr"]


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


def test_saving_writes_pictures_and_strict_json(found: Analysis, tmp_path: Path) -> None:
    paths = found.save(tmp_path / "out")
    assert {path.name for path in paths} == {path.name for path in (tmp_path / "out").iterdir()}
    for path in paths:
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert min(picture.size) > 200
    text = (tmp_path / "out" / "summary.json").read_text()
    assert "NaN" not in text
    assert json.loads(text) == json.loads(json.dumps(found.summary))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="it is a file"):
        found.save(tmp_path / "file")


def test_what_is_saved_depends_on_nothing_else(found: Analysis) -> None:
    assert analysis_files(found) == analysis_files(found)


def test_feature_sheets_hold_every_channel_stretched() -> None:
    maps = np.random.default_rng(0).random((6, 8, 10)).astype(np.float32)
    maps[..., 3] = 7
    sheet = feature_sheet(maps, columns=4)
    assert sheet.shape == (3 * 7 - 1, 4 * 9 - 1)
    first = sheet[:6, :8]
    assert (first.min(), first.max()) == (0, 1)
    np.testing.assert_allclose(first, (maps[..., 0] - maps[..., 0].min()) / np.ptp(maps[..., 0]))
    assert not sheet[:6, 27:35].any()
    assert sheet[:, 8].all()


def test_no_island_of_the_mask_is_an_artefact_of_reducing(found: Analysis) -> None:
    labels, count = ndimage.label(found.masks["image"][3])
    assert count == 1, labels.max()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"windows": (3,)}, "two or more"),
        ({"windows": (1, 4)}, "window of 4"),
        ({"windows": (1, 0)}, "window of 0"),
        ({"late": 0}, "late=0"),
        ({"late": True}, "late=True"),
        ({"cutoff": 0.0}, "cutoff=0.0"),
        ({"cutoff": 0.6}, "cutoff=0.6"),
        ({"tolerance": -1.0}, "tolerance=-1.0"),
        ({"prior": "fast"}, "pass a PriorConfig"),
        ({"colour": 1}, "no option 'colour'"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AnalysisConfig().replace(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 2}, "window=2"),
        ({"double_dip": "slow"}, "'fast' or 'published'"),
        ({"double_dip_size": 4}, "double_dip_size=4"),
        ({"prior": None}, "pass a PriorConfig"),
    ],
)
def test_wrong_options_of_the_figures(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ReproduceConfig().replace(**options)


def test_presets() -> None:
    assert AnalysisConfig.preset("published").prior.members == 11
    assert AnalysisConfig.preset("published", members=2).prior.members == 2
    assert ReproduceConfig.preset("published").prior == PriorConfig.preset("published")
    assert AnalysisConfig(windows=(3, 1, 3)).windows == (1, 3)
