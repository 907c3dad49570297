"""The classes of an image by a network: the fit, what is joined, the full size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, ImageError
from segprior.image.pyramid import Pyramid
from segprior.image.upsampling import enlarge
from segprior.io.marks.marks import shrink
from segprior.messages import Setting
from segprior.methods.method import Context
from segprior.methods.multiclass.classes import Classes
from segprior.regions.label_map import by_area, join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.methods.multiclass.config import SegmentConfig
    from segprior.nn.clustering.training import Clusters

__all__ = [
    "BLANK",
    "PRESET",
    "Guide",
    "channels_of_classes",
    "check_classes",
    "network_classes",
    "softmax_margin",
]

# What methods that train a network start from, beside their own options.
PRESET: dict[str, Any] = {"prior": PriorConfig(), "working_size": 160, "min_classes": 3}
BLANK = {"iterations": 0.0, "found": 1.0, "reached": 0.0}


@dataclass(frozen=True, kw_only=True, eq=False)
class Guide:
    """What a network is told beside its own labels.

    Attributes
    ----------
    superpixels : ndarray of int32, shape (h, w), or None
        In each of which labels are made constant by majority; from 0.
    continuity : callable or None
        From the number of labels to the weight of the differences between neighbours.
    """

    superpixels: NDArray[np.int32] | None = None
    continuity: Callable[[int], float] | None = None


def network_classes(image: Pyramid, context: Context, guide: Guide) -> Classes:
    """Find the classes of an image by training a network on the labels that it gives.

    Parameters
    ----------
    image : Pyramid
        Not of one colour.
    context : Context
        Whose configuration has the options of a network.
    guide : Guide
        At the working size.

    Raises
    ------
    ImageError
        If there never were as many classes as asked for.
    ConfigError
        If there are more marks than classes.
    """
    config: SegmentConfig = context.config
    small = image.at(config.working_size)
    known, channels = _known(context.marks, small.shape[:2], config)
    least = config.classes or max(config.min_classes, len(known))
    from segprior.nn.clustering.training import cluster

    found = cluster(
        small,
        config.options,
        context.seed,
        context.device,
        superpixels=guide.superpixels,
        continuity=guide.continuity,
        marks=channels,
        least=least,
        callback=context.callback,
    )
    classes = channels_of_classes(found, small, config, len(known))
    labels, confidence = _at_full_size(found, classes, image.shape)
    evidence = _evidence(found, least)
    if guide.superpixels is not None:
        evidence = {"superpixels": float(guide.superpixels.max()) + 1, **evidence}
    return Classes(
        labels=labels,
        confidence=confidence,
        evidence=evidence,
        curves={"labels": found.counts, "loss": found.losses},
        numbered=lambda labels: _numbered(labels, classes, known),
    )


def check_classes(config: SegmentConfig) -> None:
    """Refuse more classes than the network has channels.

    Raises
    ------
    ConfigError
        If there are.
    """
    channels = config.options.channels
    for name in ("min_classes", "max_classes", "classes"):
        value = getattr(config, name)
        if value is not None and value > channels:
            raise ConfigError(
                " with ",
                Setting("channels", channels),
                option=name,
                got=value,
                cure="pass at least as many channels as classes",
            )


def _known(
    marks: NDArray[np.int64] | None, shape: tuple[int, int], config: SegmentConfig
) -> tuple[list[int], NDArray[np.int64] | None]:
    """The marks that there are, and for each pixel the number of its mark among them or -1."""
    if marks is None:
        return [], None
    known = np.unique(marks[marks > 0])
    channels = config.options.channels
    most = min(config.classes or channels, config.max_classes or channels)
    if len(known) > most:
        raise ConfigError(
            f"got scribbles of {len(known)} labels for at most {most} classes; allow more classes"
        )
    small = shrink(marks, shape)
    return known.tolist(), np.where(small > 0, np.searchsorted(known, small), -1)


def channels_of_classes(
    found: Clusters, small: NDArray[np.float32], config: SegmentConfig, marked: int = 0
) -> list[NDArray[np.intp]]:
    """Join labels to as many classes as may be; return the channels that make up each.

    Parameters
    ----------
    found : Clusters
        What the network has found.
    small : ndarray of float32, shape (h, w, C)
        What it was fitted to.
    config : SegmentConfig
        How many classes there may be.
    marked : int
        How many of the first channels have scribbles, and are not joined to each other.

    Raises
    ------
    ImageError
        If there are not as many classes as asked for.
    """
    present, dense = np.unique(found.labels, return_inverse=True)
    most = config.classes or config.max_classes
    if config.classes is not None and len(present) < config.classes:
        raise ImageError(
            f"found {len(present)} classes, not the {config.classes} asked for",
            cure=("pass fewer classes, or a larger ", Setting("working_size")),
        )
    if most is None or len(present) <= most:
        return [np.array([channel]) for channel in present]
    keep = int(np.searchsorted(present, marked))
    joined = join(dense.reshape(found.labels.shape), small, most, keep)
    return [present[joined == number] for number in range(most)]


def _at_full_size(
    found: Clusters, classes: list[NDArray[np.intp]], shape: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Labels, from 0, and confidence at the size of the image."""
    maps = np.stack([found.response[..., channels].max(-1) for channels in classes])
    labels = np.zeros(shape, np.int32)
    confidence = np.ones(shape, np.float32)
    if len(classes) == 1:
        return labels, confidence
    for rows, strip in enlarge(maps, shape):
        labels[rows] = strip.argmax(axis=0)
        confidence[rows] = softmax_margin(strip)
    for lost in set(range(len(classes))) - set(np.unique(labels).tolist()):
        own = maps.argmax(axis=0) == lost
        rows, columns = (np.arange(n) * m // n for n, m in zip(shape, own.shape, strict=True))
        labels[own[rows[:, None], columns]] = lost
    return labels, confidence


def softmax_margin(response: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far the likeliest class is before the second by softmax, in [0, 1].

    Parameters
    ----------
    response : ndarray of float32, shape (K, h, w)
        To each of at least two classes.

    Returns
    -------
    ndarray of float32, shape (h, w)
    """
    shares = response - response.max(axis=0)
    np.exp(shares, out=shares)
    first, second = np.partition(-shares, 1, axis=0)[:2]
    margin: NDArray[np.float32] = (second - first) / shares.sum(axis=0)
    return margin


def _evidence(found: Clusters, least: int) -> dict[str, float]:
    reached = np.flatnonzero(found.counts <= least)
    return {
        "iterations": float(len(found.counts)),
        "found": float(np.unique(found.labels).size),
        "reached": float(reached[0] + 1) if reached.size else 0.0,
    }


def _numbered(
    labels: NDArray[np.int32], classes: list[NDArray[np.intp]], known: list[int]
) -> NDArray[np.int32]:
    """Labels by area, but for those that scribbles gave a number."""
    named = {
        number: known[channels.min()]
        for number, channels in enumerate(classes)
        if channels.min() < len(known)
    }
    if not named:
        return by_area(labels)
    sizes = np.bincount(labels.ravel(), minlength=len(classes))
    free = (number for number in range(1, len(classes) + max(known) + 1) if number not in known)
    table = np.zeros(len(classes), np.int32)
    for number in np.argsort(-sizes, kind="stable").tolist():
        table[number] = named[number] if number in named else next(free)
    return table[labels]
