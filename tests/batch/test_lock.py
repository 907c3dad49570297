from __future__ import annotations

from pathlib import Path

import pytest

from segprior.batch.lock import hold, sweep
from segprior.errors import OutputError
from tests.helpers.folders import tree


def test_temporary_files_are_swept_and_others_stay(images: Path) -> None:
    (images / "sub" / ".0123456789abcdef.tmp").touch()
    (images / ".0123456789abcdef.tmp").mkdir()
    (images / ".0123456789abcdef.tmp" / "mask.png").touch()
    (images / ".mine.tmp").touch()
    sweep(images)
    assert tree(images) == [".mine.tmp", "a.png", "sub/b.jpg", "sub/d.png", "sub/deep/c.TIF"]


def test_one_batch_at_a_time_in_a_folder(images: Path) -> None:
    pytest.importorskip("fcntl", reason="no locks of files here")
    out = images.parent / "out"
    out.mkdir()
    with hold(out), pytest.raises(OutputError, match="another segprior batch"), hold(out, 0.1):
        pass
    with hold(out, 0):
        pass
