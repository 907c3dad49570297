"""Pictures in rows with captions, and spectra as a plot; drawn by matplotlib, as PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.errors import ConfigError
from segprior.image.colour import to_rgb
from segprior.runtime.extras import need

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.analysis.spectrum import Spectrum

__all__ = ["plot_grid", "plot_lines", "plot_spectra"]

_DPI = 120
# All in inches.
_PANEL, _GAP, _CAPTION, _MARGIN, _LABEL, _TITLE = 2.4, 0.08, 0.24, 0.1, 0.28, 0.34
# Dark, orange and blue of Okabe and Ito, told apart by colour-blind readers too.
_COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7")

Row = Mapping[str, "NDArray[Any]"]


def plot_grid(
    rows: Sequence[Row], *, labels: Sequence[str] = (), title: str = "", panel: float = _PANEL
) -> bytes:
    """Lay pictures out in rows, each with its caption below.

    Parameters
    ----------
    rows : sequence of mapping of str to ndarray of shape (H, W) or (H, W, C)
        Pictures by caption: floats in [0, 1], uint8, or bool for masks. A caption may end in
        any number of spaces, to tell it from another one that reads the same.
    labels : sequence of str
        Text left of each row.
    title : str
        Text above.
    panel : float
        Width of a picture in inches, of 120 pixels each.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    ConfigError
        If there is no picture, or matplotlib is not installed.
    """
    if not rows or not all(rows):
        raise ConfigError("got no pictures to lay out; pass at least one in each row")
    sheet = _Sheet(
        [_row_height(row, panel) + _CAPTION for row in rows],
        max(len(row) for row in rows) * (panel + _GAP) - _GAP,
        left=_LABEL if labels else 0.0,
        top=_TITLE if title else 0.0,
    )
    sheet.title(title)
    for number, row in enumerate(rows):
        sheet.pictures(number, row, panel, labels[number] if labels else "")
    return sheet.png()


def plot_spectra(
    pictures: Row, spectra: Mapping[str, Spectrum], *, cutoff: float | None = None, title: str = ""
) -> bytes:
    """Draw pictures side by side over the log plot of their spectra.

    Parameters
    ----------
    pictures : mapping of str to ndarray
        As a row of :func:`plot_grid`.
    spectra : mapping of str to Spectrum
        Curves by name. The zero frequency, the mean of the image, is left out.
    cutoff : float, optional
        Draws a line at this frequency, in cycles per pixel.
    title : str
        Text above.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    ConfigError
        As in :func:`plot_grid`.
    """
    if not pictures or not spectra:
        raise ConfigError("got no spectra to draw; pass at least one and its picture")
    width = max(3, len(pictures)) * (_PANEL + _GAP) - _GAP
    height = _row_height(pictures, _PANEL) + _CAPTION
    sheet = _Sheet([height, 3.6], width, top=_TITLE if title else 0.0)
    sheet.title(title)
    sheet.pictures(0, pictures, _PANEL, "")
    lines = {}
    for name, spectrum in spectra.items():
        # A low-pass leaves rounding errors beyond its cut, which would set the scale of the plot.
        floor = 1e-10 * spectrum.power[1:].max(initial=0)
        shown = (spectrum.frequency > 0) & (spectrum.power > floor)
        lines[name] = spectrum.frequency[shown], spectrum.power[shown]
    axes = sheet.axes(1)
    _draw_lines(axes, lines, "spatial frequency (cycles per pixel)", "mean power")
    axes.set_yscale("log")
    axes.set_xlim(left=0)
    if cutoff is not None:
        axes.axvline(cutoff, color="#999999", linestyle=":", linewidth=1)
    return sheet.png()


def plot_lines(
    lines: Mapping[str, tuple[Any, Any]], *, across: str, upward: str, title: str = ""
) -> bytes:
    """Draw curves.

    Parameters
    ----------
    lines : mapping of str to (array-like, array-like)
        Abscissas and ordinates by name.
    across, upward : str
        What the axes show, with units.
    title : str
        Text above.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    ConfigError
        If there are no curves, or matplotlib is not installed.
    """
    if not lines:
        raise ConfigError("got no curves to draw; pass at least one")
    sheet = _Sheet([3.6], 7.0, top=_TITLE if title else 0.0)
    sheet.title(title)
    _draw_lines(sheet.axes(0), lines, across, upward)
    return sheet.png()


def _draw_lines(axes: Any, lines: Mapping[str, tuple[Any, Any]], across: str, upward: str) -> None:
    for number, (name, (x, y)) in enumerate(lines.items()):
        axes.plot(x, y, label=name, color=_COLOURS[number % len(_COLOURS)], linewidth=1.4)
    axes.set_xlabel(across)
    axes.set_ylabel(upward)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def _row_height(row: Row, panel: float) -> float:
    return panel * max(float(p.shape[0] / p.shape[1]) for p in row.values())


class _Sheet:
    """A white sheet with rows of given heights, all lengths in inches."""

    def __init__(
        self, heights: Sequence[float], width: float, *, left: float = 0.0, top: float = 0.0
    ) -> None:
        figure_module: Any = need("matplotlib.figure", "plots")
        self._heights = list(heights)
        self._content = width
        self._left = _MARGIN + left
        self._top = _MARGIN + top
        self._width = self._left + width + _MARGIN
        self._height = self._top + sum(heights) + _GAP * (len(heights) - 1) + _MARGIN
        self._figure = figure_module.Figure(figsize=(self._width, self._height), dpi=_DPI)

    def title(self, text: str) -> None:
        if text:
            self._text(self._width / 2, self._top / 2, text, size=11)

    def pictures(self, number: int, row: Row, panel: float, label: str) -> None:
        top = self._row_top(number)
        height = self._heights[number] - _CAPTION
        for place, (caption, picture) in enumerate(row.items()):
            rows, columns = picture.shape[:2]
            tall = panel * rows / columns
            left = self._left + place * (panel + _GAP)
            axes = self._add(left, top + (height - tall) / 2, panel, tall)
            axes.set_axis_off()
            axes.imshow(_shown(picture), vmin=0, vmax=1, cmap="gray", aspect="auto")
            middle = top + height + _CAPTION / 2
            self._text(left + panel / 2, middle, caption.rstrip(), size=9)
        if label:
            self._text(self._left / 2, top + height / 2, label, size=9, rotation=90)

    def axes(self, number: int) -> Any:
        """Room for a plot in a row, with its tick labels inside the sheet."""
        top, height = self._row_top(number), self._heights[number]
        return self._add(self._left + 0.7, top + 0.1, self._content - 0.8, height - 0.7)

    def png(self) -> bytes:
        stream = io.BytesIO()
        # Without the name of the program, whose version would change the bytes.
        self._figure.savefig(stream, format="png", metadata={"Software": None})
        return stream.getvalue()

    def _row_top(self, number: int) -> float:
        return self._top + sum(self._heights[:number]) + _GAP * number

    def _add(self, left: float, top: float, width: float, height: float) -> Any:
        bottom = self._height - top - height
        return self._figure.add_axes(
            (
                left / self._width,
                bottom / self._height,
                width / self._width,
                height / self._height,
            )
        )

    def _text(self, across: float, down: float, text: str, **options: Any) -> None:
        self._figure.text(
            across / self._width,
            1 - down / self._height,
            text,
            ha="center",
            va="center",
            **options,
        )


def _shown(picture: NDArray[Any]) -> NDArray[Any]:
    """Floats of shape (H, W, 3), or (H, W) for one channel, in [0, 1]."""
    values = picture / 255 if picture.dtype == np.uint8 else picture.astype(np.float64)
    values = np.clip(values, 0, 1)
    if values.ndim == 3 and values.shape[2] == 1:
        return values[..., 0]
    return values if values.ndim == 2 else to_rgb(values)
