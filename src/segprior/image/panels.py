"""Pictures side by side with a caption each, such as the prior over its iterations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.errors import ConfigError
from segprior.image.colour import to_rgb, to_uint8

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["strip"]

_GAP, _CAPTION = 6, 22


def strip(
    panels: Mapping[str, NDArray[Any]], shape: tuple[int, int], *, longest: int = 480
) -> NDArray[np.uint8]:
    """Lay pictures out in one row, on white, with their captions below.

    Parameters
    ----------
    panels : mapping of str to ndarray of shape (h, w) or (h, w, C)
        Floats in [0, 1] by caption; channels are shown as by :func:`segprior.image.colour.to_rgb`.
    shape : (int, int)
        Rows and columns whose aspect all panels get.
    longest : int
        Longest side of a panel in pixels; a smaller ``shape`` is kept.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    ConfigError
        If there are no panels.

    Examples
    --------
    >>> import numpy as np
    >>> from segprior.image.panels import strip
    >>> strip({"10": np.zeros((16, 24, 3)), "20": np.ones((16, 24, 3))}, (32, 48)).shape
    (66, 114, 3)
    """
    from PIL import Image, ImageDraw, ImageFont

    if not panels:
        raise ConfigError("got no pictures for a strip; ask for snapshots")
    scale = min(1.0, longest / max(shape))
    height, width = (max(1, round(side * scale)) for side in shape)
    size = (
        (width + _GAP) * len(panels) + _GAP,
        height + 2 * _GAP + _CAPTION,
    )
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(16)
    left = _GAP
    for caption, panel in panels.items():
        picture = Image.fromarray(np.ascontiguousarray(to_rgb(to_uint8(panel))))
        sheet.paste(picture.resize((width, height), Image.Resampling.BICUBIC), (left, _GAP))
        middle = (left + width / 2, height + _GAP + _CAPTION / 2)
        pen.text(middle, caption, fill="black", font=font, anchor="mm")
        left += width + _GAP
    return np.asarray(sheet)
