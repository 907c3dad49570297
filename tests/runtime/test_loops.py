"""The libraries of the compiled loops: which is loaded, and what cannot be given to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segprior.runtime import loops


def run(code: str, wanted: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"SEGPRIOR_LOOPS": wanted, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_address_takes_contiguous_arrays_of_the_type_alone() -> None:
    array = np.zeros((2, 3), np.float32)
    assert loops.address(array, np.float32) == array.ctypes.data
    with pytest.raises(TypeError, match="float32"):
        loops.address(array, np.float64)
    with pytest.raises(TypeError, match="strides"):
        loops.address(array.T, np.float32)


@pytest.mark.parametrize(("wanted", "lanes"), [("base", 4), ("avx2", 8), ("avx512", 16)])
def test_an_instruction_set_can_be_chosen(wanted: str, lanes: int) -> None:
    if not loops.are_there():
        pytest.skip("no compiled loops")
    done = run(
        "import ctypes\nfrom segprior.runtime import loops\n"
        "print(loops.function('vector_lanes', result=ctypes.c_uint)(), loops.described())",
        wanted,
    )
    if done.returncode:
        assert "this processor has no" in done.stderr or "not built here" in done.stderr
    else:
        assert done.stdout.startswith(f"{lanes} compiled loops")


def test_none_is_the_plain_way_and_others_are_refused() -> None:
    code = "from segprior.runtime import loops; print(loops.are_there(), loops.described())"
    assert run(code, "none").stdout == "False plain NumPy loops\n"
    assert "choose base, avx2, avx512 or none" in run(code, "sse9").stderr


def test_a_function_without_loops_names_the_cure() -> None:
    code = "from segprior.runtime import loops; loops.function('vector_lanes')"
    assert "install a C++ compiler" in run(code, "none").stderr


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "folder"])
def test_a_broken_library_is_told_and_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / f"loops_base{loops._SUFFIX}"
    if kind == "folder":
        path.mkdir()
    elif kind == "cut":
        # Loading it would end the process by a signal, if its size were not looked at.
        head = b"\x7fELF\2\1\1".ljust(40, b"\0") + (1 << 20).to_bytes(8, "little")
        path.write_bytes(head.ljust(58, b"\0") + b"\x40\0\x10\0\0\0" + bytes(5000))
    else:
        path.write_bytes(b"no library" if kind == "text" else b"")
    monkeypatch.setattr(loops, "_folder", lambda: tmp_path)
    for cached in (loops._library, loops._found):
        cached.cache_clear()
    try:
        assert loops.is_broken()
        assert "loops_base" in loops.described()
        with pytest.warns(UserWarning, match=r"loops_base.* cannot be loaded .* install segprior"):
            assert not loops.are_there()
        assert not loops.are_there()
        if kind == "cut":
            assert "5064 bytes are not all of it" in loops.described()
    finally:
        monkeypatch.undo()
        for cached in (loops._library, loops._found):
            cached.cache_clear()


def test_the_command_line_says_once_that_there_are_none() -> None:
    done = run("from segprior.cli import main; main(['foreground', 'none.png', '-o', 'x'])", "none")
    assert done.stderr.count("no compiled loops here") == 1
    assert "install a C++ compiler" in done.stderr
    helped = run("from segprior.cli import main; main(['foreground', '--help'])", "none")
    assert helped.stderr == ""
