"""From the text of an option to its value, with errors that say what was expected."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = [
    "axis",
    "block_list",
    "box",
    "byte_count",
    "byte_count_or_none",
    "click",
    "file_in",
    "no_data",
    "number",
    "number_list",
    "number_or_none",
    "number_or_numbers",
    "pixel_count",
    "range_or_none",
    "value_range",
    "whole",
    "whole_or_full",
    "whole_or_none",
]


def whole(text: str) -> int:
    """Read a whole number, which may be negative; the configuration checks its range."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; pass a whole number") from None


def number_list(text: str) -> tuple[int, ...]:
    """Read whole numbers with commas between them, as in ``10,20,30``."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; pass whole numbers with commas between them, such as 10,20,30"
        ) from None


def click(text: str) -> tuple[int, int, int]:
    """Read row, column and label of a click, as in ``120,200,0``; the label is 1 by default."""
    try:
        row, column, *label = (int(part) for part in text.split(","))
        (kind,) = label or [1]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; pass row,column for the object or row,column,0 for ground, such as "
            "120,200"
        ) from None
    return row, column, kind


def box(text: str) -> tuple[int, int, int, int]:
    """Read top, left, bottom and right of a box, as in ``20,40,300,410``."""
    try:
        top, left, bottom, right = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; pass top,left,bottom,right, such as 20,40,300,410"
        ) from None
    return top, left, bottom, right


def number(text: str) -> float:
    """Read a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; pass a number") from None


def number_or_numbers(text: str) -> float | tuple[float, ...]:
    """Read a number, or several with commas between them, as in ``0,.5,1``."""
    try:
        first, *others = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; pass a number, or several with commas between them, such as 0,.5,1"
        ) from None
    return (first, *others) if others else first


def whole_or_full(text: str) -> int | None:
    """Read a whole number, or ``full``, which is None."""
    if text.lower() in ("full", "none"):
        return None
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; pass a whole number or 'full'") from None


def whole_or_none(text: str) -> int | None:
    """Read a whole number, or ``none``."""
    if text.lower() == "none":
        return None
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; pass a whole number or 'none'") from None


def number_or_none(text: str) -> float | None:
    """Read a number, or ``none``."""
    return None if text.lower() == "none" else number(text)


def block_list(text: str) -> tuple[tuple[str, int], ...]:
    """Read blocks with their iteration, as in ``up2:30,up1:30``."""
    pairs = []
    for part in text.split(","):
        block, _, iteration = part.partition(":")
        if not iteration.strip().isdigit():
            raise argparse.ArgumentTypeError(
                f"got {part!r}; pass blocks with their iteration, such as up2:30,up1:30"
            )
        pairs.append((block.strip(), int(iteration)))
    return tuple(pairs)


def axis(text: str) -> int | None:
    """Read the number of an axis, or ``none``."""
    if text.lower() == "none":
        return None
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; pass a whole number or 'none' for a grey image"
        ) from None


def range_or_none(text: str) -> tuple[float, float] | None:
    """Read two numbers with a comma between them, or ``none``."""
    return None if text.lower() == "none" else _two_numbers(text)


def value_range(text: str) -> tuple[float, float] | str:
    """Read two numbers with a comma between them, ``auto`` or ``full``."""
    return text.lower() if text.lower() in ("auto", "full") else _two_numbers(text)


def no_data(text: str) -> float | None:
    """Read a number, also ``nan`` and ``inf``, or ``none``; whole numbers stay exact."""
    if text.lower() == "none":
        return None
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    raise argparse.ArgumentTypeError(f"got {text!r}; pass a number, nan or none")


def _two_numbers(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; pass the lowest and the highest value, such as 0,4095"
        ) from None
    return low, high


def file_in(*suffixes: str) -> Callable[[str], str]:
    """Make what reads the name of a file of a format."""

    def read(text: str) -> str:
        if not text.lower().endswith(suffixes):
            raise argparse.ArgumentTypeError(f"got {text!r}; end it in {' or '.join(suffixes)}")
        return text

    return read


def byte_count(text: str) -> int:
    """Read a number of bytes, as in ``2G``; K, M, G and T are powers of 1024."""
    power = "KMGT".find(text[-1:].upper()) + 1 if text else 0
    digits = text[:-1] if power else text
    return _count(text, digits, 1024**power, "bytes above 0, such as 2G for 2 gibibytes")


def byte_count_or_none(text: str) -> int | None:
    """Read a number of bytes, or ``none``."""
    return None if text.lower() == "none" else byte_count(text)


def pixel_count(text: str) -> int | None:
    """Read a number of pixels, as in ``100M``, or ``none``."""
    if text.lower() == "none":
        return None
    digits, scale = (text[:-1], 1_000_000) if text[-1:] in "Mm" else (text, 1)
    return _count(text, digits, scale, "pixels above 0, such as 100M for 100 megapixels")


def _count(text: str, digits: str, scale: int, expected: str) -> int:
    try:
        count = int(float(digits) * scale)
    except (ValueError, OverflowError):
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; pass a number of {expected}")
    return count
