"""What a segmentation returns: labels with the evidence for them, and ways to save and see it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError
from segprior.image.colour import to_rgb, to_uint8
from segprior.image.overlay import draw_labels, draw_mask
from segprior.image.palette import label_colours
from segprior.io.export import save_segmentation
from segprior.io.formats.png import encode_png
from segprior.io.image import open_planes
from segprior.io.label_maps import encode_labels
from segprior.io.shared.region_table import region_table, save_table, thing_table

__all__ = ["Segmentation"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Segmentation:
    """Labels for every pixel of one image, and how they came about.

    Attributes
    ----------
    labels : ndarray of int, shape (H, W)
        For a mask 0 is background and 1 foreground (uint8); for a label map 1..n; for things one
        by one 1..n, and 0 where there is none.
    confidence : ndarray of float32, shape (H, W)
        How sure each label is, in [0, 1]; the method that made it says how it is measured.
    score : float
        How sure the whole segmentation is, in [0, 1].
    config : object
        The configuration that made it, with ``to_dict()``.
    seed : int
        The seed that made it.
    seconds : float
        How long it took.
    evidence : dict of str to float
        Named numbers behind the decisions, such as ``polarity``.
    curves : dict of str to ndarray of shape (iterations,)
        Named numbers over the iterations, such as ``loss``; empty where there were none.
    kind : {"mask", "labels", "instances"}
        Whether ``labels`` is a foreground mask, a label map, or things one by one.
    valid : ndarray of bool, shape (H, W), or None
        Where the image has data, if not everywhere; elsewhere label and confidence are 0.
    axes : str
        Of a stack, a letter for each axis before rows and columns, such as ``"TZ"``; labels,
        confidence and ``valid`` then have the shape (…, H, W).

    Raises
    ------
    ImageError
        If the labels are not a two-dimensional array of whole numbers from 0, those of a mask
        not 0 and 1, or the confidence has another shape.
    ConfigError
        If ``kind`` is another word.
    """

    labels: NDArray[Any]
    confidence: NDArray[np.float32]
    score: float
    config: Any
    seed: int
    seconds: float
    evidence: dict[str, float] = field(default_factory=dict)
    curves: dict[str, NDArray[Any]] = field(default_factory=dict)
    kind: Literal["mask", "labels", "instances"] = "mask"
    valid: NDArray[np.bool_] | None = None
    axes: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("mask", "labels", "instances"):
            raise ConfigError(f"got kind={self.kind!r}; choose 'mask', 'labels' or 'instances'")
        labels = np.asarray(self.labels)
        if labels.ndim != 2 + len(self.axes) or labels.dtype.kind not in "bui":
            raise ImageError(
                f"labels of shape {labels.shape} and type {labels.dtype}; "
                "pass whole numbers of shape (H, W)"
            )
        if labels.min(initial=0) < 0:
            raise ImageError(f"got label {labels.min()}; labels start at 0")
        if self.kind == "mask":
            if labels.max(initial=0) > 1:
                raise ImageError(f"got label {labels.max()} in a mask; pass kind='labels'")
            labels = labels.astype(np.uint8, copy=False)
        confidence = np.asarray(self.confidence, np.float32)
        if confidence.shape != labels.shape:
            raise ImageError(
                f"confidence has shape {confidence.shape}, labels {labels.shape}; pass one number "
                "per label"
            )
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "confidence", confidence)

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.labels.shape))
        what = {
            "mask": f"{self.foreground:.1%} foreground",
            "labels": f"{self.n_labels} labels",
            "instances": f"{(n := self.n_instances)} thing{'' if n == 1 else 's'}",
        }[self.kind]
        return (
            f"Segmentation({self.kind} of {size} pixels, {what}, "
            f"score {self.score:.2f}, seed {self.seed}, {self.seconds:.1f} s)"
        )

    @property
    def foreground(self) -> float:
        """Share of the pixels with data whose label is not 0."""
        pixels = self.labels.size if self.valid is None else np.count_nonzero(self.valid)
        return float(np.count_nonzero(self.labels) / max(1, pixels))

    @property
    def n_labels(self) -> int:
        """Number of distinct labels of pixels with data, 0 among them where it occurs."""
        return int(np.unique(self.labels if self.valid is None else self.labels[self.valid]).size)

    def plane(self, *place: int) -> Segmentation:
        """Take one plane out of a stack.

        Parameters
        ----------
        *place : int
            Where it lies along each of the ``axes``.

        Returns
        -------
        Segmentation
            With the ``score`` and ``evidence`` of the stack.

        Raises
        ------
        ConfigError
            If there is no such plane.
        """
        sizes = self.labels.shape[: len(self.axes)]
        if len(place) != len(sizes) or any(
            not 0 <= at < n for at, n in zip(place, sizes, strict=True)
        ):
            raise ConfigError(f"got plane {place} of {sizes}; pass a place on each axis, from 0")
        valid = None if self.valid is None else self.valid[place]
        return replace(
            self, labels=self.labels[place], confidence=self.confidence[place], valid=valid,
            axes="",
        )  # fmt: skip

    @property
    def n_instances(self) -> int:
        """Number of distinct labels without 0, added up over the planes of a stack."""
        planes = self.labels.reshape(-1, *self.labels.shape[-2:])
        return sum(int(np.count_nonzero(np.unique(plane))) for plane in planes)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays as plain values, fit for JSON.

        The share of foreground stands under ``foreground`` for a mask and for things, the number
        of labels under ``labels`` for a label map, that of things under ``instances``.
        """
        size: dict[str, Any] = {"rows": self.labels.shape[-2], "columns": self.labels.shape[-1]}
        if self.axes:
            size["planes"] = dict(zip(self.axes, self.labels.shape, strict=False))
        content: dict[str, Any] = (
            {"labels": self.n_labels} if self.kind == "labels" else {"foreground": self.foreground}
        )
        if self.kind == "instances":
            content["instances"] = self.n_instances
        return {
            "kind": self.kind,
            **size,
            **content,
            "score": float(self.score),
            "evidence": {name: float(value) for name, value in self.evidence.items()},
            "seed": int(self.seed),
            "seconds": float(self.seconds),
            "config": self.config.to_dict() if self.config is not None else None,
        }

    def to_png(self) -> bytes:
        """Return the bytes that :meth:`save` writes into a ``.png`` file."""
        return encode_labels(self.labels, ".png", mask=self.kind == "mask")

    def _repr_png_(self) -> bytes:
        if self.axes:
            return self.plane(*(0 for _ in self.axes))._repr_png_()
        if self.kind != "mask" and self.labels.max(initial=0) > 255:
            return encode_png(label_colours(self.labels))
        return self.to_png()

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        image: str | os.PathLike[str] | None = None,
    ) -> Path:
        """Write the labels in the format that the suffix names.

        A mask becomes a grey 8-bit PNG or TIFF of 0 and 255. A label map becomes an indexed PNG,
        a 16-bit PNG if it has labels above 255, or a TIFF of 16 or 32 bits. ``.npy`` holds
        ``labels`` as they are. :func:`segprior.io.label_maps.read_labels` reads all of these back
        exactly. GeoJSON, LabelMe and SVG hold polygons along the edges of the pixels, in (column,
        row), COCO run-length encoded masks; label 0 has none, all other pixels are kept exactly.
        Of things one by one each is an entry of its own, all of the one kind ``thing``.
        Zarr arrays need the extra ``zarr``. TIFF, ``.npy`` and Zarr hold stacks, with their axes.
        Other distributions may bring more formats. Where pixels have no data, a TIFF says that its
        0 is no data.

        Parameters
        ----------
        path : str or path-like
            Ends in ``.png``, ``.tif``, ``.tiff``, ``.ome.tif``, ``.npy``, ``.geojson``, ``.svg``
            or ``.zarr``; or in ``.json``, for which ``format`` is needed.
        format : str, optional
            The format, where the suffix does not tell: ``"coco"``, ``"geojson"``, ``"labelme"``,
            ``"npy"``, ``"ome-tiff"``, ``"png"``, ``"svg"``, ``"tiff"`` or ``"zarr"``.
        image : str or path-like, optional
            The file that was segmented: COCO and LabelMe name it, LabelMe by its path from the
            folder of ``path``. By default a PNG with the name of ``path``. If it is a GeoTIFF, a
            TIFF gets its georeference.

        Returns
        -------
        pathlib.Path
            ``path``.

        Raises
        ------
        OutputError
            If the suffix is another one, the format cannot hold the largest label, or the file
            cannot be written.
        ConfigError
            If ``format`` is another word.
        """
        return save_segmentation(
            path, self.labels, mask=self.kind == "mask", wanted=format, image=image,
            axes=self.axes, nodata=self.valid is not None, things=self.kind == "instances",
        )  # fmt: skip

    def table(self, image: Any = None, *, channel_axis: int | None = -1) -> dict[str, NDArray[Any]]:
        """Measure the region of each label but 0: size, place and colour.

        Parameters
        ----------
        image : path, array or whatever :func:`segprior.as_image` takes, optional
            The image that was segmented, for the mean colours.
        channel_axis : int or None
            Of an array.

        Returns
        -------
        dict of str to ndarray of shape (n,)
            Columns, such as ``pandas.DataFrame`` takes, with one row per label in rising order:
            ``label`` and ``area``, in pixels; the bounding box ``row_start``, ``column_start``,
            ``row_stop``, ``column_stop``, whose ends are not part of it, as in slices;
            ``centroid_row``, ``centroid_column``, where whole numbers are the centres of pixels;
            and with an image ``mean_0``, ``mean_1``, …, the means of its channels in [0, 1].

            Of things one by one the columns are those of
            :func:`segprior.io.shared.region_table.thing_table`, with scikit-image's names.

        Raises
        ------
        ImageError
            If the image has another size.
        """
        self._check_plane()
        values = None if image is None else self._image(image, channel_axis)
        table = thing_table if self.kind == "instances" else region_table
        return table(self.labels, values)

    def save_table(
        self, path: str | os.PathLike[str], image: Any = None, *, channel_axis: int | None = -1
    ) -> Path:
        """Write :meth:`table` as CSV.

        Parameters
        ----------
        path : str or path-like
            Ends in ``.csv``.
        image, channel_axis
            As in :meth:`table`.

        Returns
        -------
        pathlib.Path
            ``path``.

        Raises
        ------
        ImageError
            If the image has another size.
        OutputError
            If the suffix is another one, or the file cannot be written.
        """
        return save_table(path, self.table(image, channel_axis=channel_axis))

    def overlay(
        self,
        image: Any,
        *,
        alpha: float = 0.5,
        boundaries: bool = True,
        channel_axis: int | None = -1,
    ) -> NDArray[np.uint8]:
        """Draw the labels over the image.

        The background of a mask is darkened and loses its colours; the regions of a label map
        are tinted with the colours that its PNG file has. Images of one, two or more than three
        channels are shown as :func:`segprior.image.colour.to_rgb` does.

        Parameters
        ----------
        image : path, array or whatever :func:`segprior.as_image` takes
            The image that was segmented.
        alpha : float
            Strength, in [0, 1]: how much is taken from the background, or how much is tint.
        boundaries : bool
            Draw a line between the labels.
        channel_axis : int or None
            Of an array.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)

        Raises
        ------
        ImageError
            If the image has another size.
        ConfigError
            If ``alpha`` lies outside [0, 1].
        """
        if not 0 <= alpha <= 1:
            raise ConfigError(f"got alpha={alpha!r}; pass a number from 0 to 1")
        picture = self._picture(image, channel_axis)
        if self.kind == "mask":
            return draw_mask(picture, self.labels > 0, alpha=alpha, boundaries=boundaries)
        return draw_labels(picture, self.labels, alpha=alpha, boundaries=boundaries)

    def cutout(self, image: Any, *, channel_axis: int | None = -1) -> NDArray[np.uint8]:
        """Cut the foreground, all labels but 0, out of the image.

        Parameters
        ----------
        image, channel_axis
            As in :meth:`overlay`.

        Returns
        -------
        ndarray of uint8, shape (H, W, 4)
            RGBA; the background is black and transparent.

        Raises
        ------
        ImageError
            If the image has another size.
        """
        self._check_plane()
        result = np.zeros((*self.labels.shape, 4), np.uint8)
        chosen = self.labels > 0
        result[..., :3] = self._picture(image, channel_axis)
        result[~chosen] = 0
        result[..., 3] = np.where(chosen, 255, 0)
        return result

    def confidence_picture(self) -> NDArray[np.uint8]:
        """Return the confidence as a grey picture, uint8 of shape (H, W), 255 where it is 1."""
        return to_uint8(self.confidence)

    def _picture(self, image: Any, channel_axis: int | None) -> NDArray[np.uint8]:
        return to_uint8(to_rgb(self._image(image, channel_axis)))

    def _check_plane(self) -> None:
        if self.axes:
            raise ImageError(
                f"labels of {self.labels.shape}, a stack; take one plane out of it with .plane()"
            )

    def _image(self, image: Any, channel_axis: int | None) -> NDArray[np.float32]:
        self._check_plane()
        planes = open_planes(image, channel_axis=channel_axis, max_pixels=None, quiet=True)
        values = planes.only().full
        if values.shape[:2] != self.labels.shape:
            rows, columns = self.labels.shape
            raise ImageError(
                f"the image has {values.shape[0]} x {values.shape[1]} pixels, the labels have "
                f"{rows} x {columns}; pass the image that was segmented"
            )
        return values
