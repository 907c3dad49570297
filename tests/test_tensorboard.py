from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from segprior.callbacks import Event
from segprior.errors import ConfigError, OutputError
from segprior.tensorboard import TensorBoard, check_tensorboard


def event(iteration: int) -> Event:
    labels = np.arange(64).reshape(8, 8) % iteration
    return Event(
        stage="segment", member=0, members=1, iteration=iteration, iterations=12,
        loss=1 / iteration, labels=iteration, label_map=labels,
    )  # fmt: skip


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with TensorBoard(tmp_path / "run", every=10) as board:
        for iteration in range(1, 13):
            board(event(iteration))
        board(Event(stage="prior", member=1, members=3, iteration=1, iterations=2, loss=0.5))
    content = EventAccumulator(str(tmp_path / "run"))
    content.Reload()
    assert [s.value for s in content.Scalars("segment/labels")] == list(range(1, 13))
    assert content.Scalars("segment/loss")[3].value == pytest.approx(0.25)
    assert [i.step for i in content.Images("segment/segmentation")] == [1, 11]
    assert content.Scalars("prior/member 1/loss")[0].value == 0.5


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        TensorBoard(tmp_path / "file" / "run")


def test_a_missing_extra_names_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ConfigError, match=r'pip install "segprior\[tensorboard\]"'):
        check_tensorboard()
