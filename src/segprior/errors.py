"""The errors and the warnings that a user can meet, as one small tree.

Every message is one line that says what is wrong, with the offending value, and what to do. It is
kept in parts, so that options in it can be spelt as the user knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from segprior.messages import Setting

__all__ = [
    "Cancelled",
    "ConfigError",
    "ImageError",
    "InParts",
    "InputWarning",
    "OutputError",
    "SegpriorError",
]

Text = str | Sequence[str | Setting]


class InParts(Exception):
    """A message in parts.

    Parameters
    ----------
    *problem : str or Setting
        What is wrong, in parts that are joined as they are.
    option : str, optional
        The option that is wrong; the message then begins with ``got option=got``.
    got : object
        Its value.
    cure : str or sequence of (str or Setting)
        What to do, which ends the message behind a semicolon.
    """

    def __init__(
        self,
        *problem: str | Setting,
        option: str | None = None,
        got: object = None,
        cure: Text = "",
    ) -> None:
        start = () if option is None else ("got ", Setting(option, got))
        end = (cure,) if isinstance(cure, str) else tuple(cure)
        self.option = option
        self.got = got
        self.cure = "".join(map(str, end))
        self.parts: tuple[str | Setting, ...] = (*start, *problem)
        if self.cure:
            self.parts += ("; ", *end)
        super().__init__(str(self))

    def __str__(self) -> str:
        return self.text(str)

    def text(self, say: Callable[[Setting], str]) -> str:
        """Put the message together, its options written as ``say`` does."""
        return "".join(part if isinstance(part, str) else say(part) for part in self.parts)


class SegpriorError(InParts):
    """Base of all errors that segprior raises on purpose.

    Parameters are those of :class:`InParts`.
    """


class InputWarning(InParts, UserWarning):
    """Something about an image was guessed, or left out; says what, and the option that decides.

    Parameters are those of :class:`InParts`.
    """


class ImageError(SegpriorError, ValueError):
    """An image, or a file that should hold one, cannot be used."""


class ConfigError(SegpriorError, ValueError):
    """An option, a preset or a combination of options is not valid."""


class OutputError(SegpriorError, OSError):
    """A result cannot be written where it was asked for."""


class Cancelled(SegpriorError):
    """Raised by a callback to give up; the call that was running raises it to its caller."""
