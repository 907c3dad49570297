from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import segprior

HEAVY = ("torch", "sklearn", "skimage", "scipy", "matplotlib", "cv2", "tifffile")
SOURCE = Path(segprior.__file__).parent


def in_a_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_all_is_sorted() -> None:
    assert segprior.__all__ == sorted(segprior.__all__)


def test_all_is_what_is_public() -> None:
    public = {
        name
        for name in dir(segprior)
        if not name.startswith("_") and not isinstance(getattr(segprior, name), ModuleType)
    }
    assert public == set(segprior.__all__)


def homes() -> dict[str, str]:
    """The module of each public name, as the stub has it."""
    tree = ast.parse((SOURCE / "__init__.pyi").read_text(encoding="utf-8"))
    return {
        alias.name: f"segprior.{node.module}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_all_is_what_type_checkers_see() -> None:
    assert sorted(homes()) == segprior.__all__


@pytest.mark.parametrize("name", segprior.__all__)
def test_public_names_are_those_of_their_modules_and_documented(name: str) -> None:
    value = getattr(segprior, name)
    home = importlib.import_module(homes()[name])
    assert value is getattr(home, name)
    assert name in home.__all__
    assert value.__doc__


@pytest.mark.parametrize(
    "module",
    sorted(
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in SOURCE.rglob("*.py")
        if not path.stem.startswith("__")
    ),
)
def test_all_of_each_module_exists(module: str) -> None:
    loaded = importlib.import_module(f"segprior.{module}")
    missing = [name for name in getattr(loaded, "__all__", []) if not hasattr(loaded, name)]
    assert not missing


def test_no_such_name() -> None:
    with pytest.raises(AttributeError, match="segment_everything"):
        getattr(segprior, "segment_everything")  # noqa: B009


@pytest.mark.parametrize(
    "code",
    [
        "import segprior",
        "import segprior; segprior.PriorConfig, segprior.ConfigError, segprior.ProgressBar",
        "import segprior.cli; segprior.cli.main(['--help'])",
        "import segprior.cli; segprior.cli.main(['prior', '--help'])",
        "import segprior.cli; segprior.cli.main(['foreground', '--help'])",
        "import segprior.cli; segprior.cli.main(['double-dip', '--help'])",
        "import segprior.cli; segprior.cli.main(['--version'])",
        "import segprior.cli; segprior.cli.main(['foreground', 'none.png', '-o', 'o.png'])",
        "import segprior; segprior.as_image(bytes(range(0)) or __import__('numpy').ones((8, 8)))",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    out = in_a_process(
        f"{code}\nimport sys; print('loaded:', *(m for m in {HEAVY} if m in sys.modules))"
    )
    assert out.splitlines()[-1] == "loaded:"


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert segprior.__version__ == version("segprior")
