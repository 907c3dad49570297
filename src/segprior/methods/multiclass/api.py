"""Many classes, their number unknown: by merging regions, or by training a network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.callbacks import Callback
from segprior.config.presets import resolve
from segprior.errors import ConfigError, ImageError
from segprior.image.contours.refinement import first_shape, follow_edges
from segprior.image.pyramid import Pyramid
from segprior.image.resize import working_shape
from segprior.image.upsampling import enlarge, enlarge_labels
from segprior.io.image import open_planes, reading_of
from segprior.io.marks.reader import read_marks
from segprior.messages import Setting
from segprior.methods.empty import told, warning_of
from segprior.methods.method import Context
from segprior.methods.multiclass.classes import Classes
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.hierarchy import METHOD as HIERARCHY
from segprior.methods.multiclass.hierarchy import level_of
from segprior.methods.multiclass.levels import Hierarchy
from segprior.methods.multiclass.steered import find_marked
from segprior.methods.planes import each_plane
from segprior.prior.prior import Prior
from segprior.regions.label_map import absorb, by_area, join, pieces
from segprior.result import Segmentation
from segprior.runtime.devices import check_device
from segprior.runtime.seeding import RandomSource, as_seed

__all__ = ["cut_level", "find_classes", "segment"]


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

    Regions are merged along edges up to a cost (``hierarchy``); each segment is then a class of its
    own, and :func:`segprior.segment_hierarchy` gives all levels at once.

    Or a small network gives each pixel a response of ``channels`` numbers, the largest of which
    is its label; the labels are made constant in each superpixel by majority (``backprop``), or
    neighbours are asked to be alike (``continuity``, ``dynamic``); the network is trained on
    these labels, and gives new ones. Their number falls by itself.

    Parameters
    ----------
    image : str, path, bytes, file object, PIL image, array or tensor of shape (H, W) or (H, W, C)
        Anything that :func:`segprior.as_image` takes.
    preset : str, optional
        ``"fast"``, the default; ``"backprop"``, which is the default with another method than
        ``hierarchy``; or ``"published"``.
    config : SegmentConfig, optional
        All options at once, instead of a preset.
    rng : int, numpy.random.Generator or None
        Seed of the prior and of the network.
    device : str
        Where to compute: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    channel_axis : int or None
        Which axis of an array holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration of the prior (stage ``"prior"``) and of the network
        (``"segment"``), see :mod:`segprior.callbacks`.
    prior : Prior, optional
        A prior fitted to this image before, in place of one fitted here; for a hierarchy, where it
        has a say then, with the hidden features ``up2`` and ``up3`` of its last iteration. Its own
        configuration takes the place of ``config.prior``.
    scribbles : str, path, bytes, file object or array, optional
        Pixels whose label is known: a label picture in which 0 and 255 are unmarked, strokes in
        colours, points of row, column and label, or shapes of LabelMe; see
        :func:`segprior.io.marks.reader.read_marks`. Each pixel then gets one of the labels, as by
        :meth:`segprior.Predictor.predict`, ground being one more, or with one label another where
        that is not. A method that trains a network finds more classes beside them; its fit comes
        to an end at no fewer labels than there are marks.
    **overrides
        Options of :class:`segprior.SegmentConfig`, or, where that has none of the
        name, of :class:`segprior.PriorConfig`, in place of those of the preset or the
        config; and of :func:`segprior.as_image`, for how the image is read: ``axes``, ``page``,
        ``project``, ``alpha``, ``value_range``, ``nodata``, …

    Returns
    -------
    Segmentation
        ``labels`` is int32, 1 to n from the largest area to the smallest. With scribbles, a class
        that was marked has the number of the mark, and the others get the numbers left over.

        ``confidence`` of a pixel is, in a hierarchy, 1 - cut / next, with the cost up to which
        regions were merged and that at which its segment would be merged next. With a network it
        is the difference of the two largest shares in the softmax over classes, where the response
        of a class is the largest among its channels at the working size, enlarged bilinearly.
        Both are 1 if there is but one class.

        ``score`` is the mean confidence.

        ``evidence`` holds, of a hierarchy, ``regions``, how many were merged; ``found``, the
        segments at ``coarseness``; ``cost``, that of the cut; and ``prior``, 1 if it had a say.
        Of a network: ``iterations``, how many were done; ``found``, the classes before any were
        joined; ``reached``, the iteration at which the smallest number asked for was reached, or
        0; and ``superpixels``, their number, where there were any.

        ``curves`` holds ``labels`` and ``loss`` over the iterations of a network.

        ``seconds`` counts the fit of the prior if this call made one.

        Pixels without data, where ``valid`` is false, have label and confidence 0. Of a stack each
        plane is segmented by itself, its labels numbered by themselves; ``labels`` and
        ``confidence`` have its shape, (…, H, W), and ``axes`` names the axes before rows and
        columns.

    Raises
    ------
    ImageError
        If the image or the scribbles cannot be used, or there never were as many classes as
        ``classes`` asks for.
    ConfigError
        If an option is not valid, or ``prior`` was fitted to an image of another shape or lacks
        features.

    Warns
    -----
    EmptyResultWarning
        If there is but one segment and that was not asked for; it says what to try.

    Notes
    -----
    Where the image is 1.4 times as large as the working size, or more, contours are brought to the
    edges of the image (:func:`segprior.image.contours.refinement.follow_edges`); those of a
    :class:`segprior.Hierarchy` stay at the working size.

    A hierarchy is cut to ``classes``, or where ``coarseness`` says but to no fewer segments than
    ``min_classes`` and no more than ``max_classes``.

    A network's fit comes to an end at ``classes`` labels; if it jumps below, the last iteration
    with at least so many counts. What is more then, as with ``max_classes``, is joined, the pair
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
    >>> found = segprior.segment(image, classes=2, edges="image")
    >>> np.unique(found.labels).tolist(), found.labels[16, 24].item()
    ([1, 2], 2)
    """
    reading = reading_of(overrides)
    config = resolve(SegmentConfig, preset, config, overrides)
    seed = as_seed(rng)
    planes = open_planes(image, channel_axis=channel_axis, **reading)
    found = each_plane(
        planes,
        lambda plane: find_classes(
            plane,
            config,
            seed=seed,
            device=device,
            callback=callback,
            prior=prior,
            scribbles=scribbles,
        ),
    )
    return told(found)


def find_classes(
    image: Pyramid,
    config: SegmentConfig,
    *,
    seed: int = 0,
    device: str = "auto",
    callback: Callback | None = None,
    prior: Prior | None = None,
    scribbles: Any = None,
) -> Segmentation:
    """Do what :func:`segment` does, on an image that has been read.

    Parameters
    ----------
    image : Pyramid
    config, device, callback, prior, scribbles
        As there.
    seed : int
    """
    start = time.perf_counter()
    check_device(device)  # even where nothing is fitted
    method = config.chosen
    if scribbles is not None and not method.scribbles:
        if config.method != HIERARCHY.name:
            raise ConfigError(
                "scribbles are marks for a hierarchy or a network, and ",
                Setting("method", config.method),
                " is neither",
                cure=("leave ", Setting("method"), " out"),
            )
        if prior is not None:
            raise ConfigError("got a prior with scribbles, which need none", cure="leave it out")
        marked = find_marked(image, scribbles, config, seed)
        return _finished(marked, image.full, config, seed, start, image.valid)
    if prior is not None:
        config = config.with_prior(prior, image.full.shape)
    marks = None
    if scribbles is not None:
        marks = read_marks(scribbles, image.shape, image=image.full).classes()
    if image.flat:
        return _blank(image, config, seed, start)
    context = Context(
        config=config, seed=seed, device=device, callback=callback, prior=prior, marks=marks
    )
    found = _bounded(method.run(image, config.options, context), image, config)
    found = _at_full_size(found, image.shape)
    return _finished(found, image.full, config, seed, start, image.valid)


def cut_level(
    levels: Hierarchy, config: SegmentConfig, image: NDArray[np.float32] | None = None
) -> Segmentation:
    """Cut a hierarchy into what :func:`segment` makes of its image with the same options.

    Parameters
    ----------
    levels : Hierarchy
    config : SegmentConfig
        Where it is cut, and what is done to the segments.
    image : ndarray of float32, shape (H, W, C), optional
        The image; needed for ``min_size``.

    Raises
    ------
    ImageError
        If there are not as many segments as ``classes`` asks for.
    ConfigError
        If ``min_size`` is given without the image.
    """
    start = time.perf_counter()
    found = level_of(levels, config)
    _check_enough(found, config)
    return _finished(found, image, config, levels.seed, start, levels.valid)


def _finished(
    found: Classes,
    image: NDArray[np.float32] | None,
    config: SegmentConfig,
    seed: int,
    start: float,
    valid: NDArray[np.bool_] | None,
) -> Segmentation:
    """Give small pieces away, part or number what a method has found at the size of the image."""
    labels: NDArray[Any] = found.labels.astype(np.int32, copy=False)
    if image is not None:
        labels = _along_edges(labels, image, config.working_size)
    lost_to = ""
    if config.min_size > 1:
        if image is None:
            raise ConfigError(
                " looks at the colours of the image, which is not there",
                option="min_size",
                got=config.min_size,
                cure="leave it out",
            )
        keep = config.classes is not None
        several = np.ptp(labels) > 0
        labels = absorb(labels, image, config.min_size, keep_classes=keep)
        lost_to = "min_size" if several else ""
    confidence = found.confidence.astype(np.float32, copy=False)
    if valid is not None:
        labels, confidence = np.where(valid, labels, -1), np.where(valid, confidence, np.float32(0))
    if config.connected:
        labels = pieces(labels)
    number = by_area if config.connected else found.numbered
    made = Segmentation(
        labels=number(labels) if valid is None else _inside(labels, valid, number),
        confidence=confidence,
        score=float((confidence if valid is None else confidence[valid]).mean(dtype=np.float64)),
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence=found.evidence,
        curves=found.curves,
        kind="labels",
        valid=valid,
    )
    return replace(made, warning=warning_of(made, lost_to=lost_to))


def _along_edges(
    labels: NDArray[np.int32], image: NDArray[np.float32], working_size: int | None
) -> NDArray[np.int32]:
    """Bring the contours of labels that were found at a working size to the edges of the image."""
    shape = first_shape(working_shape(image.shape, working_size), labels.shape)
    if shape is None or not np.ptp(labels):
        return labels
    rows, columns = (
        (2 * np.arange(n) + 1) * m // (2 * n) for n, m in zip(shape, labels.shape, strict=True)
    )
    return follow_edges(labels[rows][:, columns], image)


def _inside(
    labels: NDArray[Any],
    valid: NDArray[np.bool_],
    number: Callable[[NDArray[Any]], NDArray[np.int32]],
) -> NDArray[np.int32]:
    """Number the labels of pixels with data; the others get 0."""
    result = np.zeros(labels.shape, np.int32)
    result[valid] = number(labels[valid][np.newaxis])[0]
    return result


def _bounded(found: Classes, image: Pyramid, config: SegmentConfig) -> Classes:
    """Join classes until there are as many as asked for, where the method has not done so."""
    most = config.classes or config.max_classes
    if most is None:
        return found
    present = _check_enough(found, config)
    if len(present) <= most:
        return found
    dense = np.searchsorted(present, found.labels)
    small = image.full if dense.shape == image.shape else image.at(config.working_size)
    return replace(found, labels=join(dense, small, most)[dense].astype(np.int32))


def _check_enough(found: Classes, config: SegmentConfig) -> NDArray[np.intp]:
    """Refuse fewer classes than were asked for; return those that there are."""
    present = np.flatnonzero(np.bincount(found.labels.ravel()))
    if config.classes is not None and len(present) < config.classes:
        raise ImageError(
            f"found {len(present)} classes, not the {config.classes} asked for",
            cure=("pass fewer classes, or a larger ", Setting("working_size")),
        )
    return present


def _at_full_size(found: Classes, shape: tuple[int, int]) -> Classes:
    """Enlarge what a method has found on the image reduced."""
    if found.labels.shape == shape:
        return found
    confidence = np.empty(shape, np.float32)
    for rows, strip in enlarge(found.confidence[None], shape):
        confidence[rows] = strip[0]
    return replace(found, labels=enlarge_labels(found.labels, shape), confidence=confidence)


def _blank(image: Pyramid, config: SegmentConfig, seed: int, start: float) -> Segmentation:
    if config.classes is not None and config.classes > 1:
        raise ImageError(
            f"an image of one colour has one class, not the {config.classes} asked for; "
            "leave classes out"
        )
    valid = image.valid
    made = Segmentation(
        labels=np.ones(image.shape, np.int32) if valid is None else valid.astype(np.int32),
        confidence=np.zeros(image.shape, np.float32),
        score=0.0,
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence=dict(config.chosen.blank),
        kind="labels",
        valid=valid,
    )
    return replace(made, warning=warning_of(made, flat=True))
