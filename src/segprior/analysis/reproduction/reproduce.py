"""Make the published figures again, with pages that show them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior._version import __version__
from segprior.analysis.reproduction.figures import FIGURES, PUBLISHED, SAMPLES, Studio
from segprior.analysis.reproduction.report_pages import html_page, markdown_page
from segprior.callbacks import Callback
from segprior.config.analysis import ReproduceConfig
from segprior.config.presets import resolve
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.image.resize import resize, working_shape
from segprior.io.files.atomic import write_atomically
from segprior.io.files.durable import content
from segprior.io.image import as_image
from segprior.runtime.extras import need
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Made", "reproduce", "sample_image"]

_SAMPLE_SIZE = 288


@dataclass(frozen=True, kw_only=True)
class Made:
    """A figure that is in the folder now.

    Attributes
    ----------
    name : str
        ``figure1`` to ``figure7``.
    path : pathlib.Path
        Its picture.
    caption : str
        What it shows.
    settings : dict
        How it was made, as plain values.
    seconds : float
        How long that took.
    kept : bool
        Whether it was there already, made with the same settings of the same images.
    """

    name: str
    path: Path
    caption: str
    settings: dict[str, Any]
    seconds: float
    kept: bool


def reproduce(
    output: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    *,
    only: Sequence[str] = (),
    preset: str | None = None,
    config: ReproduceConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    callback: Callback | None = None,
    tell: Callable[[Made], None] | None = None,
    **overrides: Any,
) -> list[Made]:
    """Make the seven figures of the DSP publication again.

    Parameters
    ----------
    output : str or path-like
        Folder, made if missing: ``figure1.png`` … ``figure7.png``, each with ``.json`` beside it
        (caption and settings), and ``index.html`` and ``index.md``, which show all that are
        there. Figures that are there with the same settings are not made again.
    data : str or path-like, optional
        Folder with the publication's images as ``images/NAME.jpg``. Without it, photographs that
        scikit-image brings along take their place, at most 288 pixels long.
    only : sequence of str
        Names of the figures wanted, all if empty.
    preset : {"published", "fast"}, optional
        ``published`` is the default.
    config : ReproduceConfig, optional
        All options at once, instead of a preset.
    rng : int, numpy.random.Generator or None
        Seed of everything.
    device : str
        Where to fit.
    callback : callable, optional
        Called at each iteration of each fit; see :mod:`segprior.callbacks`.
    tell : callable, optional
        Called with each figure as soon as it is there.
    **overrides
        Options of :class:`ReproduceConfig` or :class:`segprior.PriorConfig`.

    Returns
    -------
    list of Made
        The figures wanted, in order.

    Raises
    ------
    ImageError
        If ``data`` lacks an image that a wanted figure shows.
    ConfigError
        If an option is not valid, there is no such figure, or matplotlib is not installed.
    OutputError
        If the folder cannot be written to.

    References
    ----------
    .. [1] Azulay: Deep Segmentation Prior, 2019, github.com/shaharazulay/deep-segmentation-prior.
    """
    if config is None and preset is None:
        preset = "published"
    config = resolve(ReproduceConfig, preset, config, overrides)
    seed = as_seed(rng)
    wanted = _wanted(only)
    need("matplotlib.figure", "plots")
    names = SAMPLES if data is None else PUBLISHED
    used = list(dict.fromkeys(name for figure in wanted for name in names[figure]))
    if data is None:
        load = sample_image
        marks = dict.fromkeys(used, "scikit-image")
    else:
        files = _files(Path(data), used)
        load = lambda name: as_image(files[name])  # noqa: E731
        marks = {name: _digest(path) for name, path in files.items()}
    studio = Studio(load, names, config, seed=seed, device=device, callback=callback)
    made = []
    with _folder(output) as folder:
        for figure in wanted:
            settings = {
                "images": {name: marks[name] for name in names[figure]},
                "seed": seed,
                "version": __version__,
                **_settings(figure, config, studio),
            }
            one = _kept(folder, figure, settings) or _make(folder, figure, settings, studio)
            made.append(one)
            _write_pages(folder)
            if tell is not None:
                tell(one)
    return made


def sample_image(name: str) -> NDArray[np.float32]:
    """Load one of scikit-image's own images, reduced to at most 288 pixels a side.

    Parameters
    ----------
    name : str
        A function of ``skimage.data`` whose image comes with the package: ``"coffee"``.

    Returns
    -------
    ndarray of float32, shape (H, W, C)
    """
    import skimage.data

    image = as_image(getattr(skimage.data, name)())
    return resize(image, working_shape(image.shape, _SAMPLE_SIZE))


def _wanted(only: Sequence[str]) -> list[str]:
    named = [name if name.startswith("figure") else f"figure{name}" for name in only]
    for given, name in zip(only, named, strict=True):
        if name not in FIGURES:
            raise ConfigError(f"no figure {given!r}; choose one of {', '.join(FIGURES)}")
    return [name for name in FIGURES if not named or name in named]


def _files(data: Path, used: Sequence[str]) -> dict[str, Path]:
    files = {name: data / "images" / f"{name}.jpg" for name in used}
    missing = [path for path in files.values() if not path.is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ImageError(
            f"no file {missing[0]}{more}; name the folder that holds images/NAME.jpg, or leave "
            "data out for sample images"
        )
    return files


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@contextmanager
def _folder(output: str | os.PathLike[str]) -> Iterator[Path]:
    """Make the folder, try to write to it, and remove it if it is new and stays empty."""
    folder = Path(output)
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot write to the folder {folder}: {error.strerror}; choose another place"
        ) from error
    try:
        yield folder
    finally:
        if new and not any(folder.iterdir()):
            folder.rmdir()


def _settings(figure: str, config: ReproduceConfig, studio: Studio) -> dict[str, Any]:
    """What of the configuration counts for a figure."""
    settings: dict[str, Any] = {"prior": config.prior.to_dict()}
    if figure in ("figure2", "figure4", "figure7"):
        settings["window"] = config.window
    if figure in ("figure4", "figure7"):
        settings["double_dip"] = studio.double_dip_config().to_dict()
    plain: dict[str, Any] = json.loads(json.dumps(settings))
    return plain


def _kept(folder: Path, figure: str, settings: Mapping[str, Any]) -> Made | None:
    found = _read(folder, figure)
    return found if found is not None and found.settings == settings else None


def _read(folder: Path, figure: str) -> Made | None:
    """A figure of the folder, or None where it is missing or not as it was made."""
    picture = folder / f"{figure}.png"
    try:
        notes = json.loads((folder / f"{figure}.json").read_text(encoding="utf-8"))
        return Made(
            name=figure,
            path=picture,
            caption=str(notes["caption"]),
            settings=dict(notes["settings"]),
            seconds=float(notes["seconds"]),
            kept=True,
        ) if picture.is_file() and notes["hash"] == content(picture) else None  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _make(folder: Path, figure: str, settings: dict[str, Any], studio: Studio) -> Made:
    start = time.perf_counter()
    drawn = FIGURES[figure](studio)
    seconds = round(time.perf_counter() - start, 1)
    # The notes last: they say that the picture is whole.
    path = folder / f"{figure}.png"
    (folder / f"{figure}.json").unlink(missing_ok=True)
    write_atomically(path, drawn.png)
    notes = {
        "caption": drawn.caption, "seconds": seconds, "hash": content(path), "settings": settings
    }  # fmt: skip
    write_atomically(folder / f"{figure}.json", (json.dumps(notes, indent=2) + "\n").encode())
    return Made(
        name=figure, path=path, caption=drawn.caption, settings=settings, seconds=seconds,
        kept=False,
    )  # fmt: skip


def _write_pages(folder: Path) -> None:
    there = [made for made in (_read(folder, figure) for figure in FIGURES) if made]
    figures = [(made.name, made.caption, made.settings, made.seconds) for made in there]
    write_atomically(folder / "index.html", html_page(figures).encode())
    write_atomically(folder / "index.md", markdown_page(figures).encode())
