"""One strip or tile of a TIFF: from its bytes to its values, in every compression the same way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.io.shared.tiff_codecs import (
    BYTES,
    JPEG,
    PICTURES,
    MissingCodec,
    decode_picture,
    has_imagecodecs,
    undo,
    who_has,
)

__all__ = ["check_codec", "decode_segment", "part_shape"]

_PLAIN = ("MINISWHITE", "MINISBLACK", "RGB", "PALETTE", "MASK", "SEPARATED")
_HORIZONTAL, _FLOATS = 2, 3
_ROWS_AT_ONCE = 256


def check_codec(key: Any) -> None:
    """Refuse a page whose values nothing here can decode.

    Parameters
    ----------
    key : tifffile.TiffPage
        The page whose tags count.

    Raises
    ------
    MissingCodec
        With what to install or to do.
    """
    code = int(key.compression)
    if key.dtype is None or not isinstance(key.bitspersample, int):
        raise MissingCodec(
            f"bands of {key.bitspersample} bits of a type that is not read; "
            "save it with 8, 16 or 32 bits"
        )
    if key.dtype.kind not in "buif":
        raise MissingCodec(f"values of type {key.dtype}; save real numbers")
    colours = getattr(key.photometric, "name", str(key.photometric))
    decoded = colours == "YCBCR" and code in PICTURES
    if colours not in _PLAIN and not decoded:
        raise MissingCodec(f"{colours} colours; save it as RGB")
    if code != 1 and code not in BYTES and code not in PICTURES and not has_imagecodecs():
        raise who_has(key)
    plain = code == 1 or code in BYTES
    if plain and key.predictor not in (1, _HORIZONTAL, _FLOATS):
        raise MissingCodec(f"stored with predictor {int(key.predictor)}; save it without")
    if plain and key.dtype.kind == "f" and key.bitspersample == 24:
        raise MissingCodec("floats of 24 bits; save it with 32")


def part_shape(key: Any, index: int) -> tuple[int, int, int]:
    """Rows, columns and samples of the strip or tile of a number; of a last strip those there are.

    Parameters
    ----------
    key : tifffile.TiffPage
    index : int
        Counted row by row, and plane by plane where bands are stored apart.
    """
    samples = 1 if int(key.planarconfig) == 2 else key.samplesperpixel
    if key.is_tiled:
        return key.tilelength, key.tilewidth, samples
    high = min(key.rowsperstrip, key.imagelength)
    down = -(-key.imagelength // high)
    return min(high, key.imagelength - index % down * high), key.imagewidth, samples


def decode_segment(key: Any, page: Any, data: bytes, index: int) -> NDArray[Any]:
    """Decode one strip or tile.

    Parameters
    ----------
    key : tifffile.TiffPage
        The page whose tags count, for which `check_codec` has been called.
    page : tifffile.TiffPage or tifffile.TiffFrame
        The page whose part it is.
    data : bytes
        As stored; nothing where a sparse file leaves it out.
    index : int
        Its number.

    Returns
    -------
    ndarray of shape (rows, columns, samples)
        In the byte order of this machine, of the page's type.

    Raises
    ------
    MissingCodec
        If it can only be decoded with another package.
    ValueError
        If it is damaged.
    """
    code = int(key.compression)
    shape = part_shape(key, index)
    if not data:
        return np.full(shape, key.nodata, key.dtype)
    if code in PICTURES:
        tables = page.jpegtables if code in JPEG else None
        try:
            values = decode_picture(key, data, shape, tables)
        except MissingCodec:
            if not has_imagecodecs():
                raise
            values = _elsewhere(key, page, data, index)
        return values.astype(key.dtype, copy=False)
    if code != 1 and code not in BYTES:
        return _elsewhere(key, page, data, index)
    if key.fillorder == 2:
        data = data.translate(_mirrored())
    rows, columns, samples = shape
    row_bytes = -(-columns * samples * key.bitspersample // 8)
    size = rows * row_bytes
    if code == 1 and len(data) < size:
        raise ValueError(f"damaged, {len(data)} of {size} bytes are there")
    raw = data[:size] if code == 1 else undo(code, data, size)
    return _unpredicted(key, np.frombuffer(raw, np.uint8, size).reshape(rows, row_bytes), shape)


def _elsewhere(key: Any, page: Any, data: bytes, index: int) -> NDArray[Any]:
    """Decode with imagecodecs, through tifffile."""
    more = {}
    if int(key.compression) in (6, 33007, *JPEG):
        more = {"jpegtables": page.jpegtables, "jpegheader": key.jpegheader}
    decoded = key.decode(data, index, **more)[0]
    values: NDArray[Any] = decoded[0]
    return values


def _mirrored() -> bytes:
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _unpredicted(key: Any, raw: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[Any]:
    stored = np.dtype(key.parent.byteorder + key.dtype.char)
    wanted = key.dtype.newbyteorder("=")
    if key.predictor == _FLOATS and stored.kind == "f":
        return _floats(raw, shape, wanted)
    values: NDArray[Any]
    if key.bitspersample == 8 * stored.itemsize:
        values = raw.view(stored).reshape(shape).astype(wanted)
    else:
        values = _whole_numbers(raw, shape, key.bitspersample, wanted)
    if key.predictor == _HORIZONTAL:
        bits = values.view(f"u{values.itemsize}") if values.dtype.kind in "if" else values
        if bits.dtype.kind != "b":
            np.add.accumulate(bits, axis=1, out=bits)
            if key.bitspersample != 8 * bits.itemsize:
                bits &= bits.dtype.type((1 << key.bitspersample) - 1)
    return values


def _floats(
    raw: NDArray[np.uint8], shape: tuple[int, int, int], wanted: np.dtype[Any]
) -> NDArray[Any]:
    """Undo the predictor for floats: differences of bytes, the highest of all values first.

    References
    ----------
    Adobe Photoshop TIFF Technical Note 3, 2005.
    """
    rows, columns, samples = shape
    apart = raw.reshape(rows, -1, samples).copy()
    np.add.accumulate(apart, axis=1, out=apart)
    planes = apart.reshape(rows, wanted.itemsize, columns * samples)
    together = np.ascontiguousarray(planes.transpose(0, 2, 1))
    big: NDArray[Any] = together.view(wanted.newbyteorder(">"))
    values: NDArray[Any] = big.reshape(shape).astype(wanted)
    return values


def _whole_numbers(
    raw: NDArray[np.uint8], shape: tuple[int, int, int], bits: int, wanted: np.dtype[Any]
) -> NDArray[Any]:
    """Unpack whole numbers of any other number of bits, the highest first."""
    rows, columns, samples = shape
    values = np.empty((rows, columns * samples), wanted)
    place = 1 << np.arange(bits - 1, -1, -1, dtype=np.uint64)
    for top in range(0, rows, _ROWS_AT_ONCE):
        part = np.unpackbits(raw[top : top + _ROWS_AT_ONCE], axis=1, count=columns * samples * bits)
        if bits == 1:
            values[top : top + len(part)] = part
            continue
        number = part.reshape(len(part), -1, bits) @ place
        if wanted.kind == "i":  # the highest bit is the sign
            number = number.astype(np.int64)
            number -= (number >> (bits - 1)) << bits
        values[top : top + len(part)] = number
    return values.reshape(shape)
