"""OME-TIFF out: masks and label maps that describe themselves; read as any TIFF is."""

from __future__ import annotations

from segprior.io.format import Format
from segprior.io.formats.tiff import encode_label_map
from segprior.io.shared.tiff_tiles import write_tiles

__all__ = ["FORMAT"]

FORMAT = Format(
    name="ome-tiff",
    title="OME-TIFF",
    suffixes=(".ome.tif", ".ome.tiff"),
    shared=(".tif", ".tiff"),
    rank=6,
    stacks=True,
    encode_labels=lambda labels, target: encode_label_map(labels, target, ome=True),
    write_bands=lambda bands, target: write_tiles(bands, target, ome=True),
    largest=2**32 - 1,
)
