from __future__ import annotations

import re
from typing import Any

import pytest

from segprior.cli import main
from segprior.cli.arguments.options import options_of
from segprior.cli.arguments.parser import command_parser
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.methods.config import MethodConfig
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.registry import RESERVED


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
    from segprior.runtime import loops

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"segprior {__version__}, {loops.described()}\n"


@pytest.mark.parametrize(
    ("command", "config"), [("foreground", ForegroundConfig), ("segment", SegmentConfig)]
)
def test_no_method_may_have_an_option_of_the_command(
    command: str, config: type[MethodConfig]
) -> None:
    own = {option.flag for option in options_of(config)} | {"--prior"}
    flags = {flag for flag in parser_flags(command) if flag.startswith("--")} - own
    assert {flag[2:].replace("-", "_") for flag in flags} <= RESERVED
    assert RESERVED.isdisjoint(config.option_names())


def test_help_says_what_else_may_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    for command, there in (("segment", True), ("foreground", False)):
        assert main([command, "--help"]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert ("or files of --hierarchy, to be cut again" in text) is there


def parser_flags(command: str) -> set[str]:
    """What may be typed after a command, as its help lists it."""
    return set(re.findall(r"^  (?:-.*, )?(--[a-z-]+)", command_parser(command).format_help(), re.M))
