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

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.callbacks import Callback, Event
from segprior.config.double_dip import DoubleDipConfig
from segprior.methods.double_dip.generators import Loss, Part, as_generated, make_part
from segprior.runtime.devices import side_by_side
from segprior.runtime.malloc import steady_heap
from segprior.runtime.seeding import member_seed

__all__ = ["LEVELS", "Layered", "Layering", "fit_layers", "noise_deviation", "push", "within"]

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


def within(hint: Tensor, layer: Tensor, image: Tensor) -> Tensor:
    """Mean absolute error of a layer inside its hint, a number.

    Parameters
    ----------
    hint : Tensor, shape (1, 1, rows, columns)
        1 inside, 0 elsewhere; not 0 everywhere.
    layer, image : Tensor, shape (1, C, rows, columns)
    """
    return (hint * (layer - image)).abs().mean() / hint.mean()


def push(mask: Tensor) -> Tensor:
    """Return what is small where a mask is near 0 and 1: 1 / mean |mask - 1/2|."""
    return 1 / (mask - 0.5).abs().mean().clamp_min(1e-6)


def fit_layers(
    target: Tensor,
    hint: Tensor,
    config: DoubleDipConfig,
    seed: int,
    device: torch.device,
    callback: Callback | None = None,
) -> Layering:
    """Fit two layers and a mask to an image and its hint.

    Parameters
    ----------
    target : Tensor of float32, shape (1, C, rows, columns)
        On the CPU, in [0, 1]; the sides are multiples of 8 and at least 16.
    hint : Tensor of float32, shape (1, 1, rows, columns)
        1 foreground, -1 background, 0 unknown; some of both.
    config : DoubleDipConfig
        Its hint, filter and working size are not looked at.
    seed : int
        Gives the weights and the noise.
    device : torch.device
        Where to fit.
    callback : callable, optional
        Called once per iteration, with the stages ``double-dip step 1`` and ``double-dip
        step 2``; a step that it stops counts as ended there.

    Returns
    -------
    Layering
    """
    target = as_generated(target.to(device))
    parts = _parts(target, hint.to(device), config, seed, device)
    result = Layering()
    with steady_heap(), side_by_side(len(parts) if device.type == "cpu" else 1) as pool:
        for step in (1, 2):
            _run_step(step, parts, target, config, pool, callback, result)
    return result


def _parts(
    target: Tensor, hint: Tensor, config: DoubleDipConfig, seed: int, device: torch.device
) -> list[Part]:
    """Make foreground, background and mask, each with the losses of its own."""
    rows, columns = target.shape[2:]
    inside, outside = (hint > 0).to(target), (hint < 0).to(target)
    guess = (inside - outside + 1) / 2
    last_hinted = LEVELS * config.stage

    def layer_loss(hinted: Tensor) -> Loss:
        def loss(layer: Tensor, step: int, i: int) -> Tensor | None:
            return within(hinted, layer, target) if step == 1 or i <= last_hinted else None

        return loss

    def mask_loss(mask: Tensor, step: int, i: int) -> Tensor | None:
        if step == 1:
            return (mask - guess).abs().mean()
        weight = config.push_weight * min(i // config.stage, LEVELS)
        return weight * push(mask) if weight else None

    parts: list[Part] = []
    for k, loss in enumerate((layer_loss(inside), layer_loss(outside), mask_loss)):
        channels = 1 if loss is mask_loss else target.shape[1]
        part = make_part(member_seed(seed, k), channels, (rows, columns), loss, device)
        if k == 1:  # the two layers share their input
            part.noise = parts[0].noise
        part.source = torch.Generator().manual_seed(member_seed(seed, 3 + k))
        parts.append(part)
    return parts


def _run_step(
    step: int,
    parts: list[Part],
    target: Tensor,
    config: DoubleDipConfig,
    pool: ThreadPoolExecutor,
    callback: Callback | None,
    result: Layering,
) -> None:
    count = config.first_iterations if step == 1 else config.second_iterations
    # A composition as good as this before step 2 has begun says nothing about its mask.
    stops_early = step == 2 and result.ends[0].psnr < config.psnr_stop
    weight = config.composed_weight if step == 2 else 0.0

    def generate(part: Part, i: int) -> None:
        part.generate(step, i, 0.0 if step == 2 and i == count - 1 else noise_deviation(i, config))

    def improve(part: Part, told: Tensor | None, i: int, last: bool) -> Future[None] | None:
        part.learn(told)
        # A task of its own, so that it can wait for the third part's turn.
        return None if last else pool.submit(generate, part, i)

    for part in parts:
        part.begin(config.learning_rate)
    going = [pool.submit(generate, part, 0) for part in parts]
    for i in range(count):
        for generated in going:
            generated.result()
        told, composed, psnr = pool.submit(_compare, parts, target, weight).result()
        row = _row(step, i, parts, weight, composed, psnr)
        result.curves.append(row)
        stopped = callback is not None and callback(_event(step, i, count, row["loss"])) is True
        last = stopped or i == count - 1 or (stops_early and psnr >= config.psnr_stop)
        _keep(result, step, i, last, parts, psnr, config)
        if last and step == 2:
            return
        improving = [
            pool.submit(improve, part, gradient, i + 1, last)
            for part, gradient in zip(parts, told, strict=True)
        ]
        going = [begun for improved in improving if (begun := improved.result()) is not None]
        if last:
            return


def noise_deviation(i: int, config: DoubleDipConfig) -> float:
    """Deviation of the noise added to the input: it rises level by level and then falls to one."""
    level = i // config.stage
    return config.noise_step * (level if level < LEVELS else 1)


def _compare(
    parts: list[Part], target: Tensor, weight: float
) -> tuple[list[Tensor | None], float, float]:
    """Compose the image; return what each part is told, the mean absolute error, and the PSNR."""
    with torch.no_grad():
        fore, back, mask = (part.output for part in parts)
        difference = fore - back
        error = torch.addcmul(back, mask, difference).sub_(target)
        composed = error.abs().mean().item()
        psnr = -10 * math.log10(max(error.square().mean().item(), 1e-12))
        if not weight:
            return [None, None, None], composed, psnr
        # The gradient of weight * mean |error| by the composed image, and on by the chain rule.
        told = error.sign_().mul_(weight / error.numel())
        by_fore = mask * told
        by_mask = difference.mul_(told).sum(1, keepdim=True)
        return [by_fore, told.sub_(by_fore), by_mask], composed, psnr


def _row(
    step: int, i: int, parts: list[Part], weight: float, composed: float, psnr: float
) -> dict[str, float]:
    own = [0.0 if part.own is None else part.own.item() for part in parts]
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
    parts: list[Part],
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
    fore, back, mask = (part.output.detach()[0].permute(1, 2, 0).cpu().numpy() for part in parts)
    taken = Layered(
        step=step,
        iteration=i + 1,
        psnr=psnr,
        foreground=fore.copy(order="C"),
        background=back.copy(order="C"),
        mask=mask[..., 0].copy(order="C"),
    )
    result.snapshots |= dict.fromkeys(due, taken)
    if last:
        result.ends.append(taken)
