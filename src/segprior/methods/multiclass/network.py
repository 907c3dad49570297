"""The classes of an image by a network: superpixels, the fit, what is joined, the full size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.callbacks import Callback
from segprior.errors import ConfigError, ImageError
from segprior.image.resize import resize, working_shape
from segprior.image.upsampling import enlarge
from segprior.methods.multiclass.classes import Classes
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.scribbles import shrink_scribbles
from segprior.prior.prior import Prior, fit_prior
from segprior.regions.label_map import by_area, join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.nn.clustering.training import Clusters

__all__ = ["channels_of_classes", "network_classes", "superpixels_of"]


def network_classes(
    full: NDArray[np.float32],
    config: SegmentConfig,
    *,
    seed: int,
    device: str,
    callback: Callback | None,
    prior: Prior | None,
    marks: NDArray[np.int64] | None,
) -> Classes:
    """Find the classes of an image by training a network on the labels that it gives.

    Parameters
    ----------
    full : ndarray of float32, shape (H, W, C)
        Not of one colour.
    config, seed, device, callback, prior
        As in :func:`segprior.segment`.
    marks : ndarray of int64, shape (H, W), optional
        Scribbles, 0 where there are none.

    Raises
    ------
    ImageError
        If there never were as many classes as asked for.
    ConfigError
        If there are more marks than classes.
    """
    small = resize(full, working_shape(full.shape, config.working_size))
    evidence: dict[str, float] = {}
    superpixels = None
    if config.method == "backprop" and config.superpixels != "none":
        source = small
        if config.superpixels == "prior":
            if prior is None:
                prior = fit_prior(
                    full, config=config.prior, rng=seed, device=device, callback=callback
                )
            source = resize(prior.fitted, small.shape[:2])
        superpixels = superpixels_of(source, config)
        evidence["superpixels"] = float(superpixels.max()) + 1

    known, channels = _known(marks, small.shape[:2], config)
    least = config.classes or max(config.min_classes, len(known))
    found = _cluster(small, config, seed, device, superpixels, channels, least, callback)
    classes = channels_of_classes(found, small, config, len(known))
    labels, confidence = _at_full_size(found, classes, full.shape[:2])
    return Classes(
        labels=labels,
        confidence=confidence,
        evidence=evidence | _evidence(found, least),
        curves={"labels": found.counts, "loss": found.losses},
        numbered=lambda labels: _numbered(labels, classes, known),
    )


def superpixels_of(source: NDArray[np.float32], config: SegmentConfig) -> NDArray[np.int32]:
    """Find superpixels as the configuration says."""
    from segprior.features.superpixels import find_superpixels

    return find_superpixels(
        source, n_superpixels=config.n_superpixels, compactness=config.compactness
    )


def _known(
    marks: NDArray[np.int64] | None, shape: tuple[int, int], config: SegmentConfig
) -> tuple[list[int], NDArray[np.int64] | None]:
    """The marks that there are, and for each pixel the number of its mark among them or -1."""
    if marks is None:
        return [], None
    known = np.unique(marks[marks > 0])
    most = min(config.classes or config.channels, config.max_classes or config.channels)
    if len(known) > most:
        raise ConfigError(
            f"got scribbles of {len(known)} labels for at most {most} classes; allow more classes"
        )
    small = shrink_scribbles(marks, shape)
    return known.tolist(), np.where(small > 0, np.searchsorted(known, small), -1)


def _cluster(
    small: NDArray[np.float32],
    config: SegmentConfig,
    seed: int,
    device: str,
    superpixels: NDArray[np.int32] | None,
    marks: NDArray[np.int64] | None,
    least: int,
    callback: Callback | None,
) -> Clusters:
    # torch takes a second to load, so what is wrong with the arguments is told before that.
    from segprior.nn.clustering.training import cluster
    from segprior.runtime.devices import resolve_device

    return cluster(
        small,
        config,
        seed,
        resolve_device(device),
        superpixels=superpixels,
        marks=marks,
        least=least,
        callback=callback,
    )


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
            f"found {len(present)} classes, not the {config.classes} asked for; pass fewer "
            "classes, or a larger working_size"
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
    maps = np.stack([found.response[..., channels].amax(-1).numpy() for channels in classes])
    labels = np.zeros(shape, np.int32)
    confidence = np.ones(shape, np.float32)
    if len(classes) == 1:
        return labels, confidence
    for rows, strip in enlarge(maps, shape):
        labels[rows] = strip.argmax(axis=0)
        strip -= strip.max(axis=0)
        np.exp(strip, out=strip)
        first, second = np.partition(-strip, 1, axis=0)[:2]
        confidence[rows] = (second - first) / strip.sum(axis=0)
    for lost in set(range(len(classes))) - set(np.unique(labels).tolist()):
        own = maps.argmax(axis=0) == lost
        rows, columns = (np.arange(n) * m // n for n, m in zip(shape, own.shape, strict=True))
        labels[own[rows[:, None], columns]] = lost
    return labels, confidence


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
