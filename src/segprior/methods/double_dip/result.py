"""What Double-DIP returns: a mask, two layers, and how they came about."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.config.double_dip import DoubleDipConfig
from segprior.errors import EmptyResultWarning
from segprior.image.colour import to_rgb, to_uint8
from segprior.image.panels import strip
from segprior.image.resize import resize
from segprior.io.files.folder import write_folder
from segprior.io.formats.png import encode_png
from segprior.methods.double_dip.hints import hint_picture
from segprior.methods.empty import warning_of
from segprior.result import Segmentation
from segprior.runtime.extras import need

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DoubleDip", "curves_csv", "draw_curves"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DoubleDip:
    """An image taken apart: mask · foreground + (1 − mask) · background.

    Attributes
    ----------
    image : ndarray of float32, shape (H, W, C)
        The image, in [0, 1].
    mask : ndarray of uint8, shape (H, W)
        1 is foreground: where ``soft_mask`` is above 1/2.
    soft_mask : ndarray of float32, shape (H, W)
        In [0, 1], refined by the guided filter.
    fitted : dict of str to ndarray of float32, shape (h, w, C) or (h, w)
        ``foreground``, ``background``, ``mask`` and ``composed`` at the working size, as the
        generators gave them, in (0, 1).
    hint : ndarray of int8, shape (H, W)
        1 foreground, -1 background, 0 unknown.
    curves : dict of str to ndarray of float64, shape (n,)
        One number per iteration of step 1 and then step 2: ``step``, ``iteration`` (from 1 in
        each step), ``loss`` (what is minimised), ``foreground``, ``background`` and ``mask``
        (the losses of the three alone, 0 where they have none), ``composed`` (mean absolute
        error of the composed image) and ``psnr`` (in dB).
    snapshots : dict of int to dict
        By iteration, counted through both steps: ``mask``, (h, w), and ``composed``, (h, w, C).
    step : int
        Whether the result is that of the end of step 1 or of step 2.
    psnr : float
        Of the composed image against the image, in dB, at the working size.
    config : DoubleDipConfig
        How it was made.
    seed : int
        Passing it as ``rng`` gives the same result again.
    seconds : float
        How long it took, the hint included.
    """

    image: NDArray[np.float32]
    mask: NDArray[np.uint8]
    soft_mask: NDArray[np.float32]
    fitted: Mapping[str, NDArray[np.float32]]
    hint: NDArray[np.int8]
    curves: Mapping[str, NDArray[np.float64]]
    snapshots: Mapping[int, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict)
    step: int
    psnr: float
    config: DoubleDipConfig
    seed: int
    seconds: float

    def __repr__(self) -> str:
        rows, columns = self.mask.shape
        return (
            f"DoubleDip({rows} x {columns} pixels, {self.mask.mean():.1%} foreground, "
            f"{self.psnr:.1f} dB after step {self.step}, seed {self.seed}, {self.seconds:.1f} s)"
        )

    @property
    def foreground(self) -> NDArray[np.float32]:
        """The foreground layer at the size of the image, (H, W, C), float32 in [0, 1]."""
        return resize(self.fitted["foreground"], self.mask.shape)

    @property
    def background(self) -> NDArray[np.float32]:
        """The background layer at the size of the image, (H, W, C), float32 in [0, 1]."""
        return resize(self.fitted["background"], self.mask.shape)

    @property
    def composed(self) -> NDArray[np.float32]:
        """What the three make, at the size of the image, (H, W, C), float32 in [0, 1]."""
        return resize(self.fitted["composed"], self.mask.shape)

    @cached_property
    def segmentation(self) -> Segmentation:
        """The mask as a :class:`segprior.Segmentation`.

        The confidence of a pixel is how far its soft mask is from 1/2, from 0 to 1; the score is
        the mean of that.
        """
        confidence = np.abs(2 * self.soft_mask - 1)
        found = Segmentation(
            labels=self.mask,
            confidence=confidence,
            score=float(confidence.mean(dtype=np.float64)),
            config=self.config,
            seed=self.seed,
            seconds=self.seconds,
            evidence={"psnr": self.psnr, "step": float(self.step), **self._hinted()},
        )
        return replace(found, warning=warning_of(found))

    @property
    def warning(self) -> EmptyResultWarning | None:
        """What to try where the mask is empty or holds the whole image."""
        return self.segmentation.warning

    def _hinted(self) -> dict[str, float]:
        return {
            "hint_foreground": float((self.hint > 0).mean()),
            "hint_background": float((self.hint < 0).mean()),
        }

    def _repr_png_(self) -> bytes:
        return encode_png(self.segmentation.overlay(self.image))

    def pictures(self) -> dict[str, NDArray[np.uint8]]:
        """Return what is worth seeing, as 8-bit pictures by name.

        ``mask``, ``soft_mask``, ``foreground``, ``background``, ``composed``, ``hint``,
        ``overlay``, and ``epochs`` if there are snapshots. Layers of two, or of more than three,
        channels are shown as :func:`segprior.image.colour.to_rgb` does.
        """

        def shown(layer: NDArray[np.float32]) -> NDArray[np.uint8]:
            return to_uint8(layer if layer.shape[2] == 1 else to_rgb(layer))

        pictures = {
            "mask": self.mask * np.uint8(255),
            "soft_mask": to_uint8(self.soft_mask),
            "foreground": shown(self.foreground),
            "background": shown(self.background),
            "composed": shown(self.composed),
            "hint": hint_picture(self.hint),
            "overlay": self.segmentation.overlay(self.image),
        }
        if self.snapshots:
            masks = {str(at): shot["mask"] for at, shot in self.snapshots.items()}
            pictures["epochs"] = strip(masks, (self.mask.shape[0], self.mask.shape[1]))
        return pictures

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write everything into a folder, all of it or nothing.

        Parameters
        ----------
        folder : str or path-like
            Made if missing, its parent not. Gets ``NAME.png`` for each of :meth:`pictures`,
            ``curves.csv`` and ``curves.png``; other files in it stay.

        Returns
        -------
        pathlib.Path
            ``folder``.

        Raises
        ------
        OutputError
            If it cannot be written.
        ConfigError
            If matplotlib is not installed, which draws ``curves.png``.
        """
        files = {"curves.png": draw_curves(self.curves)}  # which may turn out to be impossible
        files |= {f"{name}.png": encode_png(image) for name, image in self.pictures().items()}
        files["curves.csv"] = curves_csv(self.curves).encode()
        write_folder(folder, files)
        return Path(folder)


def curves_csv(curves: Mapping[str, NDArray[np.float64]]) -> str:
    """Write curves as a table, a line per iteration under the names of the columns."""
    lines = [",".join(curves)]
    for row in zip(*curves.values(), strict=True):
        lines.append(",".join(f"{value:.6g}" for value in row))
    return "\n".join(lines) + "\n"


def draw_curves(curves: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Draw the losses and the PSNR over the iterations of both steps.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    ConfigError
        If matplotlib is not installed, with the command that installs it.
    """
    import io

    figure: Any = need("matplotlib.figure", "plots").Figure(figsize=(7, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    at = np.arange(1, len(curves["step"]) + 1)
    colours = {"foreground": "#D55E00", "background": "#0072B2", "mask": "#009E73"}
    for name, colour in {**colours, "composed": "black"}.items():
        values = np.where(curves[name] > 0, curves[name], np.nan)
        above.plot(at, values, label=name, color=colour, linewidth=1.2)
    above.set_yscale("log")
    above.set_ylabel("loss")
    above.legend(frameon=False)
    below.plot(at, curves["psnr"], color="black", linewidth=1.2)
    below.set_ylabel("PSNR of the composed image (dB)")
    below.set_xlabel("iteration; dotted: step 2 begins")
    begins = int(np.count_nonzero(curves["step"] == 1)) + 0.5
    for axes in (above, below):
        axes.axvline(begins, color="grey", linestyle=":")
        axes.grid(alpha=0.3)
    stream = io.BytesIO()
    # Without the name of the program, whose version would change the bytes.
    figure.savefig(stream, format="png", dpi=120, metadata={"Software": None})
    return stream.getvalue()
