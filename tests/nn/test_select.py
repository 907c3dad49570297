from __future__ import annotations

import sys

import pytest

from segprior.errors import ConfigError
from segprior.nn.select import compiled_is_for
from segprior.runtime import loops


def test_a_cpu_takes_the_compiled_loops_where_there_are_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loops, "are_there", lambda: True)
    assert compiled_is_for("cpu")
    monkeypatch.setattr(loops, "are_there", lambda: False)
    assert not compiled_is_for("cpu")


def test_with_neither_both_cures_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "are_there", lambda: False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r"C\+\+ compiler.* pip install .segprior\[torch\]"):
        compiled_is_for("cpu")
