from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from segprior.runtime import stopping

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals between processes")

CODES = [
    (signal.SIGINT, 130, "interrupted"),
    (signal.SIGTERM, 143, "ended by SIGTERM"),
    (signal.SIGHUP, 129, "ended by SIGHUP"),
]


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "code", "word"), CODES)
def test_each_signal_stops_alike_and_has_its_code(number: int, code: int, word: str) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), stopping.stoppable():
        send(number)
    assert stopping.stopped_by() == number
    assert (stopping.exit_code(), stopping.word()) == (code, word)
    assert signal.getsignal(number) is before
    with stopping.stoppable():
        assert stopping.stopped_by() is None
    assert stopping.exit_code() == 130  # of whoever raised KeyboardInterrupt by himself


def test_cleaning_up_is_stopped_by_a_second_ctrl_c_alone() -> None:
    cleaned = []
    with pytest.raises(KeyboardInterrupt), stopping.stoppable():  # noqa: PT012
        try:
            send(signal.SIGHUP)
        except KeyboardInterrupt:
            send(signal.SIGTERM)
            cleaned.append("after SIGTERM")
            send(signal.SIGINT)
            cleaned.append("after SIGINT")
    assert cleaned == ["after SIGTERM"]
    assert stopping.word() == "ended by SIGHUP"


def test_a_stop_waits_for_what_is_short() -> None:
    finished = []
    with pytest.raises(KeyboardInterrupt), stopping.stoppable():  # noqa: PT012
        with stopping.finishing():
            with stopping.finishing():
                send(signal.SIGTERM)
            finished.append("all")
        finished.append("more")
    assert finished == ["all"]
    with stopping.stoppable(), stopping.finishing():
        pass


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.stoppable():
            send(signal.SIGHUP)  # as under nohup
    finally:
        signal.signal(signal.SIGHUP, before)
    assert stopping.stopped_by() is None


def test_ctrl_c_that_a_script_has_turned_off_counts_if_it_comes() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), stopping.stoppable():
            send(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_stop_nothing() -> None:
    def enter() -> None:
        with stopping.stoppable():
            handlers.append(signal.getsignal(signal.SIGTERM))

    handlers: list[object] = []
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]


def test_a_process_that_is_started_deaf_does_not_hear() -> None:
    words = "import time; print('there', flush=True); time.sleep(60)"
    with stopping.deaf():
        process = subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait() == -signal.SIGTERM
        process.communicate()


def test_what_came_meanwhile_comes_afterwards() -> None:
    with pytest.raises(KeyboardInterrupt), stopping.stoppable():  # noqa: PT012
        with stopping.deaf():
            send(signal.SIGINT)
        raise AssertionError("not reached")
