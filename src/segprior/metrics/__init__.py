"""Scores: foreground masks, regions and boundaries against what people drew.

For others: the names below, functions of two arrays and sums of their scores over images.
"""

from __future__ import annotations

from segprior.metrics.boundaries import (
    BoundaryCounts,
    boundary_counts,
    label_boundaries,
    match_boundaries,
    thin,
)
from segprior.metrics.curves import BoundaryScores
from segprior.metrics.hierarchies import contour_tree, cut_tables
from segprior.metrics.instances import (
    InstanceScores,
    average_precision,
    count_error,
    match_counts,
)
from segprior.metrics.masks import MaskScores, accuracy, f_beta, iou, mean_absolute_error
from segprior.metrics.regions import (
    RegionScores,
    best_ious,
    components,
    covering,
    cut_hierarchy,
    rand_index,
    variation_of_information,
)
from segprior.metrics.settings import SettingScores
from segprior.metrics.tables import Contingency, contingency

__all__ = [
    "BoundaryCounts",
    "BoundaryScores",
    "Contingency",
    "InstanceScores",
    "MaskScores",
    "RegionScores",
    "SettingScores",
    "accuracy",
    "average_precision",
    "best_ious",
    "boundary_counts",
    "components",
    "contingency",
    "contour_tree",
    "count_error",
    "covering",
    "cut_hierarchy",
    "cut_tables",
    "f_beta",
    "iou",
    "label_boundaries",
    "match_boundaries",
    "match_counts",
    "mean_absolute_error",
    "rand_index",
    "thin",
    "variation_of_information",
]
