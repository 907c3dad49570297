"""An image to be steered: looked at once, then answered click by click."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from segprior.config.presets import resolve
from segprior.config.steering import PredictorConfig
from segprior.io.image import MAX_PIXELS, as_image
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.levels import LEVELS, Hierarchy
from segprior.result import Segmentation
from segprior.runtime.seeding import RandomSource, as_seed
from segprior.steering.api import prepare, respond
from segprior.steering.file import read_steerer, write_steerer
from segprior.steering.marks import as_marks
from segprior.steering.steerer import Steerer

__all__ = ["Predictor"]


class Predictor:
    """An image that is looked at once, and then divided by what is marked in it.

    It can be saved and loaded, pickled, and used from several threads. What it answers depends on
    the marks alone, not on their order or on what was asked before.

    Parameters
    ----------
    image : str, path, bytes, file object, PIL image, array or tensor of shape (H, W) or (H, W, C)
        Anything that :func:`segprior.as_image` takes; of any number of channels.
    preset : str, optional
        ``"fast"``, the only one.
    config : PredictorConfig, optional
        All options at once.
    rng : int, numpy.random.Generator or None
        Seed of the words of colour and texture, which are found on a sample of the pixels.
    channel_axis : int or None
        Which axis of an array holds the channels; None for a grey image.
    max_pixels : int or None
        Refuse an image of more pixels; None is no limit.
    **overrides
        Options of :class:`segprior.PredictorConfig`.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the image.
    config : PredictorConfig
    seed : int

    Raises
    ------
    ImageError
        If the image cannot be used.
    ConfigError
        If an option is not valid.

    Examples
    --------
    >>> import numpy as np
    >>> import segprior
    >>> image = np.full((48, 64, 3), 40, np.uint8)
    >>> image[8:24, 8:28] = (200, 40, 40)
    >>> image[28:40, 36:56] = (200, 40, 40)
    >>> predictor = segprior.Predictor(image)
    >>> found = predictor.predict(points=[(16, 16)])
    >>> found.labels[10, 10].item(), found.labels[34, 44].item()
    (1, 0)
    >>> both = predictor.predict(points=[(16, 16), (34, 44), (4, 60)], labels=[1, 2, 0])
    >>> both.labels[16, 16].item(), both.labels[34, 44].item(), both.labels[45, 5].item()
    (1, 2, 0)
    """

    def __init__(
        self,
        image: Any,
        *,
        preset: str | None = None,
        config: PredictorConfig | None = None,
        rng: RandomSource = 0,
        channel_axis: int | None = -1,
        max_pixels: int | None = MAX_PIXELS,
        **overrides: Any,
    ) -> None:
        self.config = resolve(PredictorConfig, preset, config, overrides)
        self.seed = as_seed(rng)
        pixels = as_image(image, channel_axis=channel_axis, max_pixels=max_pixels)
        self._steerer: Steerer = prepare(pixels, self.config, self.seed)

    def __repr__(self) -> str:
        rows, columns = self.shape
        regions = self._steerer.scene.count
        return f"Predictor({rows} x {columns} pixels, {regions} regions, seed {self.seed})"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the image."""
        return self._steerer.scene.shape

    @property
    def hierarchy(self) -> Hierarchy:
        """The nested segments of the image at the working size."""
        scene = self._steerer.scene
        return Hierarchy(
            regions=scene.regions,
            merges=scene.merges,
            costs=scene.heights,
            levels=LEVELS["image"],
            edges="image",
            config=SegmentConfig.preset("fast", working_size=self.config.working_size),
            seed=self.seed,
            seconds=float("nan"),
        )

    def predict(
        self,
        *,
        points: Any = None,
        labels: Any = None,
        box: Any = None,
        scribbles: Any = None,
        mask: Any = None,
    ) -> Segmentation:
        """Find what is marked.

        Everything may be combined.

        Parameters
        ----------
        points : sequence of (int, int), optional
            Rows and columns of pixels, from 0.
        labels : sequence of int, optional
            Of the points: 0 for ground, 1 for the object, from 1 for several objects. By default
            all are 1.
        box : (int, int, int, int), optional
            Top, left, bottom and right, as in slices, so that bottom and right are not inside;
            the object ``1`` lies in it, and all others do.
        scribbles : str, path, or array of int of shape (H, W) or (K, 3), optional
            A label picture in which 0 (or 255) is unmarked and 1 to 254 are objects, or points of
            row, column and label; see :func:`segprior.io.marks.reader.read_marks`.
        mask : ndarray of bool or int, shape (H, W), optional
            A mask to start from; what is not 0 is object. Marks outweigh it.

        Returns
        -------
        Segmentation
            A mask where 1 is the only object, of uint8; otherwise a label map, of int32, in which
            0 is ground. Where several objects are marked and no ground, neither by points nor by
            a box, they share the whole image, and there is no 0.

            ``confidence`` is abs(tanh(odds / 2)), with the logarithm of the odds that a pixel has
            its label; 0 where the boundary was drawn against them, and 1 at marks. ``score`` is
            its mean over the objects. ``evidence`` holds ``marks``, how many pixels are marked,
            and ``regions``.

        Raises
        ------
        ConfigError
            If nothing is marked, a point lies outside the image, one is marked twice with
            different labels, or the box is empty, reaches out of the image, or has an object
            outside.
        ImageError
            If scribbles or the mask cannot be read or do not fit the image.

        Notes
        -----
        An object is what hangs together with its marks: pieces that none touches are left out.

        See :func:`segprior.steering.evidence.weigh` for what speaks for a region. The boundary is
        then the cheapest cut through pixels that are not sure, along edges; in an image larger
        than the working size it is found again at full size in a band along it.
        """
        marks = as_marks(
            self.shape, points=points, labels=labels, box=box, scribbles=scribbles, mask=mask,
            image=self._steerer.image,
        )  # fmt: skip
        return respond(self._steerer, marks, self.config, self.seed)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write all of it to a file, for :meth:`load`.

        The same predictor gives the same bytes.

        Parameters
        ----------
        path : str or path-like
            Must end in ``.npz``.

        Raises
        ------
        OutputError
            If the suffix is another one or the file cannot be written.
        """
        return write_steerer(path, self._steerer, self.config.to_dict(), self.seed)

    @classmethod
    def load(cls, path: object, *, max_pixels: int | None = MAX_PIXELS) -> Predictor:
        """Read a predictor that :meth:`save` wrote.

        Parameters
        ----------
        path : str, path-like, bytes or binary file object
        max_pixels : int or None
            Refuse one of more pixels before they are read; None is no limit.

        Raises
        ------
        ImageError
            If it is missing, broken or something else, or has too many pixels.
        """
        steerer, config, seed = read_steerer(path, max_pixels)
        found = cls.__new__(cls)
        found.config, found.seed, found._steerer = PredictorConfig(**config), seed, steerer
        return found
