"""Command lines made by chance of the options that the help lists, and what they must keep to."""

from __future__ import annotations

import contextlib
import io
import random
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from segprior.cli import main
from tests.fuzz.corpus import pillow
from tests.fuzz.targets import is_our_fault

__all__ = ["COMMANDS", "make", "make_words", "run"]

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("foreground",), ("prior",), ("segment",), ("double-dip",), ("analyze",), ("reproduce",),
    ("batch", "foreground"), ("batch", "segment"), ("batch", "prior"), ("batch", "double-dip"),
    ("evaluate", "regions"), ("evaluate", "foreground"),
)  # fmt: skip
_SMALL = ("--members", "1", "--iterations", "2", "--working-size", "32")
_LAYERS = ("--first-iterations", "1", "--second-iterations", "1", "--working-size", "32")
# Where command lines start from, so that most of them are right and none takes long.
_STARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "foreground": ((), (), (*_SMALL, "--features", "prior"),
                   ("--preset", "dsp", "--n-init", "1", *_SMALL)),
    "segment": ((), (), ("--method", "mean-shift"), ("--preset", "backprop", "--iterations", "2"),
                ("--method", "continuity", "--iterations", "2"),
                ("--method", "dynamic", "--iterations", "2")),
    "prior": (_SMALL,),
    "double-dip": (_LAYERS,),
    "analyze": ((*_SMALL, "--windows", "3,5", "--late", "3"),),
    "reproduce": ((*_SMALL, "--double-dip-size", "32", "--only", "figure9"),),
    "regions": (("-m", "slic:k=3"), ("-m", "fast"), ("--predictions", "truth")),
}  # fmt: skip
_STARTS["evaluate foreground"] = (("-m", "otsu"), ("-m", "fast"), ("--predictions", "truth"))
_VALUES = (
    "0", "1", "2", "3", "-1", "7", "0.5", "1.5", "nan", "inf", "1e999", "", "x", "none", "full",
    "auto", "a.png", "sub", "absent.png", "out", "fast", "dsp", "published", "0,1", "1,2,3",
    "up2:1", "\ud800", "é…", "*", "..", "/", "-", "--", "mask.tif", "prior.npz", "list.txt",
    "true", "image", "prior", "otsu", "slic:k=3", "x" * 300, "٣", "1_0", " 1", "0x10",
)  # fmt: skip
_KINDS = {
    "N": ("1", "2", "3"), "X": ("0.5", "1", "0.1"), "PIXELS": ("32", "full"), "FILE": ("a.png",),
    "FILE.npz": ("prior.npz",), "FOLDER": ("in",), "DIR": ("out",), "GLOB": ("*.png",),
    "N,N,...": ("1,2", "1"), "BLOCK:N,...": ("up2:1",), "LOW,HIGH": ("0,255",), "NAME": ("otsu",),
    "BYTES": ("256M",), "FILE.csv": ("t.csv",), "NAME[:KEY=VALUE,...],": ("slic:k=3",),
    "METHOD": ("otsu", "slic:k=3", "fast", "absent"), "FIGURE": ("figure1",),
}  # fmt: skip
_INPUTS: tuple[list[str], ...] = (["broken.png"], ["list.txt"], [], ["-"], ["a.png", "mask.tif"])
_OUTPUTS = ("o.tif", "o.npz", "o.zarr", "o.json", "-", "in", "", "a.png", "absent/o.png")
# What would wait for somebody, reach out, or do what takes minutes and is right to.
_NEVER = ("--watch", "--dask", "--help", "-h", "--tensorboard")


@cache
def options(command: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...] | None], ...]:
    """The options of a command by its help, with what the help says may follow, if something may.

    Words that stand for a choice are taken as they are.
    """
    held = io.StringIO()
    with contextlib.redirect_stdout(held):
        assert main([*command, "--help"]) == 0
    found = []
    for line in held.getvalue().splitlines():
        match = re.match(r"  (?:-\w(?: [A-Z]+)?, )?(--[\w-]+|-\w)(?:, -\w)?(?: (\S+))?", line)
        if match and match[1] not in _NEVER:
            found.append((match[1], None if match[2] is None else tuple(match[2].split("|"))))
    return tuple(found)


def make(folder: Path) -> None:
    """Lay out what command lines speak of."""
    (folder / "in" / "sub").mkdir(parents=True)
    (folder / "truth" / "sub").mkdir(parents=True)
    for name in ("a.png", "in/a.png", "in/sub/b.png"):
        (folder / name).write_bytes(pillow("PNG", "RGB"))
    for name in ("truth/a.png", "truth/sub/b.png", "mask.tif"):
        (folder / name).write_bytes(pillow("TIFF" if name.endswith("tif") else "PNG", "1"))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (folder / "list.txt").write_text("in/a.png\nabsent.png\n", encoding="utf-8")
    shutil.copyfile(Path(__file__).parent / "corpus" / "prior" / "prior", folder / "prior.npz")


def make_words(number: int) -> list[str]:
    """Make the command line of a number, the same each time."""
    chance = random.Random(f"command {number}")
    command = chance.choice(COMMANDS)
    known = options(command)
    words = [*command]
    if command[0] == "evaluate":
        words += ["--images", "in", "--truth" if command[1] == "regions" else "--masks", "truth"]
    elif command[0] != "reproduce":
        usual = ["in"] if command[0] == "batch" else ["a.png"]
        words += chance.choice((*([usual] * 20), ["in"], *_INPUTS))
    name = " ".join(command) if command == ("evaluate", "foreground") else command[-1]
    words += chance.choice(_STARTS[name])
    if chance.random() < 0.95:
        right = {"evaluate": "o.csv", "foreground": "o.png", "segment": "o.png", "prior": "o.png"}
        usual_output = (right.get(command[0], "out"),) * 20
        words += ["-o", chance.choice((*usual_output, "out/", *_OUTPUTS))]
    for flag, values in chance.sample(known, min(len(known), chance.choice((0, 1, 1, 1, 2, 4)))):
        if flag == "--output":
            continue
        words.append(flag)
        if (values is not None) == (chance.random() < 0.97):
            word = chance.choice(_VALUES if chance.random() < 0.15 else _fitting(values))
            # A thousand iterations, as they were published, are right to take their time.
            words.append("fast" if word == "published" and name == "segment" else word)
    return words


def _fitting(values: tuple[str, ...] | None) -> tuple[str, ...]:
    """What an option may well take, by what the help has in place of a value."""
    found: list[str] = []
    for value in values or ("1",):
        found += _KINDS.get(value, (value,))
    return tuple(found)


def run(words: list[str]) -> tuple[int, list[str]]:
    """Run a command line here; return its exit code, and the faults there were."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(pillow("PNG", "RGB")))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
    except Exception as error:
        return -1, [f"{type(error).__name__}: {error}"]
    finally:
        sys.stdin = before
    faults = [] if code in (0, 1, 2) else [f"exit code {code}"]
    lines = err.getvalue().splitlines()
    # With `-o -` reports go there too, and results of evaluate where it was asked not to save them.
    strange = [
        line for line in lines if not line.startswith(("segprior: ", "{", "- ->", "a.png ->"))
    ]
    faults += [f"on standard error: {line[:100]}" for line in strange]
    faults += filter(is_our_fault, lines)
    if code == 2 and not lines:
        faults.append("exit code 2 without a line")
    return code, faults
