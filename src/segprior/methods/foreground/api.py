"""The foreground mask of one image, from its prior or from the image itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.callbacks import Callback
from segprior.config.presets import resolve
from segprior.errors import ConfigError
from segprior.image.contours.refinement import first_shape, follow_edges
from segprior.image.pyramid import Pyramid
from segprior.image.upsampling import enlarge
from segprior.io.image import open_planes, reading_of
from segprior.messages import Setting
from segprior.methods.empty import told, warning_of
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.instances.number import number_pieces, number_things
from segprior.methods.foreground.steered import cleaned, find_marked
from segprior.methods.method import Context
from segprior.methods.planes import each_plane
from segprior.prior.prior import Prior, check_prior
from segprior.result import Segmentation
from segprior.runtime.devices import check_device
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.methods.foreground.decision import Decision

__all__ = ["find_foreground", "foreground"]


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
    points: Any = None,
    labels: Any = None,
    box: Any = None,
    scribbles: Any = None,
    **overrides: Any,
) -> Segmentation:
    """Tell the object of an image from its ground, with nothing but that image.

    Where something is marked, by points, a box or scribbles, it is that object which is found, as
    by :meth:`segprior.Predictor.predict`, and no method is asked.

    By default the image is read in two ways, as one object, found by the vote of four maps, and
    as small things on a plain ground, found by a threshold along the grey or the mixture of bands
    that tells them best, and the more fitting reading is taken
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
    points, labels, box, scribbles : optional
        What is marked, as of :meth:`segprior.Predictor.predict`: the label 1 is the object, all
        others are ground. For several clicks one after the other take a
        :class:`segprior.Predictor`, which looks at the image once.
    **overrides
        Options of :class:`segprior.ForegroundConfig` or
        :class:`segprior.PriorConfig`, in place of those of the preset or the config; and of
        :func:`segprior.as_image`, for how the image is read: ``axes``, ``page``, ``project``,
        ``alpha``, ``value_range``, ``nodata``, …

    Returns
    -------
    Segmentation
        ``labels`` is uint8, 0 for background and 1 for foreground. With ``instances=True`` it is
        int32, 0 for background and 1 to n for things one by one, in the order of their first
        pixels, ``kind`` is ``"instances"``, and what follows is said of the mask that things were
        found with. The confidence of a pixel in a thing is then how likely that is one whole thing,
        ``score`` its mean over the things, and ``evidence`` also holds ``instances``, their number,
        and ``diameter``, that of a usual one in pixels.

        ``confidence`` of a pixel is, of one object, how far what voters and regions say is from a
        draw, in [0, 1]; of things, how far its level is from the threshold, 1 at the mean level of
        things or ground. ``score`` is the mean confidence where a fifth or more speaks for the
        object, or for things what the threshold explains of the variance, from a half on, in
        [0, 1]. ``evidence`` holds ``agreement``, that of the voters alone, ``separability``,
        ``nested``, 1 if things in things were found, ``mixture``, 1 if things are told along a
        mixture of the bands, ``frame``, the share of the image that is a drawn frame around it,
        ``things``, the probability of that reading, ``reading``, 1 if the things were taken, and
        ``noise``, the standard deviation of the image's noise, above .04 of which it is blurred
        first.

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

        Pixels without data, where ``valid`` is false, have label and confidence 0. Of a stack each
        plane is segmented by itself; ``labels`` and ``confidence`` have its shape, (…, H, W), and
        ``axes`` names the axes before rows and columns.

    Raises
    ------
    ImageError
        If the image cannot be used.
    ConfigError
        If an option is not valid, or ``prior`` was fitted to an image of another shape.

    Warns
    -----
    EmptyResultWarning
        If the mask is empty or holds the whole image; it says what to try.

    Notes
    -----
    Where the image is 1.4 times as large as that on which the mask was found, or more, its contour
    is brought to the edges of the image
    (:func:`segprior.image.contours.refinement.follow_edges`); pixels that this turns over have
    confidence 0.

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
    reading = reading_of(overrides)
    config = resolve(ForegroundConfig, preset, config, overrides)
    seed = as_seed(rng)
    marked = {"points": points, "labels": labels, "box": box, "scribbles": scribbles}
    planes = open_planes(image, channel_axis=channel_axis, **reading)
    found = each_plane(
        planes,
        lambda plane: find_foreground(
            plane,
            config,
            seed=seed,
            device=device,
            callback=callback,
            prior=prior,
            marked=marked,
        ),
    )
    return told(found)


def find_foreground(
    image: Pyramid,
    config: ForegroundConfig,
    *,
    seed: int = 0,
    device: str = "auto",
    callback: Callback | None = None,
    prior: Prior | None = None,
    marked: Mapping[str, Any] | None = None,
) -> Segmentation:
    """Do what :func:`foreground` does, on an image that has been read.

    Parameters
    ----------
    image : Pyramid
    config, device, callback, prior
        As there.
    seed : int
    marked : mapping of str to object, optional
        What is marked, by the names of the parameters there; None is nothing.

    Raises
    ------
    ConfigError
        If ``prior`` was fitted to an image of another shape, or has no use.
    """
    start = time.perf_counter()
    check_device(device)  # even where nothing is fitted
    if marked is not None and any(value is not None for value in marked.values()):
        if prior is not None:
            raise ConfigError("got a prior with marks, which need none", cure="leave it out")
        found = find_marked(image, config, marked, seed)
        return replace(found, seconds=time.perf_counter() - start)
    shape = image.shape
    if prior is not None:
        if config.features == "image":
            raise ConfigError(
                "got a prior with ",
                Setting("features", "image"),
                cure="pass only one of them",
            )
        check_prior(prior, image.full.shape)
        config = config.replace(prior=prior.config)
    method = config.chosen
    decision: Decision | None = None
    lost_to = ""
    if not image.flat:
        context = Context(config=config, seed=seed, device=device, callback=callback, prior=prior)
        if config.features == "prior" and prior is None:
            context = replace(context, prior=context.fit_prior(image))
        decision = method.run(image, config.options, context)
    valid = image.valid
    labels: NDArray[Any] = np.zeros(shape, np.uint8)
    confidence = np.zeros(shape, np.float32)
    score, evidence = 0.0, dict(method.blank)
    if decision is not None:
        labels, lost_to = _made(decision, config, confidence, image.full)
        if valid is not None:
            labels[~valid], confidence[~valid] = 0, 0
        score = decision.total(confidence if valid is None else confidence[valid])
        evidence = decision.evidence
    if config.instances:
        one_by_one = (
            number_things(image, labels, confidence, config)
            if decision is not None and decision.things
            else number_pieces(labels, confidence)
        )
        labels, confidence, score, diameter = one_by_one
        evidence = {**evidence, "instances": float(labels.max()), "diameter": diameter}
    found = Segmentation(
        labels=labels,
        confidence=confidence,
        score=score,
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence=evidence,
        valid=valid,
        kind="instances" if config.instances else "mask",
    )
    return replace(found, warning=warning_of(found, flat=decision is None, lost_to=lost_to))


def _made(
    decision: Decision,
    config: ForegroundConfig,
    confidence: NDArray[np.float32],
    image: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], str]:
    """Make the mask at full size, and write its confidence into the array.

    Returns the mask, and the option that left nothing of it, or nothing else.
    """
    mask = _decided(decision, confidence)
    shape = first_shape(decision.maps.shape[1:], mask.shape)
    if shape is not None and 0 < np.count_nonzero(mask) < mask.size:
        coarse = mask if shape == mask.shape else _decided(decision, np.empty(shape, np.float32))
        followed = follow_edges(coarse, image)
        confidence[followed != mask] = 0
        mask = followed
    if config.invert:
        mask = ~mask
    tidy, lost_to = cleaned(mask, config)
    turned = tidy != mask
    confidence[turned] = 1 - confidence[turned] if decision.voted else 0
    return tidy.astype(np.uint8), lost_to


def _decided(decision: Decision, confidence: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Make the mask of the size of the confidence, and write that."""
    mask = np.empty(confidence.shape, bool)
    for rows, strip in enlarge(decision.maps, confidence.shape):
        inside, sure = decision.decide(strip)
        if not inside.shape == sure.shape == strip.shape[1:]:
            raise TypeError(f"decide gave {inside.shape} and {sure.shape} for {strip.shape[1:]}")
        mask[rows], confidence[rows] = inside, sure
    return mask
