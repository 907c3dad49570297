"""The numbers of a picture as its file holds them, and what every reader does with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.messages import Setting

__all__ = ["Alpha", "Outer", "Pixels", "check_page", "check_pixels", "orient"]

Alpha = Literal["none", "straight", "premultiplied"]
Outer = tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pixels:
    """The numbers of a picture as they were stored, and what its file says of them.

    Attributes
    ----------
    values : ndarray of shape (H, W), (H, W, C) or, if ``stored_axis`` is None, any
        As decoded, of any dtype.
    name : str
        What to call the picture in a message.
    stored_axis : int or None
        The axis, of three, on which the file keeps its channels, which are last in ``values``
        all the same; None if only the user can know which axis of ``values`` holds them.
    alpha : {"none", "straight", "premultiplied"}
        Whether the last channel is declared to be transparency, and whether the colours were
        multiplied by it.
    depth : int or None
        Bits per value that the file declares; None stands for those of the dtype.
    kind : str
        What messages call the format of the file; empty if there is none.
    lossy : bool
        Whether the format keeps values only about as they were.
    indexed : bool
        Whether ``values`` are indices into a palette.
    together : tuple of int, optional
        Shape of all pages of the file as one array, where that may be what is meant.
    nodata : float, int or None
        The value by which the file marks pixels without data.
    outer : tuple of (str, int)
        The axes along which the file has more such planes, a letter each, and their lengths; the
        last one varies fastest as pages are counted. Empty if there is one plane.
    """

    values: NDArray[Any]
    name: str
    stored_axis: int | None = None
    alpha: Alpha = "none"
    depth: int | None = None
    kind: str = ""
    lossy: bool = False
    indexed: bool = False
    together: tuple[int, ...] | None = None
    nodata: float | None = None
    outer: Outer = ()


def check_pixels(rows: int, columns: int, max_pixels: int | None, name: str) -> None:
    """Refuse a picture above the pixel limit, before anything is decoded.

    Raises
    ------
    ImageError
        If ``rows * columns`` is above ``max_pixels``; None is no limit.
    """
    if max_pixels is not None and rows * columns > max_pixels:
        raise ImageError(
            f"{name}: {rows} x {columns} pixels are {rows * columns / 1e6:.6g} megapixels, above "
            f"the limit of {max_pixels / 1e6:.6g}",
            cure=("reduce the picture or raise ", Setting("max_pixels")),
        )


def check_page(page: int | None, count: int, name: str) -> None:
    """Refuse a page that the file does not have.

    Raises
    ------
    ImageError
        If ``page`` is not below ``count``.
    """
    if page is not None and page >= count:
        pages, allowed = ("1 page", "0") if count == 1 else (f"{count} pages", f"0 to {count - 1}")
        raise ImageError(
            f"{name} has {pages}, got ",
            Setting("page", page),
            cure=f"pass {allowed} or leave it out",
        )


def orient(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn and flip stored rows and columns as the EXIF tag *Orientation* (1 to 8) asks.

    The result is a view, which costs no second picture.
    """
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values
