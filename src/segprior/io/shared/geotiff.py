"""Where on earth the pixels of a TIFF lie: its GeoTIFF tags, carried over as they are.

A result has the rows and columns of its image, so the tags of the image are right for it, and a
copy keeps what a translation through another library might round or leave out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["Tags", "georeference"]

Tags = list[tuple[int, int, int, Any, bool]]

# Scale, tie points, transformation, key directory, and the numbers and texts of its keys.
_GEO_TAGS = (33550, 33922, 34264, 34735, 34736, 34737)


def georeference(image: str | os.PathLike[str] | None, shape: tuple[int, int]) -> Tags:
    """Read the GeoTIFF tags of an image.

    Parameters
    ----------
    image : str, path-like or None
        A file of any format.
    shape : (int, int)
        Rows and columns of what the tags are wanted for.

    Returns
    -------
    list of tuple
        As the ``extratags`` of :func:`tifffile.imwrite`; empty if the file is no TIFF of that
        size or has no such tags.
    """
    if image is None or not Path(image).is_file():
        return []
    import tifffile

    from segprior.io.shared.tiff_pages import orientation, quiet_log

    quiet_log()
    try:
        with tifffile.TiffFile(os.fspath(image)) as tiff:
            page: Any = tiff.pages[0]
            upright = orientation(page) == 1
            if not upright or (page.imagelength, page.imagewidth) != shape:
                return []
            found = [page.tags[code] for code in _GEO_TAGS if code in page.tags]
            return [(tag.code, int(tag.dtype), tag.count, tag.value, True) for tag in found]
    # Whatever is wrong with a file that could be segmented, it is no reason to lose the result.
    except Exception:
        return []
