from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from segprior.cli import main
from segprior.cli.execution import work
from segprior.cli.execution.report import Report, complain
from segprior.io.image import open_planes
from segprior.methods.foreground.config import ForegroundConfig
from tests.helpers.commands import QUICK, TINY
from tests.helpers.folders import pixels


def test_json_tells_of_each_image(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "bad.png").write_bytes(b"")
    command = ["foreground", str(photos), "-o", str(tmp_path / "out"), "--json", "--overlay"]
    assert (
        main(
            [*command, *QUICK, "--preset", "dsp", "--window", "3", "--members", "2", "--seed", "7"]
        )
        == 1
    )
    out, err = capsys.readouterr()
    bad, one, two = sorted(map(json.loads, out.splitlines()), key=lambda facts: facts["file"])
    assert bad.keys() == {"file", "error"}
    assert "0 bytes" in bad["error"]
    assert err.startswith("segprior: ")
    assert two["file"].endswith("two.bmp")
    assert one["output"] == str(tmp_path / "out" / "one.png")
    assert one["extras"] == {"overlay": str(tmp_path / "out" / "one_overlay.png")}
    assert one["foreground"] == (pixels(tmp_path / "out" / "one.png") == 255).mean()
    assert 0 <= one["confidence"] <= 1
    assert one["seconds"] >= 0
    assert one["seed"] == 7
    expected = ForegroundConfig.preset("dsp", features="image", window=3, members=2).to_dict()
    assert one["settings"] == json.loads(json.dumps(expected))


def test_people_read_one_line_per_image(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["foreground", str(photo), "-o", str(tmp_path / "mask.png"), *QUICK]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{photo} -> {tmp_path / 'mask.png'}")
    assert len(out.splitlines()) == 1
    assert err == ""
    assert main([*command, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_several_results_are_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(as_json=False, quiet=False, aside=False, total=1)
    report.success(
        {"file": "a", "output": ["b", "c"], "labels": [9, 3], "confidence": [0.5, 1], "seconds": 2}
    )
    assert capsys.readouterr().out == "a -> b, c  (9, 3 labels, confidence 0.50, 1.00, 2.0 s)\n"


@pytest.mark.parametrize(
    ("terminal", "options", "shown"),
    [(True, (), True), (False, (), False), (True, ("--quiet",), False)],
)
def test_a_progress_bar_on_a_terminal_only(
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: bool,
    options: tuple[str, ...],
    shown: bool,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert main(["prior", str(photo), "-o", str(tmp_path / "p.png"), *TINY, *options]) == 0
    assert ("photo.png: " in capsys.readouterr().err) == shown


def test_a_warning_is_one_line(
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    import warnings

    def warn(*_: Any, **__: Any) -> Any:
        warnings.warn("mind the\n gap", stacklevel=1)
        return open_planes(photo)

    warnings.simplefilter("always")
    monkeypatch.setattr(work, "open_planes", warn)
    assert main(["foreground", str(photo), "-o", str(tmp_path / "m.png"), *QUICK]) == 0
    assert capsys.readouterr().err == "segprior: warning: mind the gap\n"


def test_escape_codes_in_names_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "red\x1b[31m\x1b]0;title\x07.png"
    report = Report(as_json=False, quiet=False, aside=False, total=2)
    report.success({"file": name, "output": f"out/{name}", "seconds": 1.0})
    report.failure(name, f"{name}: broken")
    complain(f"{name}\x9b")
    captured = capsys.readouterr()
    for text in captured:
        assert "\\x1b[31m" in text
        assert not set(text) & set("\x1b\x07\x9b")
    report = Report(as_json=True, quiet=False, aside=False, total=1)
    report.success({"file": name, "output": name, "seconds": 1.0})
    assert json.loads(capsys.readouterr().out)["file"] == name
