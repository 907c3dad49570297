from __future__ import annotations

import pytest

from segprior.runtime import malloc as heap


class Libc:
    def __init__(self) -> None:
        self.calls: list[tuple[int, ...]] = []

    def mallopt(self, parameter: int, value: int) -> int:
        self.calls.append((parameter, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.calls.append((pad,))
        return 1


def test_the_outermost_gives_the_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Libc()
    monkeypatch.setattr(heap, "_libc", lambda: libc)
    with heap.steady_heap():
        with heap.steady_heap():
            pass
        assert (0,) not in libc.calls
    assert libc.calls[-1] == (0,)
    assert len(libc.calls) == 7


def test_an_error_gives_the_memory_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Libc()
    monkeypatch.setattr(heap, "_libc", lambda: libc)
    with pytest.raises(RuntimeError), heap.steady_heap():
        raise RuntimeError
    assert libc.calls[-1] == (0,)


def test_it_does_nothing_without_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_libc", lambda: None)
    with heap.steady_heap():
        pass
