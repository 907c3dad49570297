"""The axes of arrays: as the user names them, and what may be meant where nobody has."""

from __future__ import annotations

from collections.abc import Sequence

from segprior.errors import ConfigError, ImageError
from segprior.image.resize import MIN_SIDE
from segprior.messages import Setting

__all__ = ["check_axes", "check_last", "many_channels", "read_axes", "unnamed"]

# Channels from which on they may be slices of a volume.
_MANY = 32


def read_axes(axes: object) -> str:
    """Take names of axes, in capitals.

    Parameters
    ----------
    axes : str
        A letter for each axis: Y for rows, X for columns, C (or S, the samples of a pixel) for
        channels, and any others, such as T for time and Z for depth, for what there are planes of.

    Raises
    ------
    ConfigError
        If one is no letter or there twice, or rows or columns are missing.
    """
    letters = axes.upper() if isinstance(axes, str) else ""
    plain = letters.isascii() and letters.isalpha() and len(set(letters)) == len(letters)
    if not plain or not {"Y", "X"} <= set(letters):
        raise ConfigError(
            option="axes", got=axes, cure="pass a letter for each axis, Y and X among them, such "
            "as ZYX or TZCYX",
        )  # fmt: skip
    return letters


def check_axes(axes: str, shape: Sequence[int], name: str) -> str:
    """Refuse names that are not as many as there are axes; return them.

    Raises
    ------
    ImageError
    """
    if len(axes) != len(shape):
        raise ImageError(
            f"{name}: {len(shape)} axes, shape {tuple(shape)}, got ",
            Setting("axes", axes),
            cure="pass a letter for each of them",
        )
    return axes


def many_channels(shape: Sequence[int], channel_axis: int | None) -> bool:
    """Tell whether an array that `check_last` lets pass may have been meant otherwise after all."""
    return channel_axis == -1 and len(shape) == 3 and shape[2] >= max(_MANY, min(shape[:2]))


def unnamed(shape: Sequence[int], name: str) -> ImageError:
    """The error of an array whose axes only the user can name."""
    cure = ("name them, such as ", Setting("axes", "TZCYX"[-len(shape) :]))
    if not 3 <= len(shape) <= 5:
        cure = ("name them with ", Setting("axes"))
    return ImageError(f"{name}: {len(shape)} axes, shape {tuple(shape)}", cure=cure)


def check_last(shape: Sequence[int], channel_axis: int, name: str, least: int = MIN_SIDE) -> None:
    """Refuse an array whose last axis is taken for channels only because nobody said otherwise.

    Channels are few and sides are many, so that an array was hardly meant like that if its rows
    (or columns) are at most half as many as its columns and as its channels.

    Parameters
    ----------
    shape : sequence of int
        Of three axes.
    channel_axis : int
        As the user gave it; -1 is the default, and 2 says that the last axis it is.
    name : str
        For the message.
    least : int
        Rows or columns below this are told of elsewhere.

    Raises
    ------
    ImageError
    """
    rows, columns, channels = shape
    few, many = sorted((rows, columns))
    if channel_axis != -1 or channels < MIN_SIDE or few < least or 2 * few > min(many, channels):
        return
    fewest = 0 if rows < columns else 1
    raise ImageError(
        f"{name}: shape {tuple(shape)}, of which the last axis would be channels",
        cure=(
            "pass ", Setting("channel_axis", fewest), " for channels on that axis, ",
            Setting("axes", "ZYX" if fewest == 0 else "YZX"), " for planes, or ",
            Setting("channel_axis", 2), " if it is right",
        ),
    )  # fmt: skip
