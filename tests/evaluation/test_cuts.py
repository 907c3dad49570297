from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from segprior.config.running import CurveConfig
from segprior.errors import ImageError
from segprior.evaluation.cuts import (
    MOST,
    Cuts,
    Tree,
    as_tree,
    even_ratios,
    even_steps,
    of_costs,
    of_folder,
    read_tree,
    score_maps,
    score_tree,
    true_boundaries,
)
from segprior.io.ground_truth import Regions
from segprior.methods.multiclass.hierarchy import segment_hierarchy
from segprior.metrics import label_boundaries
from tests.helpers.evaluation import quarters

FEW = CurveConfig(thresholds=5, boundary_thresholds=3)
CUTS = Cuts(regions=(0.1, 0.3, 0.5, 0.7), boundaries=(0.1, 0.5))


def test_contour_maps_are_cut_where_the_benchmark_cuts_them() -> None:
    cuts = even_steps(FEW)
    assert cuts.regions == tuple(np.linspace(1 / 6, 1 - 1 / 6, 5))
    assert cuts.boundaries == (0.25, 0.5, 0.75)
    assert even_steps(FEW.replace(span=(2.0, 6.0))).regions == (2, 3, 4, 5, 6)
    assert len(even_steps(CurveConfig()).regions) == 99


def test_scales_are_cut_at_even_ratios() -> None:
    cuts = even_ratios(FEW, (1.0, 16.0))
    assert cuts.regions == pytest.approx((1, 2, 4, 8, 16))
    assert cuts.boundaries == pytest.approx((1, 4, 16))
    assert even_ratios(FEW, (1.0, 16.0), few=True).regions == cuts.boundaries
    assert even_ratios(FEW.replace(span=(3.0, 12.0)), (1.0, 2.0)).boundaries == pytest.approx(
        (3, 6, 12)
    )


@pytest.mark.parametrize("count", [2, 3, 30, 99, 500])
def test_costs_are_cut_at_numbers_of_segments(count: int) -> None:
    cuts = of_costs(CurveConfig(thresholds=count, boundary_thresholds=2))
    assert cuts.by_number
    assert len(cuts.regions) == count
    assert [cuts.regions[0], cuts.regions[-1]] == [MOST, 1]
    assert (np.diff(cuts.regions) < 0).all()
    assert list(cuts.boundaries) == [MOST, 1]
    assert of_costs(FEW.replace(span=(1.0, 4.0))) == even_ratios(FEW, (1.0, 4.0))


def test_a_folder_is_cut_as_its_files_want() -> None:
    npz, mat, png = Path("a.npz"), Path("b.mat"), Path("c.png")
    assert of_folder("x", [npz, Path("b.NPZ")], FEW) == of_costs(FEW)
    assert of_folder("x", [mat, png], FEW) == even_steps(FEW)
    with pytest.raises(ImageError, match=r"x has .npz files and contour maps; put them into"):
        of_folder("x", [npz, mat], FEW)


def ucm2_of_quarters() -> NDArray[np.float64]:
    """Halves part at 0.6, the left one's halves at 0.4, the right one's at 0.2."""
    ucm2 = np.zeros((17, 25))
    ucm2[8, :12] = 0.4
    ucm2[8, 13:] = 0.2
    ucm2[:, 12] = 0.6
    return ucm2


@pytest.mark.parametrize("name", ["a.mat", "small.mat", "a.png", "small.png", "a.npy", "small.npy"])
def test_contour_maps_of_any_file_and_both_sizes(tmp_path: Path, name: str) -> None:
    ucm2 = ucm2_of_quarters()
    small = ucm2[2::2, 2::2]
    values = small if name.startswith("small") else ucm2
    if name.endswith(".mat"):
        savemat(tmp_path / name, {"ucm" if values is small else "ucm2": values})
    elif name.endswith(".npy"):
        np.save(tmp_path / name, values)
    else:
        Image.fromarray(np.rint(values * 65535).astype(np.uint16)).save(tmp_path / name)
    tree = read_tree(tmp_path / name, (8, 12), CUTS)
    assert tree.costs == pytest.approx([0.2, 0.4, 0.6], abs=1e-5)
    assert tree.contours == pytest.approx(small, abs=1e-5)
    labels = quarters()
    # In the size of the image a corner that is all contour may go to either side.
    sure = np.ones(labels.shape, bool)
    sure[3, 5] = False
    for label in range(1, 5):
        assert len(np.unique(tree.regions[sure & (labels == label)])) == 1
    assert len(np.unique(tree.regions)) == 4


def test_our_own_files_are_read(tmp_path: Path) -> None:
    image = np.repeat(np.repeat([[0.1, 0.9], [0.4, 0.6]], 16, axis=0), 16, axis=1)
    found = segment_hierarchy(image, channel_axis=None, edges="image")
    tree = read_tree(found.save(tmp_path / "a.npz"), (32, 32), CUTS)
    assert tree.contours is None
    for ours, theirs in zip(tree[:3], as_tree(found)[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert len(tree.costs) == len(np.unique(tree.regions)) - 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            np.zeros((3, 4)),
            r"a.npy: a contour map of shape \(3, 4\) for an image of shape \(8, 12\)",
        ),
        (-ucm2_of_quarters(), "a.npy: .* below 0"),
        (100 * ucm2_of_quarters(), "a.npy: contours as strong as 60, and no cut above 1; .*span"),
    ],
)
def test_what_is_no_contour_map_is_named(
    tmp_path: Path, values: NDArray[Any], message: str
) -> None:
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(ImageError, match=message):
        read_tree(tmp_path / "a.npy", (8, 12), CUTS)


def test_contours_above_1_are_for_those_who_say_where_to_cut(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", 100 * ucm2_of_quarters())
    cuts = even_steps(FEW.replace(span=(1.0, 80.0)))
    assert read_tree(tmp_path / "a.npy", (8, 12), cuts).costs == pytest.approx([20, 40, 60])


def test_a_contour_map_scores_as_its_tree_and_as_its_cuts() -> None:
    ucm2, labels = ucm2_of_quarters(), quarters()
    truth = Regions([np.where(labels == 2, 1, labels), labels], None)
    regions, merges, costs = labels - 1, np.array([[2, 3], [0, 1], [0, 2]]), [0.2, 0.4, 0.6]
    tree = Tree(regions, merges, np.array(costs))
    alone = score_tree(tree, truth, CUTS, boundaries=True)
    # All four; three, as one of the two drew; the halves; one.
    one, other = np.where(labels == 4, 3, labels), np.where(labels > 2, 3, 1)
    maps = [labels, one, other, np.ones_like(labels)]
    assert alone["cuts"] == score_maps(maps, truth, CUTS, boundaries=False)["cuts"]
    assert alone["cuts"]["segments"] == [4, 3, 2, 1]
    edges = Cuts(regions=(0.1, 0.5), boundaries=(0.1, 0.5))
    swept = score_maps([labels, other], truth, edges, boundaries=True)
    assert alone["boundaries"] == swept["boundaries"]
    drawn = tree._replace(contours=ucm2[2::2, 2::2])
    assert score_tree(drawn, truth, CUTS, boundaries=True) == alone
    assert score_tree(tree, truth, CUTS, boundaries=False)["boundaries"] is None


def test_cuts_by_number_are_those_of_thresholds_with_their_costs() -> None:
    labels = quarters()
    truth = Regions([labels, np.where(labels > 2, 3, 1)], None)
    merges = np.array([[2, 3], [0, 1], [0, 2]])
    tree = Tree(labels - 1, merges, np.array([0.2, 0.4, 0.6]))
    by_cost = Cuts(regions=(0.0, 0.2, 0.4, 0.6), boundaries=(0.0, 0.4))
    by_number = Cuts(regions=(9, 3, 2, 1), boundaries=(4, 2), by_number=True)
    expected = score_tree(tree, truth, by_cost, boundaries=True)
    found = score_tree(tree, truth, by_number, boundaries=True)
    # Of more segments than there are regions it is the regions.
    assert found["cuts"].pop("costs") == [0, 0.2, 0.4, 0.6]
    assert found["boundaries"].pop("costs") == [0, 0.4]
    assert found == expected
    alone = Tree(np.zeros((8, 12), int), merges[:0], np.zeros(0))
    found = score_tree(alone, truth, by_number, boundaries=False)
    assert (found["cuts"]["segments"], found["cuts"]["costs"]) == ([1] * 4, [0] * 4)


def test_true_boundaries_are_those_of_the_files_or_one_pixel_wide() -> None:
    labels = np.tril(np.ones((9, 9), int))
    files = [np.eye(9, dtype=bool)]
    assert true_boundaries(Regions([labels], files)) is files
    (found,) = true_boundaries(Regions([labels], None))
    assert 0 < found.sum() < label_boundaries(labels).sum()
