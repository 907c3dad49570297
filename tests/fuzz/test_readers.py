"""Damaged files: one line that says so, or a picture; nothing else, whatever the damage."""

from __future__ import annotations

import ast
import os
import sys
import types
from pathlib import Path

import pytest

from tests.fuzz.corpus import CORPUS, files, seeds
from tests.fuzz.mutators import mutate
from tests.fuzz.run import CASES, case_reader
from tests.fuzz.targets import READERS, read_all, read_bytes, try_once

# Some 300 with the command lines and the arrays; `make fuzz` tries more.
EACH = 14
HARNESSES = Path(__file__).parent / "harnesses"

pytestmark = pytest.mark.filterwarnings("ignore")


def needed(reader: str) -> None:
    if reader == "zarr":
        pytest.importorskip("zarr", reason="zarr is not installed")


@pytest.mark.parametrize("reader", READERS)
def test_seeds_are_read(reader: str, tmp_path: Path) -> None:
    needed(reader)
    assert seeds(reader)
    for seed in seeds(reader):
        path = tmp_path / f"{seed.name}{READERS[reader][0]}"
        path.symlink_to(seed)
        assert read_all(reader, path) == []


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files(reader: str, tmp_path: Path) -> None:
    needed(reader)
    found = [(number, try_once(reader, number, tmp_path)[1]) for number in range(EACH)]
    assert [(number, faults) for number, faults in found if faults] == []


def cases() -> list[Path]:
    return sorted(path for path in CASES.iterdir() if path.name != "README.md")


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.name)
def test_what_was_found_once(path: Path) -> None:
    reader = case_reader(path)
    needed(reader)
    assert read_all(reader, path) == []


def test_a_fault_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(path: Path) -> None:
        raise AttributeError("no such thing")

    def beg(path: Path) -> None:
        from segprior.errors import ImageError

        raise ImageError("unexpected KeyError; please report it")

    monkeypatch.setitem(READERS, "png", (".png", (fall, beg)))
    _, faults = try_once("png", 0, tmp_path)
    assert faults == [
        "AttributeError: no such thing", "unexpected KeyError; please report it"
    ]  # fmt: skip
    with pytest.raises(AssertionError, match="no such thing"):
        read_bytes("png", b"")


def test_damage_is_the_same_each_time_and_differs(tmp_path: Path) -> None:
    import random

    data = seeds("tiff")[0].read_bytes()
    made = [mutate(data, random.Random(number)) for number in range(200)]
    assert made == [mutate(data, random.Random(number)) for number in range(200)]
    assert len(set(made)) > 150


def test_the_corpus_is_small_and_made_by_its_script() -> None:
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 150_000
    made = files()
    for reader in ("png", "bmp", "npy", "scribbles", "labelme", "list", "manifest", "store"):
        for name, data in made[reader].items():
            assert (CORPUS / reader / name).read_bytes() == data, (reader, name)
    assert {folder.name for folder in CORPUS.iterdir()} == set(READERS)


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_has_a_harness(reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it would work in Atheris, which has no wheels for all that we run on."""
    needed(reader)
    path = HARNESSES / f"fuzz_{reader}.py"
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    heard = []

    def set_up(argv: list[str], function: object) -> None:
        heard.append(function)

    atheris = types.ModuleType("atheris")
    atheris.Setup = set_up  # type: ignore[attr-defined]
    atheris.Fuzz = lambda: heard[0](b"damaged")  # type: ignore[attr-defined, operator]
    atheris.instrument_all = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "atheris", atheris)
    monkeypatch.setattr(sys, "argv", [os.fspath(path)])
    exec(compile(text, path, "exec"), {"__name__": "__main__"})
    assert heard
