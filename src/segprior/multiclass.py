"""Many classes, their number unknown: clustering by backpropagation, helped by the prior."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.callbacks import Callback
from segprior.config import resolve
from segprior.errors import ConfigError, ImageError
from segprior.images import as_image, resize, working_shape
from segprior.prior import Prior, fit_prior
from segprior.refine import enlarge
from segprior.regions import absorb, by_area, join, pieces
from segprior.result import Segmentation
from segprior.scribbles import as_scribbles, shrink_scribbles
from segprior.seeds import RandomSource, as_seed
from segprior.segment_config import SegmentConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.clusterer import Clusters

__all__ = ["segment"]

# As for the foreground: less than one level of a 16-bit image.
SAME_COLOUR = 1e-6


def segment(
    image: Any,
    *,
    preset: str | None = None,
    config: SegmentConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    channel_axis: int | None = -1,
    callback: Callback | None = None,
    prior: Prior | None = None,
    scribbles: Any = None,
    **overrides: Any,
) -> Segmentation:
    """Divide an image into classes, with nothing but that image.

    A small network gives each pixel a response of ``channels`` numbers, the largest of which is
    its label; the labels are made constant in each superpixel by majority (``backprop``), or
    neighbours are asked to be alike (``continuity``, ``dynamic``); the network is trained on
    these labels, and gives new ones. Their number falls by itself.

    Parameters
    ----------
    image : str, path, bytes, file object, PIL image, array or tensor of shape (H, W) or (H, W, C)
        Anything that :func:`segprior.images.as_image` takes.
    preset : str, optional
        ``"fast"``, the default, or ``"published"``.
    config : SegmentConfig, optional
        All options at once, instead of a preset.
    rng : int, numpy.random.Generator or None
        Seed of the prior and of the network.
    device : str
        Where to compute: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    channel_axis : int or None
        Which axis of an array holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration of the prior (stage ``"prior"``) and of the clustering
        (``"segment"``), see :mod:`segprior.callbacks`.
    prior : Prior, optional
        A prior fitted to this image before. Its own configuration takes the place of
        ``config.prior``.
    scribbles : str, path, or array of int of shape (H, W) or (K, 3), optional
        Pixels whose label is known: a label picture in which 0 and 255 are unmarked, or points of
        row, column and label; see :func:`segprior.scribbles.as_scribbles`. The fit comes to
        an end at no fewer labels than there are marks.
    **overrides
        Options of :class:`segprior.segment_config.SegmentConfig`, or, where that has none of the
        name, of :class:`segprior.config.PriorConfig`, in place of those of the preset or the
        config.

    Returns
    -------
    Segmentation
        ``labels`` is int32, 1 to n from the largest area to the smallest. With scribbles, a class
        that was marked has the number of the mark, and the others get the numbers left over.

        ``confidence`` of a pixel is the difference of the two largest shares in the softmax over
        classes, where the response of a class is the largest among its channels at the working
        size, enlarged bilinearly; 1 if there is but one class.

        ``score`` is the mean confidence.

        ``evidence`` holds ``iterations``, how many were done; ``found``, the classes before any
        were joined; ``reached``, the iteration at which the smallest number asked for was reached,
        or 0; and ``superpixels``, their number, where there were any.

        ``curves`` holds ``labels`` and ``loss`` over the iterations.

        ``seconds`` counts the fit of the prior if this call made one.

    Raises
    ------
    ImageError
        If the image or the scribbles cannot be used, or there never were as many classes as
        ``classes`` asks for.
    ConfigError
        If an option is not valid, or ``prior`` was fitted to an image of another shape.

    Notes
    -----
    With ``classes=n`` the fit comes to an end at n labels; if it jumps below, the last iteration
    with at least n counts. What is more than n then, as with ``max_classes``, is joined, the pair
    of classes first whose union adds least to the squared distances of the pixels from the mean
    colour of their class (Ward's criterion).

    An image of one colour is one class with confidence 0.

    References
    ----------
    .. [1] A. Kanezaki, "Unsupervised Image Segmentation by Backpropagation", ICASSP 2018.
    .. [2] W. Kim, A. Kanezaki and M. Tanaka, "Unsupervised Learning of Image Segmentation Based
       on Differentiable Feature Clustering", IEEE TIP 29 (2020), arXiv:2007.09990.
    .. [3] B. Guermazi, R. Ksantini and N. Khan, "DynaSeg: A Deep Dynamic Fusion Method for
       Unsupervised Image Segmentation", 2024, arXiv:2405.05477.
    .. [4] S. Azulay, "Deep Segmentation Prior", 2019,
       github.com/shaharazulay/deep-segmentation-prior.

    Examples
    --------
    >>> import numpy as np
    >>> import segprior
    >>> image = np.full((32, 48, 3), 40, np.uint8)
    >>> image[8:24, 12:36] = (200, 40, 40)
    >>> found = segprior.segment(image, classes=2, superpixels="image", n_superpixels=100)
    >>> np.unique(found.labels).tolist(), found.labels[16, 24].item()
    ([1, 2], 2)
    """
    config = resolve(SegmentConfig, preset, config, overrides)
    seed = as_seed(rng)
    start = time.perf_counter()
    full = as_image(image, channel_axis=channel_axis)
    shape = full.shape[:2]
    if prior is not None:
        config = dataclasses.replace(config, prior=_checked(prior, full.shape, config).config)
    marks = None if scribbles is None else as_scribbles(scribbles, shape)
    if np.ptp(full, axis=(0, 1)).max() <= SAME_COLOUR:
        return _blank(shape, config, seed, start)
    small = resize(full, working_shape(full.shape, config.working_size))

    evidence: dict[str, float] = {}
    superpixels = None
    if _uses_superpixels(config):
        source = small
        if config.superpixels == "prior":
            if prior is None:
                prior = fit_prior(
                    full, config=config.prior, rng=seed, device=device, callback=callback
                )
            source = resize(prior.fitted, small.shape[:2])
        superpixels = _superpixels(source, config)
        evidence["superpixels"] = float(superpixels.max()) + 1
    if config.min_size <= 1:
        full = small  # the only other use of the image at full size is to absorb specks

    known, channels = _known(marks, small.shape[:2], config)
    least = config.classes or max(config.min_classes, len(known))
    found = _cluster(small, config, seed, device, superpixels, channels, least, callback)
    classes = _classes(found, small, config, len(known))
    labels, confidence = _at_full_size(found, classes, shape)
    evidence |= _evidence(found, least)
    if config.min_size > 1:
        labels = absorb(labels, full, config.min_size, keep_classes=config.classes is not None)
    return Segmentation(
        labels=by_area(pieces(labels)) if config.connected else _numbered(labels, classes, known),
        confidence=confidence,
        score=float(confidence.mean(dtype=np.float64)),
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence=evidence,
        curves={"labels": found.counts, "loss": found.losses},
        kind="labels",
    )


def _uses_superpixels(config: SegmentConfig) -> bool:
    return config.method == "backprop" and config.superpixels != "none"


def _checked(prior: Prior, shape: tuple[int, ...], config: SegmentConfig) -> Prior:
    if not _uses_superpixels(config) or config.superpixels != "prior":
        raise ConfigError(
            f"got a prior with method={config.method!r} and superpixels={config.superpixels!r}, "
            "which have no use for it; leave it out"
        )
    if tuple(prior.shape) != shape:
        raise ConfigError(
            f"got a prior of an image of shape {tuple(prior.shape)} for one of shape {shape}; "
            "pass the prior of this image"
        )
    return prior


def _blank(shape: tuple[int, int], config: SegmentConfig, seed: int, start: float) -> Segmentation:
    if config.classes is not None and config.classes > 1:
        raise ImageError(
            f"an image of one colour has one class, not the {config.classes} asked for; "
            "leave classes out"
        )
    return Segmentation(
        labels=np.ones(shape, np.int32),
        confidence=np.zeros(shape, np.float32),
        score=0.0,
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence={"iterations": 0.0, "found": 1.0, "reached": 0.0},
        kind="labels",
    )


def _superpixels(source: NDArray[np.float32], config: SegmentConfig) -> NDArray[np.int32]:
    from segprior.superpixels import find_superpixels

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
    from segprior.clusterer import cluster
    from segprior.devices import resolve_device

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


def _classes(
    found: Clusters, small: NDArray[np.float32], config: SegmentConfig, marked: int
) -> list[NDArray[np.intp]]:
    """The channels of the network that make up each class."""
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
