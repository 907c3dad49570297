"""The foreground mask of one image, from its prior or from the image itself."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.callbacks import Callback
from segprior.config.presets import resolve
from segprior.errors import ConfigError
from segprior.features.patch_kmeans import cluster_windows
from segprior.image.resize import is_flat, resize, working_shape
from segprior.image.upsampling import enlarge
from segprior.io.image import as_image
from segprior.methods.foreground.config import ForegroundConfig
from segprior.prior.prior import Prior, fit_prior
from segprior.regions.label_map import drop_specks, fill_holes
from segprior.regions.polarity import choose_polarity
from segprior.result import Segmentation
from segprior.runtime.devices import check_device
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["foreground"]


def foreground(
    image: Any,
    *,
    preset: str | None = None,
    config: ForegroundConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    channel_axis: int | None = -1,
    callback: Callback | None = None,
    prior: Prior | None = None,
    **overrides: Any,
) -> Segmentation:
    """Tell the object of an image from its ground, with nothing but that image.

    By default the image is read in two ways, as one object, found by the vote of seven masks, and
    as small things on a plain ground, found by a threshold, and the more fitting reading is taken
    (:mod:`segprior.methods.foreground.consensus`).

    With the presets ``dsp`` and ``published`` (``method="kmeans"``) it is the method of the Deep
    Segmentation Prior: the windows around the pixels of the prior (or of the image,
    ``features="image"``) are split by K-means at the working size; from where each cluster lies it
    is called foreground or background (:func:`segprior.regions.polarity.choose_polarity`); the
    distances to the centroids are enlarged bilinearly, and each pixel goes with the nearest.

    Parameters
    ----------
    image : str, path, bytes, file object, PIL image, array or tensor of shape (H, W) or (H, W, C)
        Anything that :func:`segprior.as_image` takes.
    preset : str, optional
        ``"fast"``, the default, ``"dsp"`` or ``"published"``.
    config : ForegroundConfig, optional
        All options at once, instead of a preset.
    rng : int, numpy.random.Generator or None
        Seed of the prior and of K-means.
    device : str
        Where the prior is fitted: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    channel_axis : int or None
        Which axis of an array holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration while a prior is fitted, see :mod:`segprior.callbacks`.
    prior : Prior, optional
        A prior fitted to this image before. Its own configuration takes the place of
        ``config.prior``.
    **overrides
        Options of :class:`segprior.ForegroundConfig` or
        :class:`segprior.PriorConfig`, in place of those of the preset or the config.

    Returns
    -------
    Segmentation
        ``labels`` is uint8, 0 for background and 1 for foreground.

        ``confidence`` of a pixel is, of one object, how far what voters and regions say is from a
        draw, in [0, 1]; of things, how far its level is from the threshold, 1 at the mean level of
        things or ground. ``score`` is the mean confidence where a fifth or more speaks for the
        object, or for things what the threshold explains of the variance, from a half on, in
        [0, 1]. ``evidence`` holds ``agreement``, that of the voters alone, ``separability``,
        ``flatness``, ``nested``, 1 if things in things were found, ``things`` (the probability of
        that reading), ``reading``, 1 if the things were taken, and ``noise``, the standard
        deviation of the image's noise, above .04 of which it is blurred first.

        With K-means, ``confidence`` of a pixel, on a prior of two or more members, is the share
        of the members whose nearest centroid says what the mask says, at the working size and then
        enlarged bilinearly. With one member, or on the image, it is
        ``(far - near) / (far + near)``, where ``near`` is the distance to the nearest centroid
        of the pixel's own side (foreground or background) and ``far`` to the nearest of the
        other side. Where ``min_size`` or ``fill_holes`` turned a pixel over, the first is the
        share that says so all the same and the second is 0.

        There ``score`` is the mean confidence times the certainty of the polarity. On photographs
        it goes up with the IoU of the mask (Spearman correlation .70 on 164 horses).

        There ``evidence`` holds ``polarity``, the certainty in [0, 1] that foreground and
        background are not swapped; ``border``, ``distance``, ``distance_background`` and
        ``size`` as in :class:`segprior.regions.polarity.Polarity`; ``clusters``, their number; and
        ``cluster_0``, ``cluster_1``, …, the probability that each, the most populous first,
        is foreground. All of it is about the choice before ``invert``.

        ``seconds`` counts the fit of the prior if this call made one.

    Raises
    ------
    ImageError
        If the image cannot be used.
    ConfigError
        If an option is not valid, or ``prior`` was fitted to an image of another shape.

    Notes
    -----
    An image of one colour has no object: its mask is all background with confidence, score and
    certainty 0, whether inverted or not.

    K-means differs from the published method in three ways: windows are reflected
    at the border, where zeros would draw a frame around the mask; they are compared along their
    principal components; and the polarity is chosen.

    References
    ----------
    .. [1] D. Ulyanov, A. Vedaldi and V. Lempitsky, "Deep Image Prior", CVPR 2018,
       arXiv:1711.10925.

    Examples
    --------
    >>> import numpy as np
    >>> import segprior
    >>> image = np.full((48, 48, 3), 40, np.uint8)
    >>> image[16:32, 12:36] = 200
    >>> found = segprior.foreground(image, preset="dsp", features="image", window=1)
    >>> int(found.labels.sum()), 16 * 24
    (384, 384)
    """
    config = resolve(ForegroundConfig, preset, config, overrides)
    seed = as_seed(rng)
    start = time.perf_counter()
    check_device(device)  # even where nothing is fitted
    full = as_image(image, channel_axis=channel_axis)
    shape = full.shape[:2]
    if prior is not None:
        config = dataclasses.replace(config, prior=_checked(prior, full.shape, config).config)
    if is_flat(full):
        labels, confidence, evidence = _blank(shape)
        score = 0.0
    else:
        if prior is None and config.features == "prior":
            prior = fit_prior(full, config=config.prior, rng=seed, device=device, callback=callback)
        if config.method == "consensus":
            source = full if prior is None else prior.fitted
            labels, confidence, evidence, score = _read(source, shape, config, seed)
        else:
            if prior is None:
                grid = resize(full, working_shape(full.shape, config.prior.working_size))
                members = grid[None]
            else:
                grid, members = prior.fitted, prior.members
            del full
            labels, confidence, evidence = _split(grid, members, shape, config, seed)
            score = float(confidence.mean(dtype=np.float64)) * evidence["polarity"]
    return Segmentation(
        labels=labels,
        confidence=confidence,
        score=score,
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence=evidence,
    )


def _checked(prior: Prior, shape: tuple[int, ...], config: ForegroundConfig) -> Prior:
    if config.features == "image":
        raise ConfigError("got a prior with features='image'; pass only one of them")
    if tuple(prior.shape) != shape:
        raise ConfigError(
            f"got a prior of an image of shape {tuple(prior.shape)} for one of shape {shape}; "
            "pass the prior of this image"
        )
    return prior


def _blank(
    shape: tuple[int, int],
) -> tuple[NDArray[np.uint8], NDArray[np.float32], dict[str, float]]:
    evidence = {"polarity": 0.0, "size": 0.0, "clusters": 1.0}
    return np.zeros(shape, np.uint8), np.zeros(shape, np.float32), evidence


def _read(
    source: NDArray[np.float32], shape: tuple[int, int], config: ForegroundConfig, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32], dict[str, float], float]:
    """Labels and confidence at full size, evidence and score, of the reading that fits best."""
    from segprior.methods.foreground.consensus import read

    found = read(source, seed, config.reading)
    mask = np.empty(shape, bool)
    confidence = np.empty(shape, np.float32)
    for rows, strip in enlarge(found.share[None], shape):
        mask[rows] = strip[0] > 0.5
        confidence[rows] = np.abs(2 * strip[0] - 1)
    labels = _cleaned(mask, confidence, config, voted=found.kind == "object")
    return labels, confidence, found.evidence, found.score


def _split(
    grid: NDArray[np.float32],
    members: NDArray[np.float32],
    shape: tuple[int, int],
    config: ForegroundConfig,
    seed: int,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], dict[str, float]]:
    """Labels and confidence at full size, and the evidence, of an image or prior on a grid."""
    found = cluster_windows(
        grid,
        window=config.window,
        n_clusters=config.n_clusters,
        n_init=config.n_init,
        seed=seed,
    )
    count = len(found.centroids)
    if count == 1:
        return _blank(shape)
    distances = found.distances(grid)
    polarity = choose_polarity(distances.argmin(axis=-1), count)
    evidence = {"polarity": polarity.certainty, **polarity.evidence, "clusters": float(count)}
    evidence |= {f"cluster_{i}": float(p) for i, p in enumerate(polarity.probability)}

    maps = [np.moveaxis(distances, -1, 0)]
    voted = len(members) > 1
    if voted:
        votes = [polarity.foreground[found.distances(m).argmin(axis=-1)] for m in members]
        maps.append(np.mean(votes, axis=0, keepdims=True, dtype=np.float32))

    mask = np.empty(shape, bool)
    confidence = np.empty(shape, np.float32)
    for rows, strip in enlarge(np.concatenate(maps), shape):
        inside = strip[:count][polarity.foreground].min(axis=0)
        outside = strip[:count][~polarity.foreground].min(axis=0)
        mask[rows] = inside < outside
        if voted:
            confidence[rows] = np.where(mask[rows], strip[-1], 1 - strip[-1])
        else:
            confidence[rows] = _margin(inside, outside)
    return _cleaned(mask, confidence, config, voted), confidence, evidence


def _cleaned(
    mask: NDArray[np.bool_],
    confidence: NDArray[np.float32],
    config: ForegroundConfig,
    voted: bool,
) -> NDArray[np.uint8]:
    """Turn over what the configuration says, and the confidence with it, in place."""
    if config.invert:
        mask = ~mask
    cleaned = mask
    if config.fill_holes:
        cleaned = fill_holes(cleaned)
    if config.min_size > 1:
        cleaned = drop_specks(cleaned, config.min_size)
    turned = cleaned != mask
    confidence[turned] = 1 - confidence[turned] if voted else 0
    return cleaned.astype(np.uint8)


def _margin(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Difference of two distances over their sum, from their squares; 0 where both are 0."""
    one, other = np.sqrt(one), np.sqrt(other)
    total = one + other
    margin: NDArray[np.float32] = np.abs(one - other) / np.where(total > 0, total, 1)
    return margin
