"""Hierarchies to score: where they are cut, how those of files are read, what one image scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from segprior.config.running import CurveConfig
from segprior.errors import ImageError
from segprior.io.files.budget import pixel_limit
from segprior.io.ground_truth import Regions, read_contours
from segprior.messages import Setting
from segprior.methods.multiclass.levels import Hierarchy

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MOST",
    "SAVED",
    "Cuts",
    "Tree",
    "as_tree",
    "even_ratios",
    "even_steps",
    "of_costs",
    "of_folder",
    "read_tree",
    "score_maps",
    "score_tree",
    "true_boundaries",
]

SAVED = ".npz"
"""Suffix of our own hierarchies; all other files hold contour maps."""

MOST = 2000
"""Segments of the finest cut by number."""


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """Where all hierarchies of one method are cut.

    Attributes
    ----------
    regions, boundaries : tuple of float
        Thresholds, rising, for the scores of regions and for those of boundaries; or numbers of
        segments, falling.
    by_number : bool
        Whether they are numbers of segments.
    """

    regions: tuple[float, ...]
    boundaries: tuple[float, ...]
    by_number: bool = False


class Tree(NamedTuple):
    """The hierarchy of one image.

    Attributes
    ----------
    regions : ndarray of int, shape (H, W)
        The n finest segments, from 0.
    merges : ndarray of int, shape (n - 1, 2)
        Which of them become one, in this order.
    costs : ndarray of float64, shape (n - 1,)
        What each merge costs; never falling.
    contours : ndarray of float64, shape (H, W), or None
        Strength of its boundaries, where it came as a contour map.
    """

    regions: NDArray[Any]
    merges: NDArray[Any]
    costs: NDArray[np.float64]
    contours: NDArray[np.float64] | None = None


def even_steps(config: CurveConfig) -> Cuts:
    """Cut contour maps as the Berkeley benchmark does: n thresholds part 0 to 1 evenly."""

    def spread(count: int) -> tuple[float, ...]:
        step = 1 / (count + 1)
        return tuple(np.linspace(*(config.span or (step, 1 - step)), count).tolist())

    return Cuts(regions=spread(config.thresholds), boundaries=spread(config.boundary_thresholds))


def even_ratios(config: CurveConfig, span: tuple[float, float], *, few: bool = False) -> Cuts:
    """Cut at even steps of a logarithm.

    Parameters
    ----------
    config : CurveConfig
    span : (float, float)
        From where to where, if the configuration does not say.
    few : bool
        Whether regions too are scored at the thresholds of the boundaries only.
    """

    def spread(count: int) -> tuple[float, ...]:
        return tuple(np.geomspace(*(config.span or span), count).tolist())

    boundaries = spread(config.boundary_thresholds)
    return Cuts(regions=boundaries if few else spread(config.thresholds), boundaries=boundaries)


def of_costs(config: CurveConfig) -> Cuts:
    """Cut at numbers of segments, from many to one, unless the configuration names costs.

    What a cost means differs from method to method; what ten segments are does not.
    """
    if config.span is not None:
        return even_ratios(config, config.span)
    return Cuts(
        regions=_numbers(config.thresholds),
        boundaries=_numbers(config.boundary_thresholds),
        by_number=True,
    )


def _numbers(count: int) -> tuple[int, ...]:
    """So many whole numbers from :data:`MOST` down to 1, in even ratios but for the least."""
    steps = count
    while len(found := np.unique(np.rint(np.geomspace(1, MOST, steps)).astype(int))) < count:
        steps += 1
    return tuple(found[::-1].tolist())


def of_folder(folder: str, paths: Sequence[Path], config: CurveConfig) -> Cuts:
    """Decide where to cut the hierarchies in a folder.

    Raises
    ------
    ImageError
        If some are of ours and some are contour maps, which have no cut in common.
    """
    ours = {path.suffix.lower() == SAVED for path in paths}
    if len(ours) > 1:
        raise ImageError(
            f"{folder} has {SAVED} files and contour maps; put them into a folder each"
        )
    return of_costs(config) if ours == {True} else even_steps(config)


def read_tree(path: Path, shape: tuple[int, int], cuts: Cuts) -> Tree:
    """Read the hierarchy that some program made of an image.

    Parameters
    ----------
    path : pathlib.Path
        A ``.npz`` file of :class:`segprior.Hierarchy`, or an ultrametric contour map of the
        image's size or of double size.
    shape : (int, int)
        Of the image.
    cuts : Cuts
        Where it will be cut.

    Raises
    ------
    ImageError
        If the file cannot be read or holds something else, or a contour map is not one from 0 to 1
        though it is cut as such.
    """
    from segprior.metrics.hierarchies import contour_tree

    if path.suffix.lower() == SAVED:
        return as_tree(Hierarchy.load(path, max_pixels=pixel_limit()))
    contours = read_contours(path)
    try:
        found = contour_tree(contours, shape)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    if contours.max() > 1 > cuts.regions[-1]:
        raise ImageError(
            f"{path}: contours as strong as {contours.max():g}, and no cut above 1",
            cure=("say where to cut by ", Setting("span")),
        )
    small = contours if contours.shape == shape else contours[2::2, 2::2]
    return Tree(*found, contours=small)


def as_tree(found: Hierarchy) -> Tree:
    """Take what is scored from a hierarchy of ours."""
    return Tree(found.regions, found.merges, found.costs)


def score_tree(tree: Tree, truth: Regions, cuts: Cuts, *, boundaries: bool) -> dict[str, Any]:
    """Score a hierarchy against what people drew.

    Returns
    -------
    dict
        ``cuts``, the scores of :class:`segprior.metrics.SettingScores`, and ``boundaries``, those
        of :class:`segprior.metrics.BoundaryScores` or None: plain values. If it is cut by numbers
        both also hold ``costs``, at which the cuts are reached.
    """
    from segprior.metrics.curves import BoundaryScores
    from segprior.metrics.settings import SettingScores

    tables, costs = _cut(tree, cuts.regions, cuts.by_number)
    found = SettingScores(cuts.regions).add_tables(truth.labels, tree.regions, tables)
    row: dict[str, Any] = {"cuts": found | costs, "boundaries": None}
    if not boundaries:
        return row
    scores, drawn = BoundaryScores(cuts.boundaries), true_boundaries(truth)
    if tree.contours is not None:
        return row | {"boundaries": scores.add_soft(drawn, tree.contours)}
    tables, costs = _cut(tree, cuts.boundaries, cuts.by_number)
    edges = scores.add_labels(drawn, [table[tree.regions] for table in tables])
    return row | {"boundaries": edges | costs}


def _cut(
    tree: Tree, settings: Sequence[float], by_number: bool
) -> tuple[NDArray[np.int32], dict[str, list[float]]]:
    """The segment of each region at each cut; of cuts by number also the cost that reaches each."""
    from segprior.metrics.hierarchies import cut_tables

    if not by_number:
        return cut_tables(tree.merges, tree.costs, settings), {}
    count = len(tree.costs)
    done = [max(count + 1 - int(number), 0) for number in settings]
    reached = np.append(tree.costs.min(initial=0.0), tree.costs)[done]
    return cut_tables(tree.merges, range(1, count + 1), done), {"costs": reached.tolist()}


def score_maps(
    maps: Sequence[NDArray[Any]], truth: Regions, cuts: Cuts, *, boundaries: bool
) -> dict[str, Any]:
    """Score a label map for each cut in the same way."""
    from segprior.metrics.curves import BoundaryScores
    from segprior.metrics.settings import SettingScores

    row: dict[str, Any] = {
        "cuts": SettingScores(cuts.regions).add(truth.labels, maps),
        "boundaries": None,
    }
    if boundaries:
        scores = BoundaryScores(cuts.boundaries)
        row["boundaries"] = scores.add_labels(true_boundaries(truth), maps)
    return row


def true_boundaries(truth: Regions) -> list[NDArray[np.bool_]]:
    """Return the boundaries that people drew, those of their labels if the files hold no others."""
    from segprior.metrics.boundaries import label_boundaries, thin

    return truth.boundaries or [thin(label_boundaries(drawn)) for drawn in truth.labels]
