"""The options for large images."""

from __future__ import annotations

import argparse

from segprior.cli.arguments.options import add_options
from segprior.config.tiles import TileConfig

__all__ = ["add_tiles"]


def add_tiles(parser: argparse.ArgumentParser) -> None:
    """Add the options for large images."""
    title = "large images"
    group = parser.add_argument_group(title)
    group.add_argument(
        "--tiles",
        action="store_true",
        help="work in tiles, as is done with any of the options below, and without them above "
        "--max-pixels; for TIFF and Zarr, see docs/large.md",
    )
    add_options(parser, TileConfig, {TileConfig: title})
