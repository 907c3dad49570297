"""``segprior prior``: the prior of each image."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segprior.cli.arguments.options import given
from segprior.cli.execution.task import Result, Task, save_epochs
from segprior.config.presets import resolve
from segprior.config.prior import PriorConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.callbacks import Callback
    from segprior.image.pyramid import Pyramid

__all__ = ["PriorTask"]


class PriorTask(Task):
    """``segprior prior``."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__(arguments)
        fields = given(PriorConfig, arguments)
        self.config = resolve(PriorConfig, arguments.preset, None, fields)
        if self.config.snapshots:
            self.extras = ("epochs",)

    @property
    def suffixes(self) -> Sequence[str]:
        from segprior.io.pictures import picture_suffixes

        return (*picture_suffixes(), ".npz")

    def check(self, image: NDArray[Any], suffix: str) -> None:
        """Try the format on a corner: some hold few channels."""
        from segprior.io.pictures import encode_picture

        if suffix.lower() != ".npz":
            encode_picture(image[:8, :8], suffix)

    def __call__(self, image: Pyramid, callback: Callback | None) -> Result:
        from segprior.prior.prior import fit

        prior = fit(image, self.config, callback=callback, **self.calling)
        last = [float(row[row == row][-1]) for row in prior.losses]  # NaN after an early stop
        facts = {
            "loss": sum(last) / len(last),
            "seed": prior.seed,
            "settings": prior.config.to_dict(),
        }
        extras = {"epochs": save_epochs(prior)} if self.extras else {}
        return Result(save=prior.save, extras=extras, facts=facts)
