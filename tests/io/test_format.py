"""What a format says of itself, and what a writer is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segprior.io.format import Format, Target


@pytest.mark.parametrize(
    ("mask", "largest", "dtype"),
    [
        (True, 1, np.uint8),
        (False, 1, np.uint16),
        (False, 2**16 - 1, np.uint16),
        (False, 2**16, np.uint32),
    ],
)
def test_type_of_stored_labels(mask: bool, largest: int, dtype: type) -> None:
    target = Target(path=Path("a.tif"), shape=(2, 3), mask=mask, largest=largest)
    assert target.dtype is dtype


def test_what_a_format_is_called() -> None:
    bare = Format(name="asc", suffixes=(".asc",), shared=(".txt",))
    assert bare.kind == "asc"
    assert Format(name="asc", title="ASCII grid").kind == "ASCII grid"
    assert bare.endings == (".asc", ".txt")


def test_what_a_format_can_do() -> None:
    assert not Format(name="asc").writes_labels
    assert Format(name="asc", encode_labels=lambda labels, target: b"").writes_labels
    assert Format(name="asc", write_bands=lambda bands, target: None).writes_labels
