from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from segprior.errors import ConfigError
from segprior.runtime.extras import need


def test_what_is_there_is_imported() -> None:
    assert need("json", "plots") is json
    assert need("json.decoder", "plots") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["notthere", "notthere.inside"])
def test_what_is_missing_is_named_with_the_cure(module: str) -> None:
    with pytest.raises(ConfigError) as caught:
        need(module, "plots")
    assert str(caught.value) == 'notthere is not installed; run pip install "segprior[plots]"'


def test_a_broken_module_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halfthere.py").write_text("import notthere")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="notthere"):
        need("halfthere", "plots")
