"""What every method must hold to, ours and those of other distributions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import segprior
from segprior import (
    ConfigError,
    ForegroundConfig,
    ImageError,
    Segmentation,
    SegmentConfig,
    TileConfig,
    foreground_tiles,
    segment_tiles,
)
from segprior.cli import main
from segprior.cli.arguments.options import options_of
from segprior.evaluation.methods import catalogue
from segprior.methods.config import MethodConfig
from segprior.methods.method import Kind, Method
from segprior.methods.registry import methods

METHODS = [method for kind in ("foreground", "regions") for method in methods(kind).values()]
# What makes long fits short; options that a method lacks are left out.
SHORT = {"iterations": 4, "channels": 12, "n_superpixels": 60, "n_init": 2}
ids = pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.kind}-{m.name}")


def config_of(kind: Kind) -> type[MethodConfig]:
    return ForegroundConfig if kind == "foreground" else SegmentConfig


def short(method: Method, **options: Any) -> MethodConfig:
    """The method as it is chosen by its name, with little work to do."""
    kind = config_of(method.kind)
    config = kind.preset(kind.start({"method": method.name}), method=method.name)
    given = {n: value for n, value in SHORT.items() if n in vars(config.options)}
    prior = config.prior.replace(members=2, iterations=4, features=())
    return config.replace(**{"prior": prior, **given, **options})


def find(method: Method, image: Any, rng: int = 0, channel_axis: int = -1, **options: Any) -> Any:
    config: Any = short(method, **options)
    function: Any = segprior.foreground if method.kind == "foreground" else segprior.segment
    return function(image, config=config, rng=rng, channel_axis=channel_axis)


def scene() -> NDArray[np.uint8]:
    """Two things on a ground, with a little noise."""
    image = np.full((40, 52, 3), (50, 60, 40), np.uint8)
    image[8:22, 8:28] = (220, 80, 60)
    image[24:36, 30:46] = (60, 120, 220)
    image += np.random.default_rng(0).integers(0, 9, image.shape, np.uint8)
    return image


def same(one: Segmentation, other: Segmentation) -> bool:
    return np.array_equal(one.labels, other.labels) and np.array_equal(
        one.confidence, other.confidence
    )


@ids
def test_types_shapes_and_ranges(method: Method) -> None:
    found = find(method, scene())
    assert found.labels.shape == found.confidence.shape == (40, 52)
    assert found.confidence.dtype == np.float32
    assert 0 <= found.confidence.min() <= found.confidence.max() <= 1
    assert 0 <= found.score <= 1
    assert all(isinstance(value, float) for value in found.evidence.values())
    present = np.unique(found.labels).tolist()
    if method.kind == "foreground":
        assert found.labels.dtype == np.uint8
        assert set(present) <= {0, 1}
    else:
        assert found.labels.dtype == np.int32
        assert present == list(range(1, len(present) + 1))


@ids
def test_things_are_told_from_their_ground(method: Method) -> None:
    labels = find(
        method, scene(), **({"iterations": 30} if "iterations" in vars(method.config()) else {})
    ).labels
    ground, thing = labels[:6].ravel(), labels[10:20, 12:24].ravel()
    assert np.bincount(ground).argmax() != np.bincount(thing).argmax()


@ids
def test_the_same_seed_gives_the_same_bytes(method: Method) -> None:
    assert same(find(method, scene(), rng=3), find(method, scene(), rng=3))


@ids
def test_depth_and_axes_make_no_difference(method: Method) -> None:
    image = scene()
    found = find(method, image)
    assert same(found, find(method, image.astype(np.uint16) * 257))
    assert same(found, find(method, image.astype(np.float32) / np.float32(255)))
    assert same(found, find(method, np.moveaxis(image, 2, 0), channel_axis=0))


@ids
@pytest.mark.parametrize("bands", [1, 2, 5])
def test_any_number_of_bands(method: Method, bands: int) -> None:
    image = np.repeat(scene()[..., :1], bands, axis=2)
    assert find(method, image).labels.shape == (40, 52)


@ids
def test_the_image_is_left_as_it_was(method: Method) -> None:
    image = np.ascontiguousarray(scene(), np.float32) / np.float32(255)
    before = image.copy()
    find(method, image)
    np.testing.assert_array_equal(image, before)


@ids
def test_its_module_loads_nothing_heavy_and_no_other_method(method: Method) -> None:
    module = method.run.__module__
    others = {other.run.__module__ for other in METHODS} - {module}
    heavy = ("torch", "sklearn", "skimage", "scipy", "cv2", "tifffile", "matplotlib")
    code = f"import sys, {module}\nprint(*({{*{heavy}, *{sorted(others)}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [], f"{module} loads these"


@ids
def test_it_says_what_it_does(method: Method) -> None:
    assert method.summary
    kind = config_of(method.kind)
    helps = {option.field: option for option in options_of(kind)}
    for name in vars(method.config()):
        text = helps[name].help.partition(" [")[0]
        assert text[:1] not in ("", "["), f"the docstring has nothing on {name}"


@ids
def test_one_colour(method: Method) -> None:
    with pytest.warns(segprior.EmptyResultWarning, match="of one colour"):
        found = find(method, np.full((20, 24, 3), 90, np.uint8))
    assert found.empty
    assert np.unique(found.labels).tolist() == [0 if method.kind == "foreground" else 1]
    assert not found.confidence.any()
    assert found.evidence == dict(method.blank)


@ids
def test_the_configuration_makes_the_round_trip(method: Method) -> None:
    kind = config_of(method.kind)
    config = short(method)
    plain = json.loads(json.dumps(config.to_dict()))
    prior = segprior.PriorConfig(**plain.pop("prior"))
    assert kind(prior=prior, **plain) == config
    assert config.replace() == config
    assert isinstance(config.options, method.config)


@ids
def test_options_of_another_method_are_refused(method: Method) -> None:
    own = set(vars(method.config()))
    for other in methods(method.kind).values():
        for name, value in vars(other.config()).items():
            if name not in own:
                with pytest.raises(ConfigError, match=f"got {name}=.* with method='{method.name}'"):
                    find(method, scene(), **{name: value})


@ids
def test_the_help_names_it_and_its_options(
    method: Method, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # names with a hyphen would be broken there
    command = "foreground" if method.kind == "foreground" else "segment"
    assert main([command, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"{method.name}: {method.summary}" in text
    for name in vars(method.config()):
        flag = {"n_clusters": "--clusters"}.get(name, "--" + name.replace("_", "-"))
        assert f" {flag} " in text


@ids
def test_a_number_of_classes_can_be_asked_for(method: Method) -> None:
    if method.kind == "foreground":
        pytest.skip("a mask has two labels")
    assert find(method, scene(), classes=2).n_labels == 2
    assert find(method, scene(), max_classes=2, min_classes=1).n_labels <= 2
    with pytest.raises((ImageError, ConfigError), match="classes"):
        find(method, scene(), classes=40 * 52 + 1)


@ids
def test_it_works_on_a_large_image_from_file_to_file(method: Method, tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "in.tif", np.kron(scene(), np.ones((3, 3, 1), np.uint8)), tile=(64, 64)
    )
    run = foreground_tiles if method.kind == "foreground" else segment_tiles
    tiles = TileConfig(scale=1.0, tile_size=64, overlap=16)
    config: Any = short(method)
    found = run(tmp_path / "in.tif", tmp_path / "out.tif", tiles=tiles, config=config)
    labels = tifffile.imread(tmp_path / "out.tif")
    assert found.shape == labels.shape == (120, 156)
    assert sum(found.areas.values()) == labels.size


@ids
def test_it_can_be_scored_and_is_an_estimator(method: Method) -> None:
    choice = catalogue(method.kind).get(method.name)
    if choice is None or not choice.ours:
        pytest.skip("its name is that of a baseline there")
    given = {n: value for n, value in SHORT.items() if n in vars(method.config())}
    options: dict[str, Any] = {"method": method.name, "members": 2, **given}
    kind = segprior.ForegroundSegmenter if method.kind == "foreground" else segprior.Segmenter
    image = segprior.as_image(scene())
    labels = kind(**options).fit_predict(image)
    np.testing.assert_array_equal(
        choice.build({"members": 2, **given}, 0).run(image).labels, labels
    )
