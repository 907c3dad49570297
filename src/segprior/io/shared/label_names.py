"""What labels are called in formats that give them names."""

from __future__ import annotations

__all__ = ["label_name"]


def label_name(label: int, *, mask: bool, things: bool = False) -> str:
    """Say ``foreground`` for the 1 of a mask, ``thing`` for each thing, else ``label 7`` for 7."""
    return "foreground" if mask else "thing" if things else f"label {label}"
