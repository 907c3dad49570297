"""What an analysis has found, and the pictures and the JSON that it is saved as."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.analysis.pca import Component
from segprior.analysis.plots import plot_grid, plot_spectra
from segprior.analysis.spectrum import Spectrum
from segprior.config.analysis import AnalysisConfig
from segprior.image.resize import resize
from segprior.prior.prior import Prior

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Analysis", "analysis_files", "feature_sheet"]


def analysis_files(found: Analysis) -> dict[str, bytes]:
    """Draw everything.

    Parameters
    ----------
    found : Analysis
        As from :func:`segprior.analyze`.

    Returns
    -------
    dict of str to bytes
        PNG files by name, and ``summary.json``.

    Raises
    ------
    ConfigError
        If matplotlib is not installed.
    """
    image, prior = found.image, found.prior
    cutoff = found.config.cutoff
    files = {
        "spectrum.png": plot_spectra(
            {
                "image": image,
                "prior": prior.fitted,
                f"low-pass, {cutoff:g} cycles per pixel": found.low_pass,
            },
            {"image": found.spectra["image"], "prior": found.spectra["prior"],
             "low-pass": found.spectra["low_pass"]},
            cutoff=cutoff,
        ),
        "pca.png": plot_grid([_components(found)], title="First principal component"),
        "edges.png": plot_grid(_edges(found), title="Canny edges"),
        "windows.png": plot_grid(
            [
                {f"window {window}": mask for window, mask in found.masks[name].items()}
                for name in ("image", "prior")
            ],
            labels=("of the image", "of the prior"),
        ),
        "epochs.png": plot_grid(
            [{f"iteration {at}": shot for at, shot in prior.snapshots.items()}]
        ),
        "early_late.png": plot_grid(_early_late(found), labels=("output", "difference, doubled")),
        "spread.png": plot_grid([_spread(found)]),
        "features.png": plot_grid(
            [
                {f"{block}, iteration {at}": feature_sheet(maps[0])}
                for (block, at), maps in prior.features.items()
            ],
            title="Hidden features of the first member, each channel from its least to its most",
            panel=7.2,
        ),
        "summary.json": (json.dumps(found.summary, indent=2) + "\n").encode(),
    }  # fmt: skip
    return files


def feature_sheet(maps: NDArray[np.float32], *, columns: int = 8) -> NDArray[np.float32]:
    """Lay the channels of a block out side by side.

    Parameters
    ----------
    maps : ndarray of float32, shape (h, w, width)
        Output of a block.
    columns : int
        Channels in a row.

    Returns
    -------
    ndarray of float32
        Each channel stretched to [0, 1], with white lines between them.
    """
    rows, across, width = maps.shape
    low, high = (f(axis=(0, 1), keepdims=True) for f in (maps.min, maps.max))
    stretched = (maps - low) / np.where(high > low, high - low, 1)
    down = -(-width // columns)
    line = max(1, round(across / 40))
    sheet = np.ones((down * (rows + line) - line, columns * (across + line) - line), np.float32)
    for channel in range(width):
        top, left = divmod(channel, columns)
        top, left = top * (rows + line), left * (across + line)
        sheet[top : top + rows, left : left + across] = stretched[..., channel]
    return sheet


def _components(found: Analysis) -> dict[str, NDArray[Any]]:
    row: dict[str, NDArray[Any]] = {}
    for name, picture in (("image", found.image), ("prior", found.prior.fitted)):
        part = found.components[name]
        low, high = float(part.plane.min()), float(part.plane.max())
        share = "channels alike" if np.isnan(part.explained) else f"{part.explained:.1%} explained"
        row[name] = picture
        row[f"of the {name}: {share}"] = (part.plane - low) / ((high - low) or 1)
    return row


def _edges(found: Analysis) -> list[dict[str, NDArray[Any]]]:
    pictures = {"image": found.image, "prior": found.prior.fitted, "low_pass": found.low_pass}
    lines: dict[str, NDArray[Any]] = {}
    for name, edges in found.edges.items():
        text = "edges of the image"
        if name != "image":
            numbers = found.summary["edges"][name]
            parts = [
                f"{word} {numbers[word]:.2f}"
                for word in ("precision", "recall")
                if numbers[word] is not None
            ]
            text = ", ".join(parts) or "no edges"
        # Black on white, and thick enough to be seen in a small picture. The spaces keep captions
        # apart that read the same.
        lines[text + " " * len(lines)] = ~edges
    return [{name.replace("_", "-"): picture for name, picture in pictures.items()}, lines]


def _early_late(found: Analysis) -> list[dict[str, NDArray[Any]]]:
    shots = found.prior.snapshots
    chosen = {
        f"early: iteration {min(shots)}": shots[min(shots)],
        f"prior: iteration {found.prior.config.iterations}": found.prior.fitted,
        f"late: iteration {max(shots)}": shots[max(shots)],
    }
    numbers = {text: np.abs(found.image - shot).mean(axis=-1) for text, shot in chosen.items()}
    return [
        {"image": found.image, **chosen},
        {
            "": np.ones_like(found.image),
            **{
                f"mean {gap.mean():.3f}" + " " * place: 2 * gap
                for place, gap in enumerate(numbers.values())
            },
        },
    ]


def _spread(found: Analysis) -> dict[str, NDArray[Any]]:
    prior = found.prior
    spread = prior.spread
    largest = float(spread.max())
    row: dict[str, NDArray[Any]] = {"prior (median)": prior.fitted}
    for number, member in enumerate(prior.members[:3]):
        row[f"member {number}"] = resize(member, prior.shape[:2])
    row[f"spread (white is {largest:.2f})"] = spread / (largest or 1)
    return row


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """Everything :func:`analyze` has measured of one image, at the working size.

    Attributes
    ----------
    image : ndarray of float32, shape (h, w, C)
        The image at the working size.
    prior : Prior
        Its prior, with snapshots and features; of the same size.
    low_pass : ndarray of float32, shape (h, w, C)
        The image without its high frequencies.
    spectra : mapping of str to Spectrum
        Of ``image``, ``prior`` and ``low_pass``.
    components : mapping of str to Component
        Of ``image`` and ``prior``.
    edges : mapping of str to ndarray of bool, shape (h, w)
        Of ``image``, ``prior`` and ``low_pass``.
    masks : mapping of str to mapping of int to ndarray of bool, shape (h, w)
        By ``image`` or ``prior``, and by window.
    summary : dict
        All numbers as plain values, fit for JSON; see ``docs/analysis.md``.
    config : AnalysisConfig
        How it was done.
    seed : int
        Passing it as ``rng`` gives the same again.
    seconds : float
        How long it took.
    """

    image: NDArray[np.float32]
    prior: Prior
    low_pass: NDArray[np.float32]
    spectra: Mapping[str, Spectrum]
    components: Mapping[str, Component]
    edges: Mapping[str, NDArray[np.bool_]]
    masks: Mapping[str, Mapping[int, NDArray[np.bool_]]]
    summary: dict[str, Any]
    config: AnalysisConfig
    seed: int
    seconds: float

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write a PNG for each analysis, and ``summary.json``, into a folder.

        Parameters
        ----------
        folder : str or path-like
            Made if missing.

        Returns
        -------
        list of pathlib.Path
            The files.

        Raises
        ------
        OutputError
            If it cannot be written.
        ConfigError
            If matplotlib is not installed.
        """
        from segprior.io.files.folder import write_folder

        return write_folder(folder, analysis_files(self))
