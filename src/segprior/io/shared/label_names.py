"""What labels are called in formats that give them names."""

from __future__ import annotations

__all__ = ["label_name"]


def label_name(label: int, *, mask: bool) -> str:
    """Return ``foreground`` for the 1 of a mask, and ``label 7`` for the 7 of a label map."""
    return "foreground" if mask else f"label {label}"
