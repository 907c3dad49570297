from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from segprior import __version__
from segprior.cli import main
from segprior.cli.arguments.overview import OTHERS, SUMMARIES, answered
from segprior.cli.arguments.parser import COMMANDS, parse
from segprior.runtime import loops


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_lists_the_commands(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name:14} {summary}\n" in out for name, summary in SUMMARIES.items())


def test_the_commands_are_those_that_there_are() -> None:
    assert set(SUMMARIES) == {*COMMANDS, *OTHERS}
    assert all(callable(importlib.import_module(module).run) for module in OTHERS.values())


def test_what_is_no_question_is_not_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert not answered("segment")
    assert not answered(None)
    assert capsys.readouterr().out == ""


def test_a_parser_answers_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--version"])
    assert capsys.readouterr().out == f"segprior {__version__}, {loops.described()}\n"


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_answers_load_no_library(word: str) -> None:
    code = (
        f"import sys, segprior.cli; segprior.cli.main([{word!r}])\n"
        "print('loaded:', *({'numpy', 'argparse', 'segprior.config'} & {*sys.modules}))"
    )
    words = [sys.executable, "-c", code]
    out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert out.splitlines()[-1] == "loaded:"
