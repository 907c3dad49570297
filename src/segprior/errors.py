"""The errors that a user can meet, as one small tree.

Every message is one line that says what is wrong, with the offending value, and what to do.
"""

from __future__ import annotations

__all__ = ["Cancelled", "ConfigError", "ImageError", "OutputError", "SegpriorError"]


class SegpriorError(Exception):
    """Base of all errors that segprior raises on purpose."""


class ImageError(SegpriorError, ValueError):
    """An image, or a file that should hold one, cannot be used."""


class ConfigError(SegpriorError, ValueError):
    """An option, a preset or a combination of options is not valid."""


class OutputError(SegpriorError, OSError):
    """A result cannot be written where it was asked for."""


class Cancelled(SegpriorError):
    """Raised by a callback to give up; the call that was running raises it to its caller."""
