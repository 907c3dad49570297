"""The formats of a mask or label map, by name and by suffix."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import Any

from numpy.typing import NDArray

from segprior.errors import ConfigError, OutputError
from segprior.io.files.atomic import write_atomically
from segprior.io.label_maps import LABEL_SUFFIXES, encode_labels, label_type
from segprior.io.shared.geotiff import georeference

__all__ = ["FORMATS", "RESULT_SUFFIXES", "choose_format", "save_segmentation"]

FORMATS: dict[str, tuple[str, ...]] = {
    "coco": (".json",),
    "geojson": (".geojson", ".json"),
    "labelme": (".json",),
    "npy": (".npy",),
    "ome-tiff": (".ome.tif", ".ome.tiff", ".tif", ".tiff"),
    "png": (".png",),
    "tiff": (".tif", ".tiff"),
    "zarr": (".zarr",),
}
"""Suffixes of each format; the first is that of files that are not named one by one."""

RESULT_SUFFIXES = (*LABEL_SUFFIXES, ".geojson", ".zarr")
"""What says by itself which format is meant, but for ``.ome.tif``, which ends in ``.tif``."""


def choose_format(path: str | os.PathLike[str], wanted: str | None = None) -> str:
    """Return the name in `FORMATS` of the format that a file is to be written in.

    Parameters
    ----------
    path : str or path-like
        The file.
    wanted : str, optional
        The format that was asked for; by default the suffix decides.

    Raises
    ------
    ConfigError
        If there is no such format.
    OutputError
        If the suffix belongs to another format, to none, or, as ``.json``, to several.
    """
    path = Path(path)
    name = path.name.lower()
    if wanted is not None:
        if wanted not in FORMATS:
            raise ConfigError(f"got format={wanted!r}; choose {', '.join(FORMATS)}")
        if not name.endswith(FORMATS[wanted]):
            raise OutputError(
                f"cannot save {wanted} as {path.suffix!r}; use {' or '.join(FORMATS[wanted])}"
            )
        return wanted
    if name.endswith((".ome.tif", ".ome.tiff")):
        return "ome-tiff"
    suffix = path.suffix.lower()
    if suffix == ".json":
        raise OutputError(
            f"{path.name} may become COCO, GeoJSON or LabelMe; pass format 'coco', 'geojson' or "
            "'labelme'"
        )
    if suffix not in RESULT_SUFFIXES:
        raise OutputError(
            f"cannot save labels as {path.suffix!r}; use {', '.join(RESULT_SUFFIXES)}, .ome.tif, "
            "or .json with a format"
        )
    return {".tif": "tiff", ".tiff": "tiff"}.get(suffix, suffix[1:])


def save_segmentation(
    path: str | os.PathLike[str],
    labels: NDArray[Any],
    *,
    mask: bool,
    wanted: str | None = None,
    image: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a mask or label map; see :meth:`segprior.result.Segmentation.save`.

    Parameters
    ----------
    path : str or path-like
        The file; an existing one is replaced.
    labels : ndarray of int, shape (H, W)
        Labels from 0; 0 and 1 for a mask.
    mask : bool
        Whether it is a mask.
    wanted : str, optional
        One of `FORMATS`; by default the suffix decides.
    image : str or path-like, optional
        File of the image, for formats that name it, and for a TIFF, which keeps its georeference.

    Returns
    -------
    pathlib.Path
        ``path``.

    Raises
    ------
    ConfigError, OutputError
        As :func:`choose_format` and :func:`segprior.io.label_maps.encode_labels` do, or if the
        file cannot be written.
    """
    path = Path(path)
    chosen = choose_format(path, wanted)
    if chosen == "zarr":
        from segprior.io.formats.zarr_arrays import write_zarr

        dtype = label_type(int(labels.max(initial=0)), mask=mask)
        write_zarr(path, [labels], (labels.shape[0], labels.shape[1]), dtype)
        return path
    return write_atomically(path, _encoded(path, chosen, labels, mask, image))


def _encoded(
    path: Path,
    chosen: str,
    labels: NDArray[Any],
    mask: bool,
    image: str | os.PathLike[str] | None,
) -> bytes:
    if chosen == "geojson":
        from segprior.io.formats.geojson import encode_geojson

        return encode_geojson(labels, mask=mask)
    if chosen == "coco":
        from segprior.io.formats.coco import encode_coco

        name = f"{path.stem}.png" if image is None else PurePath(image).name
        return encode_coco(labels, mask=mask, image=name)
    if chosen == "labelme":
        from segprior.io.formats.labelme import encode_labelme

        name = f"{path.stem}.png" if image is None else _from(path.parent, image)
        return encode_labelme(labels, mask=mask, image=name)
    if chosen == "ome-tiff":
        return encode_labels(labels, ".ome.tif", mask=mask)
    if chosen == "tiff":
        tags = georeference(image, (labels.shape[0], labels.shape[1]))
        return encode_labels(labels, path.suffix, mask=mask, tags=tags)
    return encode_labels(labels, path.suffix, mask=mask)


def _from(folder: Path, image: str | os.PathLike[str]) -> str:
    try:
        return PurePath(os.path.relpath(image, folder)).as_posix()
    except ValueError:  # on another drive, which no relative path reaches
        return Path(image).absolute().as_posix()
