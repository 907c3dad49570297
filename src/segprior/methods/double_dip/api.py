"""Double-DIP: an image taken apart into foreground, background and mask, from a rough hint."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.callbacks import Callback
from segprior.config.double_dip import DoubleDipConfig
from segprior.config.presets import resolve
from segprior.errors import ConfigError, ImageError
from segprior.features.saliency import background_saliency, spectral_saliency
from segprior.image.guided_filter import guided_filter
from segprior.image.pyramid import Pyramid
from segprior.io.image import open_planes, reading_of
from segprior.messages import Setting
from segprior.methods.double_dip.hints import as_hint, check_hint, hint_from_saliency, reduce_hint
from segprior.methods.double_dip.result import DoubleDip
from segprior.methods.foreground.api import find_foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.prior.prior import fit
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.methods.double_dip.training import Layering
    from segprior.prior.prior import Prior

__all__ = ["double_dip", "make_hint", "take_apart"]

_MULTIPLE = 8
_LEAST = 16


def double_dip(
    image: Any,
    hint: Any = None,
    *,
    preset: str | None = None,
    config: DoubleDipConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    channel_axis: int | None = -1,
    callback: Callback | None = None,
    prior: Prior | None = None,
    **overrides: Any,
) -> DoubleDip:
    """Take an image apart: mask · foreground + (1 − mask) · background.

    Three untrained generators, for two layers and the mask between them, are fitted together. In
    step 1 each layer learns the image where the hint says so, and the mask learns the hint; in
    step 2 the three together make the image and the mask is pushed to 0 or 1. A guided filter
    then brings the mask to the edges of the image, and it is cut at 1/2.

    Parameters
    ----------
    image : str, path, bytes, file object, PIL image, array or tensor of shape (H, W) or (H, W, C)
        Anything that :func:`segprior.as_image` takes.
    hint : {"mask", "saliency"}, Segmentation, array or file, optional
        Roughly where foreground and background are. A word says how to make it (in place of
        ``config.hint``, which is taken if there is none); everything else is read by
        :func:`segprior.methods.double_dip.hints.as_hint`: a mask, an array of 1 (foreground), -1
        (background) and 0 (unknown), or a picture of white, black and grey. Its size need not be
        that of the image.
    preset : {"fast", "published", "original"}, optional
        ``fast`` is the default; ``published`` has the numbers of the DSP publication (two times
        500 iterations), ``original`` those of Double-DIP (2000 and 4000, from saliency).
    config : DoubleDipConfig, optional
        All options at once, instead of a preset.
    rng : int, numpy.random.Generator or None
        Seed; None draws one. The same seed gives the same result on one device, however many
        threads there are.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to fit.
    channel_axis : int or None
        Which axis of an array holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration with the stages ``prior`` (of the hint), ``double-dip step 1``
        and ``double-dip step 2``; see :mod:`segprior.callbacks`. A step that it stops counts as
        ended there.
    prior : Prior, optional
        A prior fitted to this image before, for the hint.
    **overrides
        Options of :class:`segprior.DoubleDipConfig`, in place of those of the preset or config; and
        of :func:`segprior.as_image`, for how the image is read.

    Returns
    -------
    DoubleDip
        Of the results at the ends of the two steps the one whose composed image has the higher
        PSNR.

    Raises
    ------
    ImageError
        If the image or the hint cannot be used, or the hint lacks foreground or background.
    ConfigError
        If an option is not valid.

    Notes
    -----
    Step 2 ends early once the composed image reaches ``psnr_stop``, except where step 1 has
    reached it already: the mask would then never have been anything but its hint.

    The fit is made at the working size. The guided filter finds its linear functions there and
    applies them to the image at full size, so that edges are as sharp as those of the image.

    References
    ----------
    .. [1] Gandelsman, Shocher, Irani: "Double-DIP": Unsupervised Image Decomposition via Coupled
       Deep-Image-Priors. CVPR 2019, arXiv:1812.00467.
    .. [2] Azulay: Deep Segmentation Prior, 2019, github.com/shaharazulay/deep-segmentation-prior.

    Examples
    --------
    >>> import numpy as np, segprior
    >>> image = np.full((32, 40, 3), 0.2); image[8:24, 10:30] = 0.8
    >>> hint = np.zeros((32, 40), np.int8); hint[12:20, 15:25] = 1; hint[:4] = -1
    >>> found = segprior.double_dip(image, hint, first_iterations=5, second_iterations=5)
    >>> found.mask.shape, found.composed.shape, len(found.curves["psnr"])
    ((32, 40), (32, 40, 3), 10)
    """
    if isinstance(hint, str) and hint in ("mask", "saliency"):
        overrides, hint = {**overrides, "hint": hint}, None
    reading = reading_of(overrides)
    config = resolve(DoubleDipConfig, preset, config, overrides)
    seed = as_seed(rng)
    full = open_planes(image, channel_axis=channel_axis, **reading).only()
    return take_apart(full, hint, config, seed=seed, device=device, callback=callback, prior=prior)


def take_apart(
    image: Pyramid,
    hint: Any,
    config: DoubleDipConfig,
    *,
    seed: int = 0,
    device: str = "auto",
    callback: Callback | None = None,
    prior: Prior | None = None,
) -> DoubleDip:
    """Do what :func:`double_dip` does, on an image that has been read.

    Parameters
    ----------
    image : Pyramid
    hint, config, device, callback, prior
        As there; a hint of None is made as the configuration says.
    seed : int
    """
    start = time.perf_counter()
    if hint is None:
        hint = make_hint(image, config, seed=seed, device=device, callback=callback, prior=prior)
    elif prior is not None:
        raise ConfigError("got a prior with a hint of its own; the prior is only for making one")
    else:
        hint = as_hint(hint, image.shape)
        check_hint(hint)

    full, small = image.full, image.at(config.working_size)
    fitted = _fit(small, reduce_hint(hint, small.shape[:2]), config, seed, device, callback)
    best = max(fitted.ends, key=lambda end: end.psnr)
    rows, columns = small.shape[:2]
    soft = best.mask[:rows, :columns]
    # Filtered at the working size; without a filter the window is one pixel, and the guide mute.
    radius, eps = (config.radius, config.eps) if config.radius else (0, 1.0)
    soft = np.clip(guided_filter(full, soft, radius=radius, eps=eps, reduced=small), 0, 1)
    if image.valid is not None:
        soft[~image.valid] = 0
    cut = {
        "foreground": best.foreground,
        "background": best.background,
        "mask": best.mask,
        "composed": best.composed,
    }
    return DoubleDip(
        image=full,
        mask=(soft > 0.5).astype(np.uint8),
        soft_mask=soft,
        fitted={name: values[:rows, :columns] for name, values in cut.items()},
        hint=hint,
        curves={name: np.array([row[name] for row in fitted.curves]) for name in fitted.curves[0]},
        snapshots={
            at: {"mask": shot.mask[:rows, :columns], "composed": shot.composed[:rows, :columns]}
            for at, shot in sorted(fitted.snapshots.items())
        },
        step=best.step,
        psnr=best.psnr,
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
    )


def make_hint(
    image: Pyramid,
    config: DoubleDipConfig,
    *,
    seed: int = 0,
    device: str = "auto",
    callback: Callback | None = None,
    prior: Prior | None = None,
) -> NDArray[np.int8]:
    """Make the hint that ``config.hint`` asks for.

    Parameters
    ----------
    image : Pyramid
    config, device, callback, prior
        As in :func:`double_dip`.
    seed : int
        Of the prior and of K-means.

    Returns
    -------
    ndarray of int8, shape (H, W)
        1 foreground, -1 background, 0 unknown.

    Raises
    ------
    ImageError
        If it lacks foreground or background, as on an image of one colour.
    ConfigError
        If ``prior`` was fitted to an image of another shape, or is not needed.
    """
    how = ForegroundConfig.preset(config.hint_preset)
    if config.hint == "mask":
        found = find_foreground(
            image, how, seed=seed, device=device, callback=callback, prior=prior
        )
        hint = as_hint(found)
    else:
        on = image.full
        if config.saliency_of == "prior":
            if prior is None:
                prior = fit(image, how.prior, seed=seed, device=device, callback=callback)
            on = prior.image
        elif prior is not None:
            raise ConfigError(
                "got a prior with ", Setting("saliency_of", "image"), cure="pass only one of them"
            )
        measure = spectral_saliency if config.saliency == "spectral" else background_saliency
        hint = hint_from_saliency(
            measure(on), above=config.salient_above, below=config.salient_below
        )
    try:
        check_hint(hint)
    except ImageError as error:
        raise ImageError(
            f"the {config.hint} of this image cannot be its hint, since it marks no "
            f"{'foreground' if not (hint > 0).any() else 'background'}; pass a hint of your own, "
            "or scribbles"
        ) from error
    return hint


def _fit(
    small: NDArray[np.float32],
    hint: NDArray[np.int8],
    config: DoubleDipConfig,
    seed: int,
    device: str,
    callback: Callback | None,
) -> Layering:
    """Pad to what the generators can make, and fit."""
    from segprior.methods.double_dip.training import fit_layers

    check_hint(hint)
    missing = [max(_LEAST, -(-side // _MULTIPLE) * _MULTIPLE) - side for side in small.shape[:2]]
    wider = ((0, missing[0]), (0, missing[1]))
    padded = np.pad(small, (*wider, (0, 0)), mode="symmetric")
    # Nothing is said about what is not there.
    return fit_layers(padded, np.pad(hint, wider), config, seed, device, callback)
