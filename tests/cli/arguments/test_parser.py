from __future__ import annotations

from typing import Any

import pytest

from segprior.cli import main
from segprior.cli.arguments.options import options_of
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.methods.foreground.config import ForegroundConfig


def _members(config: Any) -> int:
    return int(getattr(config, "prior", config).members)


@pytest.mark.parametrize("command", ["prior", "foreground"])
def test_help_tells_of_every_field_and_its_defaults(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main([command, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    config: type[Presets] = PriorConfig if command == "prior" else ForegroundConfig
    for option in options_of(config):
        assert option.flag in text
        assert option.help in text
        assert len(option.help) > 20, f"{option.field} is not described in its docstring"
    members = ", ".join(f"{p}: {_members(config.preset(p))}" for p in config.presets)
    assert f"[{members}]" in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from segprior import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"segprior {__version__}\n"


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "foreground" in out
    assert "prior" in out
