"""What messages are made of beside words: options, which each face of the package spells its way.

An option reads ``window=4`` in Python and, as the command line renders it, ``--window 4``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["NOTHING", "Setting", "Verbatim", "shown"]


@dataclass(frozen=True)
class Setting:
    """An option in a message, with its value or by its name alone.

    Parameters
    ----------
    name : str
        As it is in Python.
    value : object
        What it is or might be set to; left out, the name stands alone.
    """

    name: str
    value: Any = ...

    def __str__(self) -> str:
        return self.name if self.value is ... else f"{self.name}={self.value!r}"


class Verbatim(str):
    """A value that is shown as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


# Besides control characters: what turns the direction of text, or separates lines.
_TURNING = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def shown(text: str) -> str:
    """Write out what a terminal would obey, such as escape codes in the name of a file.

    Examples
    --------
    >>> print(shown("red\\x1b[31m.png"))
    red\\x1b[31m.png
    """
    return "".join(repr(letter)[1:-1] if _is_obeyed(letter) else letter for letter in text)


def _is_obeyed(letter: str) -> bool:
    code = ord(letter)
    return (code < 32 and letter != "\n") or 127 <= code < 160 or letter in _TURNING


# The word for an option that is left open: ``None`` in Python, ``none`` in a shell.
NOTHING = Setting("None")
