from __future__ import annotations

from segprior.messages import NOTHING, Setting, Verbatim, shown


def test_a_setting_reads_as_in_python() -> None:
    assert str(Setting("window", 4)) == "window=4"
    assert str(Setting("method", "kmeans")) == "method='kmeans'"
    assert str(Setting("max_pixels", None)) == "max_pixels=None"
    assert str(Setting("max_pixels")) == "max_pixels"
    assert str(Setting("memory", Verbatim("3M"))) == "memory=3M"
    assert str(NOTHING) == "None"


def test_what_a_terminal_would_obey_is_written_out() -> None:
    assert shown("red\x1b[31m\x1b]0;title\x07.png") == "red\\x1b[31m\\x1b]0;title\\x07.png"
    assert shown("a\x9b2Jb\x7f\r\u202egnp") == "a\\x9b2Jb\\x7f\\r\\u202egnp"
    plain = "Größe 写真 '\\x1b' \n\U0001f600"
    assert shown(plain) == plain
