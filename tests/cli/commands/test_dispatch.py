"""What users do wrong: one line that says what to do, exit code 2, nothing left behind."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.prior.prior import fit_prior
from tests.helpers.commands import QUICK

GOOD = "good.png"


def good(folder: Path) -> None:
    Image.fromarray(np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)).save(folder / GOOD)


def npy(values: object) -> Callable[[Path], None]:
    return lambda folder: np.save(folder / "bad.npy", np.asarray(values), allow_pickle=True)


def data(name: str, content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return write


def truncated(folder: Path) -> None:
    good(folder)
    whole = (folder / GOOD).read_bytes()
    (folder / "bad.png").write_bytes(whole[: len(whole) // 2])


def tiny(folder: Path) -> None:
    Image.new("RGB", (1, 1)).save(folder / "bad.png")


def header_of(rows: int, columns: int) -> bytes:
    """The start of a PNG file, which is all that may be read of one that is too large."""
    body = b"IHDR" + struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    chunks = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    empty = b"IDAT" + zlib.compress(b"")
    chunks += struct.pack(">I", len(empty) - 4) + empty + struct.pack(">I", zlib.crc32(empty))
    return b"\x89PNG\r\n\x1a\n" + chunks


def folder_without_images(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "empty" / "readme.txt").write_text("no image")


NAN = np.zeros((16, 16, 3))
NAN[2:4, 3, 1] = np.nan

# What is laid out, the command line without the command, and what the message must say.
TABLE: dict[str, tuple[Callable[[Path], None], list[str], list[str]]] = {
    "no such file": (good, ["none.png", "-o", "o.png"], ["none.png", "check"]),
    "folder without images": (folder_without_images, ["empty", "-o", "o"], ["no images", "PNG"]),
    "zero bytes": (data("bad.png", b""), ["bad.png", "-o", "o.png"], ["bad.png", "0 bytes"]),
    "truncated": (truncated, ["bad.png", "-o", "o.png"], ["bad.png", "save or copy it again"]),
    "not an image": (
        data("bad.png", b"hello, this is text"),
        ["bad.png", "-o", "o.png"],
        ["bad.png", "use PNG"],
    ),
    "pickled": (
        npy(np.array([{"a": 1}], dtype=object)),
        ["bad.npy", "-o", "o.png"],
        ["bad.npy", "ickle", "numbers"],
    ),
    "five dimensions": (npy(np.zeros((1, 2, 8, 8, 3))), ["bad.npy", "-o", "o.png"], ["5 axes"]),
    "400 megapixels": (
        data("bad.png", header_of(20000, 20000)),
        ["bad.png", "-o", "o.png"],
        ["400 megapixels", "limit of 64", "--max-pixels"],
    ),
    "pixel limit": (good, [GOOD, "-o", "o.png", "--max-pixels", "255"], ["--max-pixels"]),
    "1 x 1": (tiny, ["bad.png", "-o", "o.png"], ["1 x 1", "at least 8"]),
    "NaN": (npy(NAN), ["bad.npy", "-o", "o.png"], ["2 NaN", "replace"]),
    "infinity": (npy(np.full((8, 8), np.inf)), ["bad.npy", "-o", "o.png"], ["64 infinite"]),
    "no such axis": (good, [GOOD, "-o", "o.png", "--channel-axis", "5"], ["--channel-axis 5"]),
    "wrong axis": (
        npy(np.zeros((3, 16, 16))),
        ["bad.npy", "-o", "o.png"],
        ["--channel-axis 0"],
    ),
    "not grey": (
        npy(np.zeros((16, 16, 3))),
        ["bad.npy", "-o", "o.png", "--channel-axis", "none"],
        ["3 channels", "--channel-axis -1"],
    ),
    "no such page": (good, [GOOD, "-o", "o.png", "--page", "4"], ["1 page", "--page 4"]),
    "negative page": (good, [GOOD, "-o", "o.png", "--page", "-1"], ["--page -1"]),
    "unknown alpha": (good, [GOOD, "-o", "o.png", "--alpha", "red"], ["--alpha 'red'"]),
    "no folder": (good, [GOOD, "-o", "none/o.png"], ["no folder none"]),
    "file for a folder": (good, [GOOD, "-o", f"{GOOD}/o/"], ["cannot make the folder"]),
    "unknown suffix": (good, [GOOD, "-o", "o.xyz"], ["'.xyz'", ".png"]),
    "no suffix": (good, [GOOD, "-o", "o"], ["without a suffix", ".png"]),
    "no output": (good, [GOOD], ["no output", "-o"]),
    "over the input": (good, [GOOD, "-o", GOOD], ["over the input"]),
    "no image": (good, ["-o", "o.png"], ["no image"]),
    "no members": (good, [GOOD, "-o", "o.png", "--members", "0"], ["--members 0", "at least 1"]),
    "negative count": (good, [GOOD, "-o", "o.png", "--iterations", "-3"], ["--iterations -3"]),
    "not a count": (good, [GOOD, "-o", "o.png", "--members", "two"], ["--members", "'two'"]),
    "half a count": (good, [GOOD, "-o", "o.png", "--members", "1.5"], ["--members", "'1.5'"]),
    "small working size": (good, [GOOD, "-o", "o.png", "--working-size", "3"], ["at least 16"]),
    "snapshot zero": (good, [GOOD, "-o", "o.png", "--snapshots", "0"], ["iteration=0"]),
    "negative seed": (good, [GOOD, "-o", "o.png", "--seed", "-1"], ["seed -1"]),
    "unknown preset": (good, [GOOD, "-o", "o.png", "--preset", "fats"], ["'fats'", "fast"]),
    "unknown option": (good, [GOOD, "-o", "o.png", "--member", "3"], ["mean '--members'"]),
    "unknown device": (good, [GOOD, "-o", "o.png", "--device", "abacus"], ["abacus", "cpu"]),
    "option without value": (good, [GOOD, "-o"], ["-o", "needs a value"]),
    "flag with value": (good, [GOOD, "-o", "o.png", "--json=1"], ["--json", "takes no value"]),
}

LONG = 300 * "a"
USAGE = {
    "long name of a result": (["foreground", GOOD, "-o", f"{LONG}.png"], ["ame too long", "…"]),
    "long name of an image": (["foreground", f"{LONG}.png", "-o", "o.png"], ["ame too long"]),
    "long name of a folder": (["analyze", GOOD, "-o", LONG], ["ame too long"]),
    "long name of a list": (["batch", "foreground", LONG, "-o", "o"], ["ame too long"]),
    "no command": ([], ["no command", "choose foreground, prior"]),
    "unknown command": (["forground", GOOD], ["'forground'", "mean 'foreground'"]),
    "option for a command": (["--members", GOOD], ["no option '--members'"]),
    "even window": (["foreground", GOOD, "-o", "o.png", "--window", "4"], ["--window 4", "odd"]),
    "one cluster": (["foreground", GOOD, "-o", "o.png", "--clusters", "1"], ["--clusters 1"]),
    "unknown features": (
        ["foreground", GOOD, "-o", "o.png", "--features", "edges"],
        ["--features 'edges'", "prior"],
    ),
    "unknown block": (
        ["prior", GOOD, "-o", "o.npz", "--features", "up9:2"],
        ["no block 'up9'", "up2"],
    ),
    "no such prior": (
        ["foreground", GOOD, "-o", "o.png", "--prior", "none.npz"],
        ["none.npz"],
    ),
    "prior that is none": (
        ["foreground", GOOD, "-o", "o.png", "--prior", GOOD],
        [GOOD, "npz"],
    ),
}


def check(
    argv: list[str], folder: Path, fragments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("segprior: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    for fragment in fragments:
        assert fragment in err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("command", ["prior", "foreground"])
@pytest.mark.parametrize("case", TABLE)
def test_bad_input(
    command: str,
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare, options, fragments = TABLE[case]
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    check([command, *options], tmp_path, fragments, capsys)


@pytest.mark.parametrize("case", USAGE)
def test_bad_usage(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good(tmp_path)
    monkeypatch.chdir(tmp_path)
    argv, fragments = USAGE[case]
    check(argv, tmp_path, fragments, capsys)


def test_the_prior_of_another_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    good(tmp_path)
    monkeypatch.chdir(tmp_path)
    fit_prior(np.zeros((24, 16, 3)), members=1, iterations=1).save("other.npz")
    argv = ["foreground", GOOD, "-o", "o.png", "--prior", "other.npz"]
    check(argv, tmp_path, ["shape", "prior of this image"], capsys)


def test_a_process_ends_with_the_same_line_and_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "segprior", "foreground", "none.png", "-o", "o.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "segprior: no file none.png; check its name and folder\n"


def test_a_reader_that_has_gone_is_no_traceback(photo: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "segprior", "foreground", str(photo), *QUICK]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "mask.png"), "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


COMMANDS = [
    [], ["foreground"], ["prior"], ["segment"], ["analyze"], ["double-dip"], ["reproduce"],
    ["evaluate"], ["evaluate", "regions"], ["evaluate", "foreground"],
    ["batch"], *(["batch", name] for name in ("foreground", "prior", "segment", "double-dip")),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-16"])
def test_the_help_is_printed_in_any_encoding(
    words: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(held, encoding=encoding))
    assert main([*words, "--help"]) == 0
    text = held.getvalue().decode(encoding)
    assert text.startswith("usage: segprior")
    if not words:
        assert ("windows, ..." in text) == (encoding != "utf-16")


def test_results_are_told_in_any_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good(tmp_path)
    (tmp_path / GOOD).rename(tmp_path / "\u65e5.png")
    held = io.BytesIO()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(held, encoding="ascii"))
    assert main(["foreground", "\u65e5.png", "-o", "o/", *QUICK]) == 0
    assert held.getvalue().startswith(b"\\u65e5.png -> o/\\u65e5.png  (foreground")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--help"], None),
        (["--version"], None),
        (["segment", "--help"], None),
        (["foreground", GOOD, "-o", "o/", *QUICK], None),
        (["foreground", GOOD, "-o", "-", *QUICK], "good.png: "),
        (["batch", "foreground", ".", "-o", "o/", "--json", *QUICK], None),
    ],
    ids=str,
)
def test_output_that_takes_nothing_more_is_one_line(
    words: list[str], line: str | None, tmp_path: Path
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    good(tmp_path)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "segprior", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        f"segprior: {line or ''}cannot write to standard output: No space left on device\n"
    )


@pytest.mark.parametrize(
    ("shell", "code", "err"),
    [
        ("foreground good.png -o o.png --features image 2>&-", 0, ""),
        ("foreground good.png -o o.png --features image >&-", 0, ""),
        ("foreground none.png -o o.png >&- 2>&-", 2, ""),
        ("foreground good.png -o - >&-", 2, "segprior: standard output is closed; pass -o FILE\n"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="a shell of Unix")
def test_closed_streams_stop_nothing_that_needs_none(
    shell: str, code: int, err: str, tmp_path: Path
) -> None:
    good(tmp_path)
    done = subprocess.run(
        f"'{sys.executable}' -m segprior {shell}",
        shell=True, capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, err)
    assert (tmp_path / "o.png").exists() == (code == 0)
