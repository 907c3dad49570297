from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import run


def test_a_short_run_tells_what_it_did() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.fuzz.run", "--minutes", "0.01",
         "--start", "1", "--reader", "npy", "--reader", "list"],
        capture_output=True, text=True, cwd=root, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("from 1: ")
    assert done.stdout.endswith("; 0 faults\n")
    assert done.returncode == 0


def test_a_finding_becomes_a_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(reader: str, number: int, folder: Path) -> tuple[Path, list[str]]:
        path = folder / "7.png"
        path.write_bytes(b"broken")
        return path, ["KeyError: 'x'"]

    monkeypatch.setattr(run, "CASES", tmp_path)
    monkeypatch.setattr(run, "try_once", find)
    (tmp_path / "at work").mkdir()
    assert run._file("png", 7, tmp_path / "at work") == ["png 7: KeyError: 'x'"]
    assert (tmp_path / "png-7.png").read_bytes() == b"broken"
    assert run.case_reader(tmp_path / "png-7.png") == "png"


@pytest.mark.skipif(not hasattr(signal, "SIGPROF"), reason="no timers here")
def test_a_hang_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(reader: str, number: int, folder: Path) -> tuple[Path, list[str]]:
        while True:
            pass

    monkeypatch.setattr(run, "_SLOW", 0.05)
    monkeypatch.setattr(run, "try_once", hang)
    assert run._file("png", 7, tmp_path) == [f"png 7: {run._HANGS}"]
