"""What messages are made of beside words: options, which each face of the package spells its way.

An option reads ``window=4`` in Python and, as the command line renders it, ``--window 4``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["NOTHING", "Setting", "Verbatim"]


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


# The word for an option that is left open: ``None`` in Python, ``none`` in a shell.
NOTHING = Setting("None")
