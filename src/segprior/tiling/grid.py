"""Overlapping tiles: where they lie, and how what is found on them becomes one map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.image.upsampling import between

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Tile", "Tiling", "blend", "enlarge_blocks"]

# Numbers held at once while scores are enlarged: 8 MB.
STRIP_NUMBERS = 2**21


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One tile of a `Tiling`.

    Attributes
    ----------
    row, column : int
        Which one it is.
    rows, columns : slice
        The pixels of the grid that it covers.
    """

    row: int
    column: int
    rows: slice
    columns: slice


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """Tiles that cover a grid of pixels, of sides as equal as can be.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the grid.
    tile_size : int
        Longest side of a tile, at least three times the overlap.
    overlap : int
        Pixels that neighbours have in common, exactly.

    Examples
    --------
    >>> tiling = Tiling(shape=(100, 60), tile_size=60, overlap=10)
    >>> [(tile.rows.start, tile.rows.stop) for tile in tiling]
    [(0, 55), (45, 100)]
    """

    shape: tuple[int, int]
    tile_size: int
    overlap: int

    @cached_property
    def row_starts(self) -> list[int]:
        """Where the tiles begin, and the end of the grid less the overlap."""
        return _starts(self.shape[0], self.tile_size, self.overlap)

    @cached_property
    def column_starts(self) -> list[int]:
        """As `row_starts`."""
        return _starts(self.shape[1], self.tile_size, self.overlap)

    @property
    def across(self) -> int:
        """How many tiles there are side by side."""
        return len(self.column_starts) - 1

    @property
    def down(self) -> int:
        """How many there are one below the other."""
        return len(self.row_starts) - 1

    def __len__(self) -> int:
        return self.down * self.across

    def __iter__(self) -> Iterator[Tile]:
        for row in range(self.down):
            for column in range(self.across):
                yield self.tile(row, column)

    def tile(self, row: int, column: int) -> Tile:
        """The tile in a row and column of tiles."""
        tops, lefts = self.row_starts, self.column_starts
        return Tile(
            row=row,
            column=column,
            rows=slice(tops[row], tops[row + 1] + self.overlap),
            columns=slice(lefts[column], lefts[column + 1] + self.overlap),
        )

    def block(self, tile: Tile) -> tuple[slice, slice]:
        """The pixels that are settled once this tile and those before it are done."""
        rows, columns = tile.rows, tile.columns
        last_row, last_column = tile.row + 1 == self.down, tile.column + 1 == self.across
        return (
            slice(rows.start, rows.stop - (0 if last_row else self.overlap)),
            slice(columns.start, columns.stop - (0 if last_column else self.overlap)),
        )

    def spread(self, count: int) -> list[Tile]:
        """At most ``count`` tiles, spread evenly."""
        if count >= len(self):
            return list(self)
        # Each of the two sides gets a share in proportion to its number of tiles.
        down = int(np.clip(round((count * self.down / self.across) ** 0.5), 1, self.down))
        down = min(down, count)
        across = min(self.across, count // down)
        rows = ((np.arange(down) + 0.5) * self.down / down).astype(int)
        columns = ((np.arange(across) + 0.5) * self.across / across).astype(int)
        return [self.tile(int(row), int(column)) for row in rows for column in columns]


def _starts(size: int, tile_size: int, overlap: int) -> list[int]:
    """Beginnings of the tiles along a side, and ``size - overlap``."""
    if size <= tile_size:
        return [0, size - overlap]
    count = -(-(size - overlap) // (tile_size - overlap))
    return [number * (size - overlap) // count for number in range(count + 1)]


def blend(
    tiling: Tiling, scored: Iterable[tuple[Tile, NDArray[np.float32]]]
) -> Iterator[tuple[Tile, NDArray[np.float32]]]:
    """Join the scores of tiles, each fading out smoothly where the next one fades in.

    Parameters
    ----------
    tiling : Tiling
    scored : iterable of (Tile, ndarray of float32 of shape (K, rows, columns))
        Every tile in order, with its scores. The arrays are used up.

    Yields
    ------
    tile : Tile
    scores : ndarray of float32, shape (K, rows, columns)
        Of the pixels of `Tiling.block`, each of which is in just one block.
    """
    overlap = tiling.overlap
    ramp = np.sin((np.arange(overlap) + 0.5) * (np.pi / (2 * overlap))) ** 2
    ramp = ramp.astype(np.float32)
    fall = 1 - ramp  # so that the two add up to 1 exactly
    above = below = right = None
    for tile, scores in scored:
        if tile.column == 0:
            above, below = below, np.zeros((len(scores), overlap, tiling.shape[1]), np.float32)
        first_row, first_column = tile.row == 0, tile.column == 0
        last_row, last_column = tile.row + 1 == tiling.down, tile.column + 1 == tiling.across
        if not first_row:
            scores[:, :overlap] *= ramp[:, None]
        if not last_row:
            scores[:, -overlap:] *= fall[:, None]
        if not first_column:
            scores[:, :, :overlap] *= ramp
        if not last_column:
            scores[:, :, -overlap:] *= fall
        # What the next ones need is put aside before anything of others is added.
        if not last_row and below is not None:
            below[:, :, tile.columns] += scores[:, -overlap:]
        next_right = None if last_column else scores[:, :, -overlap:].copy()
        if not first_column and right is not None:
            scores[:, :, :overlap] += right
        if not first_row and above is not None:  # of both tiles above, where there are two
            scores[:, :overlap] += above[:, :, tile.columns]
        right = next_right
        rows, columns = tiling.block(tile)
        yield tile, scores[:, : rows.stop - rows.start, : columns.stop - columns.start]


def enlarge_blocks(
    tiling: Tiling,
    blocks: Iterable[tuple[Tile, NDArray[np.float32]]],
    shape: tuple[int, int],
    decide: Callable[[NDArray[np.float32]], NDArray[Any]],
    dtype: Any,
) -> Iterator[NDArray[Any]]:
    """Enlarge scores bilinearly, as `enlarge` would all of them together.

    Parameters
    ----------
    tiling : Tiling
    blocks : iterable of (Tile, ndarray of float32 of shape (K, rows, columns))
        As from `blend`.
    shape : (int, int)
        Rows and columns to enlarge to.
    decide : callable
        From scores of shape (K, rows, columns) to labels of shape (rows, columns).
    dtype : type
        Of the labels.

    Yields
    ------
    ndarray of dtype, shape (rows, W)
        The labels, top to bottom, a row of tiles at a time.
    """
    height, width = tiling.shape
    down = between(height, shape[0])
    across = between(width, shape[1])
    band = np.empty((0, 0), dtype)
    top = 0
    bottom_rows: NDArray[np.float32] | None = None
    next_rows: NDArray[np.float32] | None = None
    left: NDArray[np.float32] | None = None
    for tile, block in blocks:
        rows, columns = tiling.block(tile)
        if tile.column == 0:
            bottom_rows, next_rows = next_rows, np.empty((len(block), width), np.float32)
            left = None
            span = _owned(down[0], rows, height)
            top = span.start
            band = np.empty((span.stop - span.start, shape[1]), dtype)
        assert next_rows is not None
        wider = _with_context(block, rows, columns, bottom_rows, left)
        next_rows[:, columns] = block[:, -1]
        left = wider[:, :, -1:].copy()
        tall, wide = _owned(down[0], rows, height), _owned(across[0], columns, width)
        _fill(
            band[tall.start - top : tall.stop - top, wide],
            wider,
            _local(down, tall, max(0, rows.start - 1)),
            _local(across, wide, max(0, columns.start - 1)),
            decide,
        )
        if tile.column + 1 == tiling.across:
            yield band


Steps = tuple["NDArray[np.intp]", "NDArray[np.intp]", "NDArray[np.float32]"]


def _owned(low: NDArray[np.intp], span: slice, size: int) -> slice:
    """The enlarged samples that lie between the last of the block before and that of this one."""
    first = 0 if span.start == 0 else int(np.searchsorted(low, span.start - 1))
    last = len(low) if span.stop == size else int(np.searchsorted(low, span.stop - 1))
    return slice(first, last)


def _local(steps: Steps, span: slice, start: int) -> Steps:
    low, high, share = steps
    return low[span] - start, high[span] - start, share[span]


def _with_context(
    block: NDArray[np.float32],
    rows: slice,
    columns: slice,
    above: NDArray[np.float32] | None,
    left: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """Put the last row and column of the blocks before in front, where there are any."""
    first_row, first_column = rows.start == 0, columns.start == 0
    if above is not None and not first_row:
        block = np.concatenate([above[:, None, columns], block], axis=1)
    if left is not None and not first_column:
        block = np.concatenate([left, block], axis=2)
    return block


def _fill(
    target: NDArray[Any],
    scores: NDArray[np.float32],
    down: Steps,
    across: Steps,
    decide: Callable[[NDArray[np.float32]], NDArray[Any]],
) -> None:
    low, high, share = down
    left, right, along = across
    step = max(1, STRIP_NUMBERS // max(1, len(scores) * len(left)))
    for first in range(0, len(low), step):
        part = slice(first, first + step)
        strip = scores[:, low[part]]
        strip += share[part, None] * (scores[:, high[part]] - strip)
        wide = strip[:, :, left]
        wide += along * (strip[:, :, right] - wide)
        target[part] = decide(wide)
