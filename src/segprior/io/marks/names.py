"""Numbers for labels that are called by names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segprior.errors import ImageError
from segprior.io.files.source import folded
from segprior.io.marks.marks import LARGEST

__all__ = ["number_names"]

_GROUND = ("background", "ground", "bg", "0")
# As in 7, 7.0 and what we write ourselves, label 7.
_NUMBER = re.compile(r"(?:label )?([0-9]{1,9})(?:\.0*)?")
_WRONG = re.compile(r"-[0-9.]+|[0-9]*\.[0-9]*[1-9][0-9]*")
_SHOWN = 8
_LONGEST = 40


def number_names(names: Sequence[str], source: str) -> tuple[list[int], str]:
    """Give each name a number.

    ``background``, ``ground``, ``bg`` and ``0``, in letters of any size, are ground. If all others
    are numbers (also as in ``label 7``), they are kept; if not, they are numbered as they appear.

    Parameters
    ----------
    names : sequence of str
        One for each mark.
    source : str
        For messages.

    Returns
    -------
    numbers : list of int
        One for each mark, 0 for ground.
    told : str
        What was made of the names; empty if they are numbers.

    Raises
    ------
    ImageError
        If a name is empty, or a number but not a whole one from 0, or there are more than 254.
    """
    cleaned = [name.strip() for name in names]
    known: dict[str, int] = {}
    for name in dict.fromkeys(cleaned):
        if not name:
            raise ImageError(f"{source}: a label without a name; name it, or write its number")
        if _WRONG.fullmatch(name):
            raise ImageError(f"{source}: label {name[:_LONGEST]}; write whole numbers from 0")
        if name.casefold() in _GROUND:
            known[name] = 0
    others = [name for name in dict.fromkeys(cleaned) if name not in known]
    found = {name: _NUMBER.fullmatch(name) for name in others}
    if all(found.values()):
        known |= {name: int(match[1]) for name, match in found.items() if match is not None}
        return [known[name] for name in cleaned], ""
    if len(others) > LARGEST:
        raise ImageError(f"{source}: {len(others)} names of labels; at most {LARGEST} can be told")
    known |= {name: number for number, name in enumerate(others, 1)}
    said = [
        f"{folded(name)[:_LONGEST]!r} is {f'label {number}' if number else 'ground'}"
        for name, number in sorted(known.items(), key=lambda one: one[1])
    ]
    more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    return [known[name] for name in cleaned], ", ".join(said[:_SHOWN] + more)
