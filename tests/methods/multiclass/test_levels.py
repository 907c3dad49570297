from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.image import as_image
from segprior.methods.multiclass.api import cut_level
from segprior.methods.multiclass.hierarchy import segment_hierarchy
from segprior.methods.multiclass.levels import LEVELS, UCM_SUFFIXES, Hierarchy
from segprior.metrics import cut_hierarchy
from segprior.regions.label_map import pieces
from tests.helpers.folders import names
from tests.helpers.levels import random_levels, same_parts


@pytest.fixture(scope="module")
def found() -> Hierarchy:
    image = np.random.default_rng(1).random((40, 56, 3), np.float32)
    return segment_hierarchy(image, edges="image", rng=5)


def test_it_is_one_line(found: Hierarchy) -> None:
    counts = ", ".join(str(found.count(coarseness=c)) for c in (0, 0.5, 1))
    assert repr(found) == (
        f"Hierarchy(40 x 56 pixels, {found.n_regions} regions; {counts} segments at coarseness 0, "
        "0.5, 1; edges of the image, seed 5)"
    )


def test_a_notebook_shows_its_boundaries(found: Hierarchy) -> None:
    drawn = np.asarray(Image.open(io.BytesIO(found._repr_png_())))
    assert drawn.dtype == np.uint8
    ucm = found.ucm()
    assert (drawn[ucm == 0] == 255).all()
    assert (drawn[ucm >= LEVELS["image"][2]] == 0).all()
    assert (np.diff(drawn[ucm > 0][np.argsort(ucm[ucm > 0])].astype(int)) <= 0).all()


def test_a_file_gives_back_the_whole(found: Hierarchy, tmp_path: Path) -> None:
    path = tmp_path / "levels.npz"
    assert found.save(path) == path
    for again in (Hierarchy.load(path), Hierarchy.load(path.read_bytes())):
        for name in ("regions", "merges", "costs"):
            one, other = getattr(found, name), getattr(again, name)
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        for name in ("levels", "edges", "config", "seed"):
            assert getattr(again, name) == getattr(found, name)
        assert math.isnan(again.seconds)
        for coarseness in (0.0, 0.3, 1.0):
            config = found.config.replace(coarseness=coarseness)
            one, other = cut_level(found, config), cut_level(again, config)
            np.testing.assert_array_equal(one.labels, other.labels)
            np.testing.assert_array_equal(one.confidence, other.confidence)
    assert again.save(tmp_path / "again.npz").read_bytes() == path.read_bytes()
    with pytest.raises(OutputError, match=r"use \.npz"):
        found.save(tmp_path / "levels.zip")
    assert names(tmp_path) == ["again.npz", "levels.npz"]


def test_more_pixels_than_allowed_are_not_read(tmp_path: Path) -> None:
    path = random_levels((10, 20)).save(tmp_path / "levels.npz")
    with pytest.raises(ImageError, match="max_pixels"):
        Hierarchy.load(path, max_pixels=199)
    assert Hierarchy.load(path, max_pixels=None).regions.shape == (10, 20)


def test_cuts_of_the_contour_map_are_cuts(found: Hierarchy) -> None:
    double = found.ucm(double=True)
    assert double.shape == (81, 113)
    np.testing.assert_array_equal(double[1::2, 1::2], 0)
    for cost in (0.0, float(found.costs[-20]), found.cost(0.4), float(found.costs[-1])):
        assert same_parts(cut_hierarchy(double, cost), pieces(found.cut(cost=cost)))


def test_a_contour_map_keeps_its_costs_in_a_file(found: Hierarchy, tmp_path: Path) -> None:
    ucm = found.ucm()
    np.testing.assert_array_equal(np.load(found.save_ucm(tmp_path / "u.npy")), ucm)
    deep = np.asarray(Image.open(found.save_ucm(tmp_path / "u.tif")))
    np.testing.assert_array_equal(deep, ucm.astype(np.float32))
    value = np.asarray(Image.open(found.save_ucm(tmp_path / "u.PNG"))).astype(float)
    np.testing.assert_allclose(10 * value / (65535 - value), ucm, atol=0.005)
    assert as_image(tmp_path / "u.PNG").max() > 0.15
    with pytest.raises(OutputError, match=r"u\.jpg: suffix '\.jpg'; use \.png"):
        found.save_ucm(tmp_path / "u.jpg")
    assert names(tmp_path) == ["u.PNG", "u.npy", "u.tif"]
    assert UCM_SUFFIXES[:2] == (".png", ".tif")


def test_the_tree_has_what_the_cuts_have(found: Hierarchy) -> None:
    tree = found.tree()
    count = found.n_regions
    assert len(tree.parents) == 2 * count - 1
    assert tree.areas[-1] == found.regions.size
    np.testing.assert_array_equal(tree.areas[:count], np.bincount(found.regions.ravel()))
    assert (tree.parents[:-1] > np.arange(2 * count - 2)).all()
    cost = float(found.costs[-9])
    tops = (tree.altitudes <= cost) & (tree.altitudes[tree.parents] > cost)
    sizes = np.bincount(found.cut(cost=cost).ravel())[1:]
    np.testing.assert_array_equal(np.sort(tree.areas[tops])[::-1], sizes)


@pytest.mark.filterwarnings("ignore::segprior.EmptyResultWarning")
def test_one_region_says_nothing_of_how_sure_it_is() -> None:
    levels = segment_hierarchy(np.full((9, 12, 3), 7, np.uint8))
    assert (levels.n_regions, levels.ucm().max(), levels.ucm(double=True).max()) == (1, 0, 0)
    found = cut_level(levels, levels.config.replace(min_classes=3))
    assert (found.n_labels, found.score) == (1, 0)
    with pytest.raises(ImageError, match="not the 2 classes"):
        cut_level(levels, levels.config.replace(classes=2))
    assert levels._repr_png_()


def test_small_pieces_are_given_away_by_their_colours(found: Hierarchy) -> None:
    with pytest.raises(ConfigError, match="min_size=9 looks at the colours of the image"):
        cut_level(found, found.config.replace(min_size=9))
