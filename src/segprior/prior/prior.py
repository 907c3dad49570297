"""The prior: what a small generator has learnt of one image before it gets to the texture."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior._version import __version__
from segprior.callbacks import Callback
from segprior.config.checks import of_kind
from segprior.config.presets import resolve
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.image.colour import to_rgb, to_uint8
from segprior.image.pyramid import Pyramid
from segprior.image.resize import resize
from segprior.io.image import open_planes, reading_of
from segprior.runtime.seeding import RandomSource, as_seed, member_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.prior.training import Run

__all__ = ["Prior", "check_prior", "fit", "fit_prior", "fit_runs"]

_MULTIPLE = 8
_NOISE = 2**31  # the seed of shared noise, numbered as if it were a member's
_LEAST = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Prior:
    """The prior of one image.

    Attributes
    ----------
    shape : (int, int, int)
        Rows, columns and channels of the image, (H, W, C).
    members : ndarray of float32, shape (M, h, w, C)
        Every member's output at the working size, in [0, 1].
    snapshots : dict of int to ndarray of float32, shape (h, w, C)
        Median of the members at chosen iterations, at the working size.
    features : dict of (str, int) to ndarray of float32, shape (M, h', w', width)
        Hidden features by block and iteration, at the resolution of the block. They cover the
        image and, at the bottom and right, what its sides lack to a multiple of 8 (at least 16).
    losses : ndarray of float32, shape (M, config.passes)
        Mean absolute error of each forward pass; NaN after an early stop.
    config : PriorConfig
        How it was fitted.
    seed : int
        Passing it as ``rng`` gives the same prior again.
    seconds : float
        How long the fit took; NaN if it was read from a file, which is the same for the same prior.
    version : str
        The version of segprior that fitted it.
    """

    shape: tuple[int, int, int]
    members: NDArray[np.float32]
    snapshots: Mapping[int, NDArray[np.float32]]
    features: Mapping[tuple[str, int], NDArray[np.float32]]
    losses: NDArray[np.float32]
    config: PriorConfig
    seed: int
    seconds: float
    version: str = __version__

    def __repr__(self) -> str:
        rows, columns, channels = self.shape
        members, height, width = self.members.shape[:3]
        return (
            f"Prior(of {rows} x {columns} pixels and {channels} channels, {members} members of "
            f"{height} x {width}, seed {self.seed}"
            f"{'' if math.isnan(self.seconds) else f', {self.seconds:.1f} s'})"
        )

    @cached_property
    def fitted(self) -> NDArray[np.float32]:
        """The prior at the working size: per-pixel median of the members, (h, w, C)."""
        return _median(self.members, self.config)

    @property
    def image(self) -> NDArray[np.float32]:
        """The prior at the size of the image, (H, W, C), float32 in [0, 1]."""
        return resize(self.fitted, self.shape[:2])

    @property
    def spread(self) -> NDArray[np.float32]:
        """Where the members differ: their standard deviation, (H, W), float32.

        The mean over channels, in units of the image's range; 0 with one member.
        """
        deviation = self.members.std(axis=0).mean(axis=-1, keepdims=True)
        return resize(deviation, self.shape[:2])[..., 0]

    def save(self, path: str | Path) -> Path:
        """Write the prior to a file, chosen by suffix.

        Parameters
        ----------
        path : str or path-like
            ``.npz`` keeps everything and can be loaded again; a picture (``.png``, ``.jpg``,
            ``.tif``, …) or ``.npy`` holds :attr:`image`.

        Raises
        ------
        OutputError
            If the suffix is unknown, the picture cannot hold the channels or the file cannot be
            written.
        """
        from segprior.io.formats.npy import save_npz
        from segprior.io.pictures import save_picture
        from segprior.prior.prior_file import FORMAT

        path = Path(path)
        if path.suffix.lower() != ".npz":
            return save_picture(path, self.image)
        arrays = {"members": self.members, "losses": self.losses}
        arrays |= {f"snapshot/{at}": array for at, array in self.snapshots.items()}
        arrays |= {f"features/{block}/{at}": array for (block, at), array in self.features.items()}
        meta = {
            "format": FORMAT,
            "version": self.version,
            "shape": self.shape,
            "config": self.config.to_dict(),
            "seed": self.seed,
        }
        return save_npz(path, arrays, meta)

    @classmethod
    def load(cls, path: object) -> Prior:
        """Read a prior that :meth:`save` wrote as ``.npz``.

        Parameters
        ----------
        path : str, path-like, bytes or binary file object
            The file.

        Raises
        ------
        ImageError
            If it is missing, broken or something else.
        """
        from segprior.prior.prior_file import read_fields

        return cls(**read_fields(path))

    def _repr_png_(self) -> bytes:
        from segprior.io.formats.png import encode_png

        return encode_png(to_uint8(to_rgb(self.image)))


def fit_prior(
    image: Any,
    *,
    preset: str | None = None,
    config: PriorConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    channel_axis: int | None = -1,
    callback: Callback | None = None,
    **overrides: Any,
) -> Prior:
    """Fit the deep segmentation prior of one image.

    Several randomly initialised generators are fitted to the image from noise and stopped early;
    the prior is the median of what they give. It shows the objects without their texture.

    Parameters
    ----------
    image : array-like, path, bytes, file, PIL image or torch tensor
        Whatever :func:`segprior.as_image` takes; (H, W) or (H, W, C), sides from 8 pixels.
    preset : {"fast", "published"}, optional
        ``fast`` is the default; ``published`` has the numbers of the publication.
    config : PriorConfig, optional
        Instead of a preset.
    rng : int, numpy.random.Generator or None
        Seed; None draws one. The same seed gives the same prior on one device, however many
        threads there are; member 7 is the same alone or among eleven.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to fit.
    channel_axis : int or None
        Axis of the channels in an array; None for a grey image.
    callback : callable, optional
        Called at each iteration of each member, and able to stop it: see
        :mod:`segprior.callbacks`.
    **overrides
        Fields of :class:`PriorConfig` that replace those of the preset, as in ``members=11``; and
        options of :func:`segprior.as_image`, for how the image is read.

    Returns
    -------
    Prior

    Raises
    ------
    ImageError
        If the image cannot be used.
    ConfigError
        If an option is not valid.

    Notes
    -----
    Sides that are no multiple of 8 are extended by reflection for the fit and cut back after it;
    no pixel is lost.

    References
    ----------
    .. [1] Ulyanov, Vedaldi, Lempitsky: Deep Image Prior. CVPR 2018, arXiv:1711.10925.
    .. [2] Azulay: Deep Segmentation Prior, 2019, github.com/shaharazulay/deep-segmentation-prior.

    Examples
    --------
    >>> import numpy as np, segprior
    >>> image = np.zeros((32, 40)); image[8:24, 10:30] = 1
    >>> prior = segprior.fit_prior(image, channel_axis=None, members=2, iterations=5)
    >>> prior.image.shape, prior.members.shape
    ((32, 40, 1), (2, 32, 40, 1))
    """
    reading = reading_of(overrides)
    config = resolve(PriorConfig, preset, config, overrides)
    seed = as_seed(rng)
    full = open_planes(image, channel_axis=channel_axis, **reading).only()
    return fit(full, config, seed=seed, device=device, callback=callback)


def fit(
    image: Pyramid,
    config: PriorConfig,
    *,
    seed: int = 0,
    device: str = "auto",
    callback: Callback | None = None,
) -> Prior:
    """Do what :func:`fit_prior` does, on an image that has been read.

    Parameters
    ----------
    image : Pyramid
    config, device, callback
        As there.
    seed : int
    """
    start = time.perf_counter()
    runs = fit_runs(image.at(config.working_size), config, seed, device, callback)
    return Prior(
        shape=image.full.shape,
        members=np.stack([run.output for run in runs]),
        snapshots={
            at: _median(np.stack([run.snapshots[at] for run in runs]), config)
            for at in config.snapshots
        },
        features={key: np.stack([run.features[key] for run in runs]) for key in config.features},
        losses=np.stack([run.losses for run in runs]),
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
    )


def check_prior(prior: Prior, shape: tuple[int, ...]) -> None:
    """Refuse the prior of another image.

    Raises
    ------
    ConfigError
        If it was fitted to an image of another shape than (H, W, C), or is no prior.
    """
    of_kind("prior", prior, Prior)
    if tuple(prior.shape) != tuple(shape):
        raise ConfigError(
            f"got a prior of an image of shape {tuple(prior.shape)} for one of shape {shape}; "
            "pass the prior of this image"
        )


def fit_runs(
    small: NDArray[np.float32],
    config: PriorConfig,
    seed: int,
    device: str = "auto",
    callback: Callback | None = None,
) -> list[Run]:
    """Fit all members to an image at its working size.

    Parameters
    ----------
    small : ndarray of float32, shape (h, w, C)
        In [0, 1]; sides from 8 pixels.
    config, seed, device, callback
        As in :func:`fit_prior`; ``config.working_size`` is not looked at.

    Returns
    -------
    list of Run
        One per member, outputs and snapshots cut to (h, w, C).

    Raises
    ------
    ConfigError
        If there is no such device.
    """
    from segprior.prior.training import fit_members

    rows, columns = small.shape[:2]
    missing = [max(_LEAST, -(-side // _MULTIPLE) * _MULTIPLE) - side for side in (rows, columns)]
    padded = np.pad(small, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")
    seeds = [member_seed(seed, member) for member in range(config.members)]
    shared = member_seed(seed, _NOISE) if config.shared_noise else None
    runs = fit_members(padded, seeds, config, device, callback, shared)
    for run in runs:
        run.output = run.output[:rows, :columns]
        run.snapshots = {at: shot[:rows, :columns] for at, shot in run.snapshots.items()}
    return runs


def _median(members: NDArray[np.float32], config: PriorConfig) -> NDArray[np.float32]:
    if config.median == "lower":
        middle = (len(members) - 1) // 2
        lower: NDArray[np.float32] = np.partition(members, middle, axis=0)[middle]
        np.rint(lower * np.float32(255), out=lower)
        lower /= 255
        return lower
    median: NDArray[np.float32] = np.median(members, axis=0).astype(np.float32, copy=False)
    return median
