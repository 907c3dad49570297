"""The methods that can be scored, by name: ours and those a user would pick instead."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segprior._version import __version__
from segprior.config.presets import field_names
from segprior.errors import ConfigError, SegpriorError
from segprior.image.pyramid import Pyramid
from segprior.methods.config import MethodConfig
from segprior.methods.foreground.api import find_foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.method import Context
from segprior.methods.multiclass.api import find_classes
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.hierarchy import METHOD as HIERARCHY
from segprior.methods.multiclass.hierarchy import build_hierarchy
from segprior.methods.registry import methods, option_owners
from segprior.result import Segmentation
from segprior.runtime.extras import need

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.methods.multiclass.levels import Hierarchy

__all__ = [
    "GROUPS",
    "LEVELS",
    "Choice",
    "Contender",
    "Found",
    "Kind",
    "Nesting",
    "catalogue",
    "nesting_of",
]

# What is scored: label maps, masks, or things one by one.
Kind = Literal["regions", "foreground", "instances"]

# One name for several settings, as the table of the documentation has them.
GROUPS: dict[str, tuple[str, ...]] = {
    "regions": (
        "felzenszwalb:scale=100",
        "felzenszwalb:scale=300",
        "felzenszwalb:scale=600",
        "slic",
        "quickshift",
        "kmeans",
        "kmeans:window=7",
        "blank",
    ),
    "foreground": ("otsu", "kmeans", "grabcut", "rectangle", "blank"),
    "instances": ("otsu", "watershed", "blank"),
}

# Three levels of the default of ``segment``, and with the prior on clean images too.
LEVELS = tuple(
    f"hierarchy:coarseness={level}{rest}" for rest in ("", ",edges=prior") for level in (0, 0.5, 1)
)

# From the name in a method's text to its library and the function in the module of its kind.
BASELINES: dict[str, dict[str, tuple[str, str]]] = {
    "regions": {
        "felzenszwalb": ("scikit-image", "felzenszwalb"),
        "slic": ("scikit-image", "slic"),
        "quickshift": ("scikit-image", "quickshift"),
        "kmeans": ("scikit-learn", "kmeans"),
        "blank": ("segprior", "blank"),
    },
    "foreground": {
        "otsu": ("scikit-image", "otsu"),
        "grabcut": ("OpenCV", "grabcut"),
        "kmeans": ("scikit-learn", "kmeans_mask"),
        "rectangle": ("segprior", "rectangle"),
        "blank": ("segprior", "blank"),
    },
    "instances": {
        "otsu": ("scikit-image", "otsu_pieces"),
        "watershed": ("scikit-image", "otsu_watershed"),
        "blank": ("segprior", "blank"),
    },
}
# The option of a baseline that takes it from fine to coarse, and from where to where.
SWEEPS: dict[str, dict[str, tuple[str, tuple[float, float]]]] = {
    "regions": {"felzenszwalb": ("scale", (10.0, 10000.0))},
    "foreground": {},
    "instances": {},
}
MODULES = {
    "regions": "segprior.methods.baselines.label_maps",
    "foreground": "segprior.methods.baselines.masks",
    "instances": "segprior.methods.baselines.instances",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a method made of an image.

    Attributes
    ----------
    labels : ndarray of int, shape (H, W)
        A label map, 0 and 1, or things from 1.
    score : float or None
        How sure the method is, where it says so.
    """

    labels: NDArray[Any]
    score: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Nesting:
    """How a method goes from fine to coarse.

    Attributes
    ----------
    run : callable
        From an image, float32 of shape (H, W, C), and thresholds to a hierarchy, or to a label map
        for each threshold.
    option : str
        Of what the thresholds are the values; empty if they cut a hierarchy.
    span : (float, float)
        From which value of the option to which.
    """

    run: Callable[[NDArray[np.float32], Sequence[float]], Hierarchy | list[NDArray[Any]]]
    option: str = ""
    span: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Contender:
    """A method with its settings.

    Attributes
    ----------
    text : str
        As the user wrote it.
    settings : dict
        All that its labels depend on beside the image, as plain values.
    run : callable
        From an image, float32 of shape (H, W, C), to what it found.
    check : callable
        Tries settings that only running can check.
    prepare : callable
        Imports and compiles what ``run`` needs, so that its time is its own.
    nesting : Nesting or None
        How it goes from fine to coarse, if it does.
    """

    text: str
    settings: dict[str, Any]
    run: Callable[[NDArray[np.float32]], Found]
    check: Callable[[], None]
    prepare: Callable[[], None]
    nesting: Nesting | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A name that a method can go by.

    Attributes
    ----------
    name : str
        What the user writes.
    ours : bool
        Whether it is one of segprior's own.
    defaults : dict of str to object
        Its options with their defaults.
    optional : frozenset of str
        Options that may also be None, written ``full`` or ``none``.
    build : callable
        From the options given and the seed to the whole settings, and what runs them.
    """

    name: str
    ours: bool
    defaults: Mapping[str, Any]
    optional: frozenset[str]
    build: Callable[[dict[str, Any], int], Contender]


def catalogue(kind: Kind) -> dict[str, Choice]:
    """All methods of one kind by name, ours first."""
    choices = _ours(kind)
    for name, (library, function) in BASELINES[kind].items():
        choices[name] = _baseline(kind, name, function, library)
    return choices


def nesting_of(made: Contender) -> Nesting:
    """Return how a method goes from fine to coarse.

    Raises
    ------
    ConfigError
        If it does not.
    """
    if made.nesting is not None:
        return made.nesting
    name = made.text.partition(":")[0]
    if name in SWEEPS["regions"]:
        option = SWEEPS["regions"][name][0]
        raise ConfigError(f"{made.text}: a curve goes through all values of {option}; leave it out")
    choices = catalogue("regions").values()
    able = [choice.name for choice in choices if choice.build({}, 0).nesting is not None]
    raise ConfigError(
        f"{made.text} makes one label map, so it has no curve; choose {', '.join(able)}"
    )


def _baseline(kind: Kind, name: str, function: str, library: str) -> Choice:
    run: Callable[..., NDArray[Any]] = getattr(importlib.import_module(MODULES[kind]), function)
    parameters = inspect.signature(run).parameters
    defaults = {key: p.default for key, p in parameters.items() if p.kind is p.KEYWORD_ONLY}

    def build(options: dict[str, Any], seed: int) -> Contender:
        given = {**defaults, **options}
        random = (seed,) if "seed" in parameters else ()
        settings = {"method": function, "seed": seed, **given} if random else {
            "method": function, **given
        }  # fmt: skip
        settings["version"] = _version(library)

        def find(image: NDArray[np.float32]) -> Found:
            return Found(labels=run(image, *random, **given))

        def check() -> None:
            try:
                find(_sample())
            except (TypeError, ValueError) as error:
                raise ConfigError(f"{_shown(name, options)}: {error}") from error

        option, span = SWEEPS[kind].get(name, ("", (0.0, 0.0)))

        def sweep(image: NDArray[np.float32], values: Sequence[float]) -> list[NDArray[Any]]:
            return [run(image, *random, **{**given, option: value}) for value in values]

        swept = option and option not in options
        return Contender(
            text=name, settings=settings, run=find, check=check, prepare=check,
            nesting=Nesting(span=span, run=sweep, option=option) if swept else None,
        )  # fmt: skip

    return Choice(name=name, ours=False, defaults=defaults, optional=frozenset(), build=build)


def _version(library: str) -> str:
    if library == "segprior":
        return __version__
    # One of four distributions brings OpenCV.
    return str(need("cv2", "opencv").__version__) if library == "OpenCV" else version(library)


def _sample() -> NDArray[np.float32]:
    """Two tones, which no method may refuse."""
    sample = np.zeros((32, 32, 3), np.float32)
    sample[8:24, 10:24] = (1.0, 0.5, 0.25)
    return sample


def _shown(name: str, options: Mapping[str, Any]) -> str:
    return f"{name}:{','.join(f'{k}={v}' for k, v in options.items())}" if options else name


def _ours(kind: Kind) -> dict[str, Choice]:
    config: type[MethodConfig] = SegmentConfig if kind == "regions" else ForegroundConfig
    starts: dict[str, dict[str, Any]] = {name: {"preset": name} for name in config.presets}
    for name in methods(config.kind):
        if name not in BASELINES[kind]:
            starts.setdefault(name, {"preset": config.start({"method": name}), "method": name})
    if kind != "regions":
        starts["image"] = {"preset": "dsp", "features": "image"}
    if kind == "instances":
        starts = {name: {**start, "instances": True} for name, start in starts.items()}
    return {name: _own(name, config, start) for name, start in starts.items()}


def _nothing() -> None:
    """Configurations have checked themselves."""


def _shortened(config: Any) -> Any:
    """The same work, but hardly any of it."""
    short = config.replace(prior=config.prior.replace(members=1, iterations=2, features=()))
    fewer = {"iterations": 2, "warmup": 0}
    return short.replace(**{n: least for n, least in fewer.items() if hasattr(short.options, n)})


def _own(name: str, config: type[MethodConfig], start: Mapping[str, Any]) -> Choice:
    """One of our methods: a preset, some of its options replaced."""
    fixed = {key: value for key, value in start.items() if key != "preset"}
    base: Any = config.preset(start["preset"], **fixed)
    defaults, optional = {}, set()
    for owner in (base.prior, base, base.options):
        hints = typing.get_type_hints(type(owner))
        for option in field_names(owner):
            if option not in ("prior", "options"):
                defaults[option] = getattr(owner, option)
            if isinstance(hints[option], types.UnionType):
                optional.add(option)
    # Options of other methods are read too, and refused with the reason.
    for key, owners in option_owners(config.kind).items():
        defaults.setdefault(key, getattr(owners[0].config(), key))
    find: Callable[..., Segmentation] = (
        find_foreground if config is ForegroundConfig else find_classes
    )

    def build(options: dict[str, Any], seed: int) -> Contender:
        given: Any = base.replace(**options)
        settings = {
            "method": "foreground" if config is ForegroundConfig else "segment",
            "seed": seed, "config": given.to_dict(), "version": __version__,
        }  # fmt: skip

        def run(image: NDArray[np.float32], config: Any = given) -> Found:
            result = find(Pyramid(image), config, seed=seed)
            return Found(labels=result.labels, score=float(result.score))

        def prepare() -> None:
            # What cannot be done on so small an image will be told of the real one.
            with contextlib.suppress(SegpriorError):
                run(_sample(), _shortened(given))

        def whole(image: NDArray[np.float32], thresholds: Sequence[float]) -> Hierarchy:
            return build_hierarchy(Pyramid(image), Context(config=given, seed=seed))

        nests = given.method == HIERARCHY.name
        return Contender(
            text=name, settings=settings, run=run, check=_nothing, prepare=prepare,
            nesting=Nesting(run=whole) if nests else None,
        )  # fmt: skip

    return Choice(
        name=name, ours=True, defaults=defaults, optional=frozenset(optional), build=build
    )
