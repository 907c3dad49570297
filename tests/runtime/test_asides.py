from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from segprior.runtime.asides import apart, joined, said

pytestmark = pytest.mark.skipif(os.name != "posix", reason="descriptors are Unix's")


def run(body: str, **environment: str) -> subprocess.CompletedProcess[str]:
    start = "import logging, os, sys\nfrom segprior.runtime.asides import apart, joined, said\n"
    return subprocess.run(
        [sys.executable, "-c", start + textwrap.dedent(body)],
        capture_output=True, text=True, check=True, env={**os.environ, **environment},
    )  # fmt: skip


BODY = """
    with apart():
        os.write(2, b"libtiff: bad\\n code\\n")
        print("ours", file=sys.stderr)
        print(joined("broken"))
        print(repr(said()))
        os.write(2, b"x" * 10_000)
        print(len(said()), repr(said()))
        logging.getLogger("rasterio").warning("logged")
        print(said())
    os.write(2, b"afterwards\\n")
    logging.getLogger("rasterio").warning("logged afterwards")
"""


def test_what_libraries_say_is_kept_and_python_speaks_as_ever() -> None:
    done = run(BODY)
    assert done.stderr == "ours\nafterwards\nlogged afterwards\n"
    assert done.stdout == "broken (a library says: libtiff: bad code)\n''\n300 ''\nlogged\n"


def test_all_is_left_as_it_is_for_those_who_look_for_a_fault() -> None:
    done = run(BODY, SEGPRIOR_TRACEBACK="1")
    assert done.stderr.startswith("libtiff: bad\n code\nours\n")
    assert done.stdout.startswith("broken\n''\n0 ''\n")


def test_without_room_for_a_file_it_is_dropped() -> None:
    done = run('with apart(): os.write(2, b"lost"); print(repr(said()))', TMPDIR="/nonexistent")
    assert (done.stdout.strip(), done.stderr) in {("'lost'", ""), ("''", "")}


def test_a_worker_keeps_its_own() -> None:
    done = run("""
        import multiprocessing
        from segprior.runtime.processes import begin

        def work():
            begin()
            os.write(2, b"in the worker")
            sys.stdout.write(said() + "|")
            sys.stdout.flush()

        with apart():
            process = multiprocessing.get_context("fork").Process(target=work)
            process.start()
            process.join()
            print(said())
    """)
    assert done.stderr == ""
    assert done.stdout.startswith("in the worker")


def test_a_stream_that_is_not_standard_error_is_left_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sys.stderr
    with apart():
        assert sys.stderr is before
        assert said() == ""
        assert joined("text") == "text"
