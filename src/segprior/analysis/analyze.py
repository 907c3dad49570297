"""What the prior of an image is: its spectrum, edges, windows, iterations, members, features."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior._version import __version__
from segprior.analysis.edges import canny_edges, edge_agreement
from segprior.analysis.pca import principal_component
from segprior.analysis.result import Analysis
from segprior.analysis.spectrum import compare_octaves, low_pass, power_spectrum, psnr
from segprior.analysis.stability import window_agreement, window_masks
from segprior.callbacks import Callback
from segprior.config.analysis import AnalysisConfig
from segprior.config.presets import resolve
from segprior.image.pyramid import Pyramid
from segprior.io.image import open_planes, reading_of
from segprior.prior.prior import Prior, fit
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["analyze", "measure"]


def analyze(
    image: Any,
    *,
    preset: str | None = None,
    config: AnalysisConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    channel_axis: int | None = -1,
    callback: Callback | None = None,
    **overrides: Any,
) -> Analysis:
    """Measure what of an image is in its prior, and what is not.

    Everything is done at the working size of the prior, on the image reduced to it: a prior
    enlarged to a large image has no high frequencies for that reason alone.

    Parameters
    ----------
    image : str, path, bytes, file object, PIL image, array or tensor of shape (H, W) or (H, W, C)
        Anything that :func:`segprior.as_image` takes.
    preset : str, optional
        ``"fast"``, the default, or ``"published"``.
    config : AnalysisConfig, optional
        All options at once, instead of a preset.
    rng : int, numpy.random.Generator or None
        Seed of the prior and of K-means.
    device : str
        Where the prior is fitted: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    channel_axis : int or None
        Which axis of an array holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration, see :mod:`segprior.callbacks`.
    **overrides
        Options of :class:`AnalysisConfig` or :class:`segprior.PriorConfig`, in place of
        those of the preset or the config; and of :func:`segprior.as_image`, for how the image is
        read.

    Returns
    -------
    Analysis

    Raises
    ------
    ImageError
        If the image cannot be used.
    ConfigError
        If an option is not valid.

    References
    ----------
    .. [1] Azulay: Deep Segmentation Prior, 2019, github.com/shaharazulay/deep-segmentation-prior.

    Examples
    --------
    >>> import numpy as np, segprior
    >>> image = np.random.default_rng(0).random((32, 40, 3))
    >>> found = segprior.analyze(image, members=1, iterations=3, snapshots=(2,), late=4)
    >>> sorted(found.spectra)
    ['image', 'low_pass', 'prior']
    """
    reading = reading_of(overrides)
    config = resolve(AnalysisConfig, preset, config, overrides)
    seed = as_seed(rng)
    full = open_planes(image, channel_axis=channel_axis, **reading).only()
    return measure(full, config, seed=seed, device=device, callback=callback)


def measure(
    image: Pyramid,
    config: AnalysisConfig,
    *,
    seed: int = 0,
    device: str = "auto",
    callback: Callback | None = None,
) -> Analysis:
    """Do what :func:`analyze` does, on an image that has been read.

    Parameters
    ----------
    image : Pyramid
    config, device, callback
        As there.
    seed : int
    """
    start = time.perf_counter()
    full, small = image.full, image.at(config.prior.working_size)
    prior = fit(Pyramid(small), _prior_config(config), seed=seed, device=device, callback=callback)
    smooth = low_pass(small, config.cutoff)
    pictures = {"image": small, "prior": prior.fitted, "low_pass": smooth}
    spectra = {name: power_spectrum(picture) for name, picture in pictures.items()}
    edges = {name: canny_edges(picture) for name, picture in pictures.items()}
    components = {name: principal_component(pictures[name]) for name in ("image", "prior")}
    masks = {
        "image": window_masks(small, config.windows, rng=seed),
        "prior": window_masks(small, config.windows, rng=seed, prior=prior),
    }
    seconds = time.perf_counter() - start
    summary = {
        "version": __version__,
        **_sizes(full, small),
        "psnr": {name: psnr(small, pictures[name]) for name in ("prior", "low_pass")},
        "octaves": _octaves(pictures),
        **_edges(edges, config.tolerance),
        "windows": _windows(masks),
        "explained": {name: part.explained for name, part in components.items()},
        **_fit(small, prior),
        "seed": seed,
        "config": config.to_dict(),
    }
    return Analysis(
        image=small,
        prior=prior,
        low_pass=smooth,
        spectra=spectra,
        components=components,
        edges=edges,
        masks=masks,
        summary=_plain(summary),
        config=config,
        seed=seed,
        seconds=seconds,
    )


def _prior_config(config: AnalysisConfig) -> Any:
    from segprior.nn.shared.initial import BLOCKS

    given = config.prior
    return given.replace(
        working_size=None,
        snapshots=(*given.snapshots, config.late),
        features=given.features or tuple((block, given.iterations) for block in BLOCKS),
    )


def _sizes(full: NDArray[Any], small: NDArray[Any]) -> dict[str, int]:
    """Sizes of the image as it is and as it is worked on."""
    return {
        "rows": full.shape[0],
        "columns": full.shape[1],
        "channels": full.shape[2],
        "working_rows": small.shape[0],
        "working_columns": small.shape[1],
    }


def _octaves(pictures: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    """For each octave, from the highest, what of it the prior and the low-pass have."""
    prior, smooth = (
        compare_octaves(pictures["image"], pictures[name]) for name in ("prior", "low_pass")
    )
    return [
        {
            "low": one.low,
            "high": one.high,
            "kept": {"prior": one.kept, "low_pass": other.kept},
            "coherence": {"prior": one.coherence, "low_pass": other.coherence},
        }
        for one, other in zip(prior, smooth, strict=True)
    ]


def _edges(edges: Mapping[str, NDArray[np.bool_]], tolerance: float) -> dict[str, Any]:
    """How well the edges of prior and low-pass agree with the image's, and how many there are."""
    agreements = {
        name: edge_agreement(edges["image"], edges[name], tolerance=tolerance)
        for name in ("prior", "low_pass")
    }
    return {
        "edges": {name: dataclasses.asdict(found) for name, found in agreements.items()},
        "edge_share": {name: float(found.mean()) for name, found in edges.items()},
    }


def _windows(masks: Mapping[str, Mapping[int, NDArray[np.bool_]]]) -> dict[str, Any]:
    changes = {name: window_agreement(of) for name, of in masks.items()}
    return {
        name: {
            "neighbours": lines,
            "mean_iou": float(np.mean([line["iou"] for line in lines])),
            "mean_split_iou": float(np.mean([line["split_iou"] for line in lines])),
            "foreground": {str(w): float(mask.mean()) for w, mask in masks[name].items()},
        }
        for name, lines in changes.items()
    }


def _fit(small: NDArray[Any], prior: Prior) -> dict[str, Any]:
    """How close to the image the prior was at each snapshot, and how far apart its members are."""
    return {
        "iterations": [
            {"iteration": at, "psnr": psnr(small, shot)} for at, shot in prior.snapshots.items()
        ],
        "spread": {"mean": float(prior.spread.mean()), "largest": float(prior.spread.max())},
    }


def _plain(value: Any) -> Any:
    """Put None, which JSON knows, where a number is not finite."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
