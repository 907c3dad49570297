from __future__ import annotations

from segprior.messages import NOTHING, Setting, Verbatim


def test_a_setting_reads_as_in_python() -> None:
    assert str(Setting("window", 4)) == "window=4"
    assert str(Setting("method", "kmeans")) == "method='kmeans'"
    assert str(Setting("max_pixels", None)) == "max_pixels=None"
    assert str(Setting("max_pixels")) == "max_pixels"
    assert str(Setting("memory", Verbatim("3M"))) == "memory=3M"
    assert str(NOTHING) == "None"
