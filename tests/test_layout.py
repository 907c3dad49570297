"""Imports go down the floors, and modules stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import segprior

SOURCE = Path(segprior.__file__).parent

# From the ground up; a new module is put on its floor here.
FLOORS = [
    {"_version", "errors"},
    {
        "analysis_config",
        "callbacks",
        "checks",
        "config",
        "devices",
        "double_dip_config",
        "extras",
        "first_use",
        "drawing",
        "formats",
        "heap",
        "images",
        "live",
        "pages",
        "result",
        "scribbles",
        "seeds",
        "segment_config",
        "strip",
        "tile_config",
        "urls",
    },
    {
        "adam",
        "appearance",
        "bands",
        "bilinear",
        "choice",
        "clusterer",
        "compiled",
        "components",
        "cues",
        "conv_kernels",
        "edges",
        "engines",
        "enlarge",
        "enlarge_kernels",
        "grabcut",
        "guided",
        "hints",
        "kernels",
        "layer_parts",
        "layered",
        "layering",
        "layers",
        "levels",
        "merging",
        "metrics",
        "networks",
        "noise",
        "passes",
        "plots",
        "polarity",
        "pulls",
        "one_object",
        "readings",
        "reduced",
        "refine",
        "regions",
        "response",
        "rows",
        "saliency",
        "simd",
        "small_things",
        "spectrum",
        "superpixels",
        "tile_model",
        "tile_plan",
        "tiles",
        "tiling",
        "torch_engine",
        "training",
        "vectors",
        "windows",
        "weights",
        "winograd",
    },
    {"prior"},
    {
        "double_dip",
        "analysis_plots",
        "analysis",
        "baseline_masks",
        "baselines",
        "stability",
        "foreground",
        "growing",
        "hierarchy",
        "multiclass",
        "network_classes",
        "tile_clusters",
        "tile_levels",
        "tile_network",
        "tile_readings",
    },
    {
        "batch",
        "catalogue",
        "cluster",
        "contenders",
        "estimators",
        "evaluate",
        "figures",
        "large",
        "manifest",
        "pairing",
        "places",
        "pool",
        "remote",
        "reproduce",
        "scoreboard",
        "scoring",
        "store",
        "trees",
        "workers",
    },
    {"cli", "__init__", "__main__"},
]


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def part(path: Path) -> str:
    """The module or package below ``segprior`` that a file belongs to."""
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def floor(name: str) -> int:
    for height, names in enumerate(FLOORS):
        if name in names:
            return height
    raise AssertionError(f"{name} stands on no floor; add it to FLOORS in {Path(__file__).name}")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("segprior."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.ImportFrom) and node.module == "segprior":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("segprior."):
                    yield alias.name.split(".")[1]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_down(path: Path) -> None:
    above = {name for name in imported(path) if floor(name) > floor(part(path))}
    assert not above


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_are_small_and_not_deep(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert len(path.relative_to(SOURCE).parts) <= 2


def test_all_modules_are_tested() -> None:
    seen = {name for path in Path(__file__).parent.glob("test_*.py") for name in imported(path)}
    missing = {part(path) for path in modules()} - seen
    assert {name for name in missing if not name.startswith("_")} == set()
