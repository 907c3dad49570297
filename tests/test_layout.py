"""Modules stay small, folders too, and each module has its tests in the mirrored file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import segprior

SOURCE = Path(segprior.__file__).parent
TESTS = Path(__file__).parent

# What holds nothing to test: the way into the command line, and the number of the version.
WITHOUT_TESTS = {"__init__.py", "__main__.py", "_version.py"}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", modules(), ids=name)
def test_modules_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("folder", sorted({path.parent for path in modules()}), ids=name)
def test_folders_have_few_modules_and_say_what_they_are_for(folder: Path) -> None:
    inside = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(inside) <= 15, sorted(inside)
    text = (folder / "__init__.py").read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize(
    "path", [path for path in modules() if path.name not in WITHOUT_TESTS], ids=name
)
def test_each_module_has_its_tests(path: Path) -> None:
    mirrored = TESTS / path.relative_to(SOURCE).with_name(f"test_{path.name}")
    assert mirrored.is_file(), f"put its tests into {mirrored.relative_to(TESTS.parent)}"
    tree = ast.parse(mirrored.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert any(function.name.startswith("test_") for function in functions)
