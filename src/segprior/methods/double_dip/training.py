"""The loop of Double-DIP: three generators that together make one image.

Each generator is computed on one thread, so that the number of threads never changes a result.
The three meet once per iteration, when all have generated: the composed image is compared and
each is told by how much to change. Going back and generating anew are then separate tasks, so
that two threads share the work of three generators well.
"""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.callbacks import Callback, Event
from segprior.config.double_dip import DoubleDipConfig
from segprior.methods.double_dip.engine import PARTS, Aims, Engine
from segprior.nn.select import compiled_is_for
from segprior.runtime.devices import is_cpu, side_by_side
from segprior.runtime.malloc import steady_heap

__all__ = [
    "LEVELS",
    "Layered",
    "Layering",
    "aims_at",
    "fit_layers",
    "make_engine",
    "noise_deviation",
]

LEVELS = 10


@dataclass(frozen=True, kw_only=True)
class Layered:
    """What the three generators give at one iteration, on the padded grid.

    Attributes
    ----------
    step : int
        1 or 2.
    iteration : int
        From 1, in that step.
    psnr : float
        Of the composed image, in dB; 0 to 1 is its range.
    foreground, background : ndarray of float32, shape (rows, columns, C)
        The two layers.
    mask : ndarray of float32, shape (rows, columns)
        How much of each pixel is foreground.
    """

    step: int
    iteration: int
    psnr: float
    foreground: NDArray[np.float32]
    background: NDArray[np.float32]
    mask: NDArray[np.float32]

    @property
    def composed(self) -> NDArray[np.float32]:
        """The image that the three make, (rows, columns, C)."""
        m = self.mask[..., None]
        composed: NDArray[np.float32] = m * self.foreground + (1 - m) * self.background
        return composed


@dataclass(kw_only=True)
class Layering:
    """What one fit leaves behind.

    Attributes
    ----------
    ends : list of Layered
        The results at the ends of the two steps.
    snapshots : dict of int to Layered
        Results by iteration, counted through both steps.
    curves : list of dict
        One row per iteration: ``step``, ``iteration``, ``loss`` (the sum of what is minimised),
        ``foreground``, ``background`` and ``mask`` (the losses of the three alone, 0 where they
        have none), ``composed`` (mean absolute error) and ``psnr``.
    """

    ends: list[Layered] = field(default_factory=list)
    snapshots: dict[int, Layered] = field(default_factory=dict)
    curves: list[dict[str, float]] = field(default_factory=list)


def fit_layers(
    target: NDArray[np.float32],
    hint: NDArray[Any],
    config: DoubleDipConfig,
    seed: int,
    device: str = "auto",
    callback: Callback | None = None,
) -> Layering:
    """Fit two layers and a mask to an image and its hint.

    Parameters
    ----------
    target : ndarray of float32, shape (rows, columns, C)
        In [0, 1]; the sides are multiples of 8 and at least 16.
    hint : ndarray, shape (rows, columns)
        1 foreground, -1 background, 0 unknown; some of both.
    config : DoubleDipConfig
        Its hint, filter and working size are not looked at.
    seed : int
        Gives the weights and the noise.
    device : str
        Where to fit, as in :func:`segprior.runtime.devices.resolve_device`.
    callback : callable, optional
        Called once per iteration, with the stages ``double-dip step 1`` and ``double-dip
        step 2``; a step that it stops counts as ended there.

    Returns
    -------
    Layering

    Raises
    ------
    ConfigError
        If there is no such device.
    """
    engine = make_engine(target, hint, seed, device)
    result = Layering()
    with steady_heap(), side_by_side(len(PARTS) if is_cpu(device) else 1) as pool:
        for step in (1, 2):
            _run_step(step, engine, config, pool, callback, result)
    return result


def make_engine(target: NDArray[np.float32], hint: NDArray[Any], seed: int, device: str) -> Engine:
    """Choose by what the generators are fitted."""
    if compiled_is_for(device):
        from segprior.methods.double_dip.compiled_engine import CompiledLayers

        return CompiledLayers(target, hint, seed)
    from segprior.methods.double_dip.torch_engine import TorchLayers
    from segprior.runtime.devices import resolve_device

    return TorchLayers(target, hint, seed, resolve_device(device))


def _run_step(
    step: int,
    engine: Engine,
    config: DoubleDipConfig,
    pool: ThreadPoolExecutor,
    callback: Callback | None,
    result: Layering,
) -> None:
    count = config.first_iterations if step == 1 else config.second_iterations
    # A composition as good as this before step 2 has begun says nothing about its mask.
    stops_early = step == 2 and result.ends[0].psnr < config.psnr_stop
    weight = config.composed_weight if step == 2 else 0.0

    def generate(part: int, i: int) -> float:
        deviation = 0.0 if step == 2 and i == count - 1 else noise_deviation(i, config)
        return engine.generate(part, deviation, aims_at(step, i, config))

    def improve(part: int, i: int, last: bool) -> Future[float] | None:
        engine.learn(part)
        # A task of its own, so that it can wait for the third part's turn.
        return None if last else pool.submit(generate, part, i)

    engine.begin(config.learning_rate)
    going = [pool.submit(generate, part, 0) for part in PARTS]
    for i in range(count):
        own = [generated.result() for generated in going]
        composed, square = pool.submit(engine.compare, weight).result()
        psnr = -10 * math.log10(max(square, 1e-12))
        row = _row(step, i, own, weight, composed, psnr)
        result.curves.append(row)
        stopped = callback is not None and callback(_event(step, i, count, row["loss"])) is True
        last = stopped or i == count - 1 or (stops_early and psnr >= config.psnr_stop)
        _keep(result, step, i, last, engine, psnr, config)
        if last and step == 2:
            return
        improving = [pool.submit(improve, part, i + 1, last) for part in PARTS]
        going = [begun for improved in improving if (begun := improved.result()) is not None]
        if last:
            return


def aims_at(step: int, i: int, config: DoubleDipConfig) -> Aims:
    """What the parts are asked for by themselves at iteration i, from 0, of a step."""
    if step == 1:
        return Aims(hinted=True, guess=True, push=0.0)
    pushed = config.push_weight * min(i // config.stage, LEVELS)
    return Aims(hinted=i <= LEVELS * config.stage, guess=False, push=pushed)


def noise_deviation(i: int, config: DoubleDipConfig) -> float:
    """Deviation of the noise added to the input: it rises level by level and then falls to one."""
    level = i // config.stage
    return config.noise_step * (level if level < LEVELS else 1)


def _row(
    step: int, i: int, own: list[float], weight: float, composed: float, psnr: float
) -> dict[str, float]:
    return {
        "step": step,
        "iteration": i + 1,
        "loss": sum(own) + weight * composed,
        **dict(zip(("foreground", "background", "mask"), own, strict=True)),
        "composed": composed,
        "psnr": psnr,
    }


def _event(step: int, i: int, count: int, loss: float) -> Event:
    return Event(
        stage=f"double-dip step {step}",
        member=0,
        members=1,
        iteration=i + 1,
        iterations=count,
        loss=loss,
    )


def _keep(
    result: Layering,
    step: int,
    i: int,
    last: bool,
    engine: Engine,
    psnr: float,
    config: DoubleDipConfig,
) -> None:
    """Take a copy where one is wanted; where a step stopped early, its last stands for the rest."""
    before = 0 if step == 1 else config.first_iterations
    until = before + (config.first_iterations if step == 1 else config.second_iterations)
    now = before + i + 1
    due = [at for at in config.snapshots if at == now or (last and now < at <= until)]
    if not due and not last:
        return
    foreground, background, mask = engine.images()
    taken = Layered(
        step=step,
        iteration=i + 1,
        psnr=psnr,
        foreground=foreground,
        background=background,
        mask=mask,
    )
    result.snapshots |= dict.fromkeys(due, taken)
    if last:
        result.ends.append(taken)
