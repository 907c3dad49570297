"""What an evaluation tells while it is at work, and when it is stopped."""

from __future__ import annotations

from dataclasses import dataclass

from segprior.evaluation.report import Evaluation

__all__ = ["Interrupted", "Progress"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Told before the first result and after each.

    Attributes
    ----------
    done, total : int
        How many results there are, those of the store among them, and how many there will be.
    image, method : str or None
        What was done last; None before the first, when ``done`` counts those of the store.
    error : str or None
        Why it failed.
    """

    done: int
    total: int
    image: str | None = None
    method: str | None = None
    error: str | None = None


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with what was finished before it.

    Attributes
    ----------
    evaluation : Evaluation
        Of the finished results alone.
    done, total : int
        How many results there are, and how many there would have been.
    """

    def __init__(self, evaluation: Evaluation, done: int, total: int) -> None:
        super().__init__(f"{done} of {total} results are done")
        self.evaluation = evaluation
        self.done = done
        self.total = total
