"""What the user is told: lines for people or for programs, errors, and the progress bar."""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from segprior.callbacks import Callback, ProgressBar
from segprior.cli.arguments.options import in_words
from segprior.io.files.source import folded
from segprior.messages import shown
from segprior.runtime.asides import joined, said

__all__ = ["Report", "complain", "plain", "short_warnings"]


def complain(message: object) -> None:
    """Print one line of error."""
    with suppress(OSError):  # of a terminal that has closed, which must not end the work
        _print(f"segprior: {folded(in_words(message))}", sys.stderr)


def _print(line: str, stream: TextIO) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    # A file name may hold what the terminal cannot show; that must not end the work.
    line = shown(line)
    print(line.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


class Report:
    """Tells of each image as it is finished.

    Parameters
    ----------
    as_json : bool
        One JSON object per line instead of a sentence.
    quiet : bool
        Errors only; JSON that was asked for is printed all the same.
    aside : bool
        Standard output carries a picture, so that lines go to standard error.
    total : int
        How many images there are.
    """

    def __init__(
        self,
        *,
        as_json: bool,
        quiet: bool,
        aside: bool,
        total: int,
    ) -> None:
        self._json = as_json
        self._quiet = quiet
        self._aside = aside
        self._total = total
        self._begun = 0
        self.done = 0
        self.failed = 0

    @property
    def exit_code(self) -> int:
        """0 if all went well, 1 if some failed, 2 if all did."""
        if not self.failed:
            return 0
        return 1 if self.done else 2

    def success(self, facts: Mapping[str, Any]) -> None:
        """Report a finished image."""
        self.done += 1
        if text := said():
            complain(f"warning: {facts['file']}: a library says: {text}")
        if self._json:
            self._line(json.dumps(plain(facts), allow_nan=False))
        elif not self._quiet and not self._aside:
            numbers = []
            if "foreground" in facts:
                numbers.append(f"foreground {facts['foreground']:.1%}")
            if "instances" in facts:
                count = facts["instances"]
                numbers.append(f"{count} thing{'' if count == 1 else 's'}")
            if "labels" in facts:
                numbers.append(f"{_each(facts['labels'], 'd')} labels")
            if "confidence" in facts:
                numbers.append(f"confidence {_each(facts['confidence'], '.2f')}")
            numbers.append(f"{facts['seconds']:.1f} s")
            self._line(f"{facts['file']} -> {_each(facts['output'])}  ({', '.join(numbers)})")

    def failure(self, name: str, message: object) -> None:
        """Report an image that could not be done."""
        self.failed += 1
        text = joined(folded(in_words(message)))
        # With -o - both kinds of line would share standard error; one of them is enough.
        if not (self._json and self._aside):
            label = "standard input" if name == "-" else name
            complain(text if folded(label) in text else f"{label}: {text}")
        if self._json:
            self._line(json.dumps({"file": name, "error": text}))

    @contextmanager
    def progress(self, name: str) -> Iterator[Callback | None]:
        """Show a bar while an image is worked on, if somebody is there to see it."""
        self._begun += 1
        noisy = self._quiet or (self._json and self._aside)
        if noisy or not sys.stderr.isatty():
            yield None
            return
        count = f" {self._begun}/{self._total}" if self._total > 1 else ""
        with ProgressBar(f"{folded(name)}{count}", file=sys.stderr) as bar:
            yield bar

    def _line(self, line: str) -> None:
        _print(line, sys.stderr if self._aside else sys.stdout)


@contextmanager
def short_warnings() -> Iterator[None]:
    """Show warnings as one line without the place in the code."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        complain(f"warning: {in_words(message)}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _each(values: Any, form: str = "") -> str:
    """Put a value, or several, into words."""
    several = values if isinstance(values, list) else [values]
    return ", ".join(format(value, form) for value in several)


def plain(value: Any) -> Any:
    """Turn NumPy's numbers, tuples and what JSON cannot say into what it can."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
