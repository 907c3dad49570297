"""Images that do not fit in memory: foreground and classes in tiles, from a file to a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segprior.callbacks import Callback
from segprior.config.presets import resolve
from segprior.config.tiles import TileConfig
from segprior.errors import ImageError
from segprior.image.pyramid import Pyramid
from segprior.image.resize import MIN_SIDE
from segprior.io.image import MAX_PIXELS
from segprior.io.window_reader import WindowedImage, open_windows
from segprior.io.window_writer import check_output, save_bands
from segprior.methods.config import MethodConfig
from segprior.methods.foreground.api import find_foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.method import Tiles
from segprior.methods.multiclass.api import find_classes
from segprior.methods.multiclass.config import SegmentConfig
from segprior.result import Segmentation
from segprior.runtime.devices import thread_count
from segprior.runtime.seeding import RandomSource, as_seed
from segprior.tiling.bands import label_bands, reduced_for
from segprior.tiling.grid import Tile, Tiling, blend, enlarge_blocks
from segprior.tiling.model import Fitting, TileModel, refuse_whole
from segprior.tiling.overview import Overview
from segprior.tiling.plan import Room, plan_tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TiledResult", "foreground_tiles", "segment_tiles"]

# Longest side at which a method that does not work in tiles makes a mask.
_MASK_SIZE = 2000


@dataclass(frozen=True, kw_only=True)
class TiledResult:
    """What became of an image in tiles; the labels themselves are in the file.

    Attributes
    ----------
    path : pathlib.Path
        The file that was written.
    shape : (int, int)
        Its rows and columns.
    kind : {"mask", "labels"}
    areas : dict of int to int
        Pixels of each label that there is; those without data do not count.
    score : float
        How sure the whole is, in [0, 1]: the mean confidence at the scale, for a mask times the
        certainty of the polarity.
    config : ForegroundConfig or SegmentConfig
    tiles : TileConfig
        With the size of the tiles that was used.
    count : int
        How many tiles there were.
    seed : int
    seconds : float
    evidence : dict of str to float
        Named numbers behind the decisions.
    """

    path: Path
    shape: tuple[int, int]
    kind: Literal["mask", "labels"]
    areas: dict[int, int]
    score: float
    config: Any
    tiles: TileConfig
    count: int
    seed: int
    seconds: float
    evidence: dict[str, float] = field(default_factory=dict)

    @property
    def foreground(self) -> float:
        """Share of the pixels with data whose label is not 0."""
        return 1 - self.areas.get(0, 0) / max(1, sum(self.areas.values()))

    @property
    def n_labels(self) -> int:
        """Number of distinct labels, 0 among them where it occurs."""
        return len(self.areas)


def foreground_tiles(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    preset: str | None = None,
    config: ForegroundConfig | None = None,
    tiles: TileConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    callback: Callback | None = None,
    format: str | None = None,
    loading: dict[str, Any] | None = None,
    **overrides: Any,
) -> TiledResult:
    """Tell the object of a large image from its ground, tile by tile.

    A prior is fitted to each tile; clusters of windows are found on a sample of the tiles, and
    which of them are the object is decided on the whole image, reduced. The distances to the
    clusters are blended where tiles overlap, so that there are no seams.

    Parameters
    ----------
    source : str or path-like
        A TIFF, BigTIFF, OME-TIFF, GeoTIFF or Zarr array of any size.
    output : str or path-like
        The mask, at the size of the image; see :meth:`segprior.result.Segmentation.save`. TIFF and
        Zarr are written in parts; other formats take up to 64 megapixels. A GeoTIFF's
        georeference is kept in a TIFF.
    preset, config, rng, device, **overrides
        As for :func:`segprior.foreground`. The prior's ``working_size`` is that of the
        reduced image; the tiles have ``tiles.scale``.
    tiles : TileConfig, optional
        Scale, size, overlap and memory.
    callback : callable, optional
        Called once per tile, with stage ``"sample"`` and then ``"tiles"``.
    format : str, optional
        The format of ``output``, where its suffix does not tell.
    loading : dict, optional
        Options of :func:`segprior.as_image`: ``page``, ``channel_axis``, ``axes``, ``alpha``,
        ``background``, ``value_range``, ``nodata``. Of several planes ``page`` has to choose one.

    Returns
    -------
    TiledResult

    Raises
    ------
    ImageError
        If the image cannot be read in windows.
    OutputError
        If the mask cannot be written.
    ConfigError
        If an option is not valid, needs the mask in one piece, or the memory does not suffice.
    """
    chosen = resolve(ForegroundConfig, preset, config, overrides)
    order = _Order(
        source=source, output=output, tiles=resolve(TileConfig, None, tiles, {}), rng=rng,
        device=device, callback=callback, format=format, loading=loading or {},
    )  # fmt: skip
    return _worked_on(order, chosen)


def segment_tiles(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    preset: str | None = None,
    config: SegmentConfig | None = None,
    tiles: TileConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    callback: Callback | None = None,
    format: str | None = None,
    loading: dict[str, Any] | None = None,
    **overrides: Any,
) -> TiledResult:
    """Divide a large image into classes, window by window.

    A network is fitted to the whole image, reduced to the working size, and applied with the
    statistics of that to every tile: a label means the same everywhere. A hierarchy is that of
    the reduced image, and its segments are enlarged band by band.

    Parameters
    ----------
    source, output, tiles, callback, format, loading
        As for :func:`foreground_tiles`.
    preset, config, rng, device, **overrides
        As for :func:`segprior.segment`.

    Returns
    -------
    TiledResult
        Labels from 1, by their area on the reduced image, the largest first.

    Raises
    ------
    ImageError, OutputError, ConfigError
        As :func:`foreground_tiles` does.
    """
    chosen = resolve(SegmentConfig, preset, config, overrides)
    order = _Order(
        source=source, output=output, tiles=resolve(TileConfig, None, tiles, {}), rng=rng,
        device=device, callback=callback, format=format, loading=loading or {},
    )  # fmt: skip
    return _worked_on(order, chosen)


@dataclass(frozen=True, kw_only=True)
class _Order:
    """What was asked for, whatever the method; see `foreground_tiles`."""

    source: str | os.PathLike[str]
    output: str | os.PathLike[str]
    tiles: TileConfig
    rng: RandomSource
    device: str
    callback: Callback | None
    format: str | None
    loading: dict[str, Any]

    @contextmanager
    def opened(self) -> Iterator[WindowedImage]:
        """Open the image; refuse one that cannot be worked on, or whose result has no place."""
        with open_windows(self.source, **self.loading) as file:
            full = file.shape[:2]
            if min(full) < MIN_SIDE:
                raise ImageError(
                    f"{file.name}: {full[0]} x {full[1]} pixels; every side must have at least "
                    f"{MIN_SIDE}"
                )
            check_output(self.output, full, wanted=self.format, max_pixels=MAX_PIXELS)
            yield file

    def save(
        self, bands: Iterable[NDArray[Any]], file: WindowedImage, *, mask: bool, largest: int
    ) -> Path:
        """Write the result."""
        return save_bands(
            self.output, bands, file.shape[:2], mask=mask, largest=largest,
            wanted=self.format, image=self.source, nodata=file.has_gaps,
        )  # fmt: skip


def _worked_on(order: _Order, config: MethodConfig) -> TiledResult:
    """Work in tiles if the method can, else on the overview."""
    tiles = config.chosen.tiles
    return _in_bands(order, config) if tiles is None else _in_tiles(order, config, tiles)


def _in_tiles(order: _Order, config: MethodConfig, method: Tiles) -> TiledResult:
    start = time.perf_counter()
    tiles, seed = order.tiles, as_seed(order.rng)
    with order.opened() as file:
        full = file.shape[:2]
        image = Overview(file, tiles.scale)
        grid = image.shape[:2]
        at_work, kept, maps = method.cost(config, image.shape[2])
        room = Room(
            full=full, grid=grid, channels=image.shape[2], at_work=at_work, kept=kept, maps=maps
        )
        size, workers = plan_tiles(room, tiles, thread_count())
        tiling = Tiling(shape=grid, tile_size=size, overlap=tiles.overlap)
        file.prepare()
        fitting = Fitting(
            image=image, tiling=tiling, sampled=tiling.spread(tiles.sampled_tiles), seed=seed,
            device=order.device, workers=min(workers, len(tiling)), callback=order.callback,
        )  # fmt: skip
        model, path, count = _worked(order, fitting, method, config, file)
    return TiledResult(
        path=path,
        shape=full,
        kind="mask" if model.mask else "labels",
        areas=count.found(),
        score=count.sure / max(1, count.looked_at) * model.certainty,
        config=config,
        tiles=tiles.replace(tile_size=size),
        count=len(tiling),
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence=dict(model.evidence),
    )


def _in_bands(order: _Order, config: MethodConfig) -> TiledResult:
    """Work on the overview, and enlarge its labels from band to band."""
    start = time.perf_counter()
    if mask := isinstance(config, ForegroundConfig):
        refuse_whole(config, ("min_size", "fill_holes"), "mask")
    else:
        refuse_whole(config, ("min_size", "connected"), "labels")
    size = _MASK_SIZE if mask else config.working_size
    with order.opened() as file:
        full = file.shape[:2]
        image = Overview(file, order.tiles.scale)
        file.prepare()
        small = Pyramid(reduced_for(image, size))
        find: Callable[..., Segmentation] = find_foreground if mask else find_classes
        found = find(
            small,
            config if mask else config.replace(working_size=None),
            seed=as_seed(order.rng),
            device=order.device,
            callback=order.callback,
        )
        count = _Count()
        bands = count.areas(label_bands(found.labels, full), file)
        path = order.save(bands, file, mask=mask, largest=int(found.labels.max()))
    return TiledResult(
        path=path,
        shape=full,
        kind="mask" if mask else "labels",
        areas=count.found(),
        score=found.score,
        config=config,
        tiles=order.tiles,
        count=1,
        seed=found.seed,
        seconds=time.perf_counter() - start,
        evidence=dict(found.evidence),
    )


def _worked(
    order: _Order, fitting: Fitting, method: Tiles, config: MethodConfig, file: WindowedImage
) -> tuple[TileModel, Path, _Count]:
    """Fit the model, apply it to all tiles and write what it says."""
    from threadpoolctl import threadpool_limits

    count = _Count()
    try:
        model = method.fit(fitting, config)
        # Held to one thread from outside, since several that set and reset it would disturb
        # each other; with more, sums are added up in another order.
        with threadpool_limits(1, user_api="blas"):
            bands = count.areas(_bands(fitting, model, count), file)
            path = order.save(bands, file, mask=model.mask, largest=model.largest)
    except BaseException:
        fitting.give_up()
        raise
    return model, path, count


def _bands(fitting: Fitting, model: TileModel, count: _Count) -> Iterator[NDArray[Any]]:
    """The labels at full size, top to bottom."""
    tiling = fitting.tiling
    scored = fitting.each(model.scores, tiling, "tiles", len(tiling))

    def watched() -> Iterator[tuple[Tile, NDArray[np.float32]]]:
        for tile, scores in blend(tiling, scored):
            sure = model.confidence(scores)
            valid = fitting.image.valid(*tiling.block(tile))
            count.sure += float((sure if valid is None else sure[valid]).sum(dtype=np.float64))
            count.looked_at += sure.size if valid is None else int(np.count_nonzero(valid))
            yield tile, scores

    dtype = np.uint8 if model.largest < 2**8 else np.uint16 if model.largest < 2**16 else np.uint32
    return enlarge_blocks(tiling, watched(), fitting.image.full, model.labels, dtype)


class _Count:
    """What is added up while the bands pass by."""

    def __init__(self) -> None:
        self.sure, self.looked_at = 0.0, 0
        self._sizes = np.zeros(0, np.int64)

    def areas(self, bands: Iterator[NDArray[Any]], file: WindowedImage) -> Iterator[NDArray[Any]]:
        """Count the pixels of each label, and give those without data label 0."""
        top = 0
        for band in bands:
            rows = slice(top, top + len(band))
            top = rows.stop
            valid = file.valid(rows, slice(0, file.shape[1]))
            gaps = 0
            if valid is not None:
                band[~valid] = 0
                gaps = int(np.count_nonzero(~valid))
            sizes = np.zeros(max(len(self._sizes), int(band.max(initial=0)) + 1), np.int64)
            sizes[: len(self._sizes)] = self._sizes
            for row in band:  # a band at once would be widened to 64 bits
                part = np.bincount(row)
                sizes[: len(part)] += part
            sizes[0] -= gaps
            self._sizes = sizes
            yield band

    def found(self) -> dict[int, int]:
        """The labels that there are, with their pixels."""
        return {label: int(n) for label, n in enumerate(self._sizes) if n}
