"""What the harnesses for Atheris and OSS-Fuzz have in common: one reader, fed with bytes."""

from __future__ import annotations

import sys

from tests.fuzz.targets import read_bytes

__all__ = ["fuzz"]


def fuzz(reader: str) -> None:
    """Fuzz a reader until something is raised that may not be; the words are libFuzzer's."""
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, lambda data: read_bytes(reader, data))
    atheris.Fuzz()
