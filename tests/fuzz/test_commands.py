"""Command lines made by chance: an exit code, and lines of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.commands import COMMANDS, make, make_words, options, run
from tests.helpers.crew import Here

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("segprior.batch.run._crew", lambda bench, config: Here(bench))


@pytest.mark.parametrize("number", range(60))
def test_command_lines(number: int) -> None:
    words = make_words(number)
    assert run(words)[1] == [], words


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_lists_options(command: tuple[str, ...]) -> None:
    found = dict(options(command))
    assert len(found) > 8
    assert found["--quiet"] is None
    assert "--help" not in found


def test_a_fault_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(words: list[str]) -> int:
        raise KeyError("x")

    def speak(words: list[str]) -> int:
        import sys

        print("libtiff: no", file=sys.stderr)
        print("segprior: unexpected KeyError; please report it", file=sys.stderr)
        return 3

    monkeypatch.setattr("tests.fuzz.commands.main", fall)
    assert run([]) == (-1, ["KeyError: 'x'"])
    monkeypatch.setattr("tests.fuzz.commands.main", speak)
    assert run([]) == (3, [
        "exit code 3", "on standard error: libtiff: no",
        "segprior: unexpected KeyError; please report it",
    ])  # fmt: skip
    monkeypatch.setattr("tests.fuzz.commands.main", lambda words: 2)
    assert run([]) == (2, ["exit code 2 without a line"])
