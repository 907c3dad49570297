"""The formats of a mask or label map, by name and by suffix."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from segprior.errors import ConfigError, OutputError
from segprior.io.files.atomic import write_atomically
from segprior.io.format import Format, Target
from segprior.io.label_maps import check_largest
from segprior.io.registry import by_name, by_suffix, endings, formats, one_of

__all__ = [
    "check_stack", "choose_format", "is_folder_suffix", "plain_suffixes", "result_formats",
    "result_suffixes", "save_segmentation", "shared_suffixes", "sharing",
]  # fmt: skip


def result_formats() -> dict[str, Format]:
    """Return the formats that masks and label maps are written in, in the order of their names."""
    found = {format.name: format for format in formats() if format.writes_labels}
    return dict(sorted(found.items()))


def result_suffixes() -> tuple[str, ...]:
    """Return what says by itself which format is meant, as `plain_suffixes` does."""
    return plain_suffixes(endings(_writes))


def plain_suffixes(suffixes: Iterable[str]) -> tuple[str, ...]:
    """Leave out those, such as ``.ome.tif``, that end in another one."""
    suffixes = tuple(suffixes)
    return tuple(
        one
        for one in suffixes
        if not any(one.endswith(other) for other in suffixes if other != one)
    )


def shared_suffixes() -> dict[str, list[Format]]:
    """Return the suffixes, such as ``.json``, that do not tell a format, and what they may be."""
    owned = endings(_writes)
    found: dict[str, list[Format]] = {}
    for format in result_formats().values():
        for suffix in format.shared:
            if suffix not in owned:
                found.setdefault(suffix, []).append(format)
    return found


def sharing(name: str) -> list[Format]:
    """Return the formats that a file of this name may be, if its suffix is not enough to tell."""
    for suffix, found in shared_suffixes().items():
        if name.lower().endswith(suffix):
            return found
    return []


def is_folder_suffix(suffix: str) -> bool:
    """Whether a suffix is that of a format whose files are folders."""
    format = by_suffix(f"result{suffix}", _writes)
    return format is not None and format.recognises_folder is not None


def _writes(format: Format) -> bool:
    return format.writes_labels


def choose_format(path: str | os.PathLike[str], wanted: str | None = None) -> str:
    """Return the name of the format that a file is to be written in.

    Parameters
    ----------
    path : str or path-like
        The file.
    wanted : str, optional
        The format that was asked for; by default the suffix decides.

    Raises
    ------
    ConfigError
        If there is no such format.
    OutputError
        If the suffix belongs to another format, to none, or, as ``.json``, to several.
    """
    path = Path(path)
    if wanted is not None:
        known = result_formats()
        if wanted not in known:
            raise ConfigError(option="format", got=wanted, cure=f"choose {', '.join(known)}")
        allowed = known[wanted].endings
        if not path.name.lower().endswith(allowed):
            raise OutputError(
                f"cannot save {wanted} as {path.suffix!r}; use {' or '.join(allowed)}"
            )
        return wanted
    found = by_suffix(path, _writes)
    if found is not None:
        return found.name
    suffix = path.suffix.lower()
    if suffix and (several := sharing(path.name)):
        raise OutputError(
            f"{path.name} may become {one_of(one.kind for one in several)}; pass format "
            f"{one_of(repr(one.name) for one in several)}"
        )
    plain = result_suffixes()
    longer = [one.suffixes[0] for one in formats() if _writes(one) and one.suffixes]
    more = [one for one in longer if one not in plain]
    raise OutputError(
        f"cannot save labels as {suffix!r}; use {', '.join((*plain, *more))}, "
        f"or {one_of(shared_suffixes())} with a format"
    )


def check_stack(format: Format, sizes: Sequence[int]) -> None:
    """Refuse a format that does not hold several planes.

    Raises
    ------
    OutputError
    """
    if not format.stacks:
        able = [one.suffixes[0] for one in formats() if _writes(one) and one.stacks]
        raise OutputError(
            f"cannot write {math.prod(sizes)} planes as {format.kind}; use {one_of(able)}, or one "
            "plane"
        )


def save_segmentation(
    path: str | os.PathLike[str],
    labels: NDArray[Any],
    *,
    mask: bool,
    wanted: str | None = None,
    image: str | os.PathLike[str] | None = None,
    axes: str = "",
    nodata: bool = False,
    things: bool = False,
) -> Path:
    """Write a mask or label map; see :meth:`segprior.result.Segmentation.save`.

    Parameters
    ----------
    path : str or path-like
        The file; an existing one is replaced.
    labels : ndarray of int, shape (H, W)
        Labels from 0; 0 and 1 for a mask.
    mask : bool
        Whether it is a mask.
    wanted : str, optional
        One of `result_formats`; by default the suffix decides.
    image : str or path-like, optional
        File of the image, for formats that name it, and for a TIFF, which keeps its georeference.
    axes : str
        Of a stack, whose labels have the shape (…, H, W), a letter for each axis before rows and
        columns.
    nodata : bool
        Whether label 0 stands for pixels without data, as a TIFF then says.
    things : bool
        Whether each label is one thing, all of a kind.

    Returns
    -------
    pathlib.Path
        ``path``.

    Raises
    ------
    ConfigError, OutputError
        As :func:`choose_format` does, or if the format does not reach up to the largest label or
        the file cannot be written.
    """
    path = Path(path)
    format = by_name(choose_format(path, wanted))
    if axes:
        check_stack(format, labels.shape[: len(axes)])
    check_largest(labels, format, path.suffix, mask=mask)
    target = Target(
        path=path,
        shape=(labels.shape[-2], labels.shape[-1]),
        mask=mask,
        largest=int(labels.max(initial=0)),
        image=image,
        axes=axes,
        nodata=nodata,
        things=things,
    )
    if format.encode_labels is not None:
        return write_atomically(path, format.encode_labels(labels, target))
    if format.write_bands is not None:
        format.write_bands([labels], target)
    return path
