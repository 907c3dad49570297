"""Modules stay small."""

from __future__ import annotations

from pathlib import Path

import pytest

import segprior

SOURCE = Path(segprior.__file__).parent


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
