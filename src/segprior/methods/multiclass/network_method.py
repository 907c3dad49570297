"""Methods that train a network differ in what guides it; this is what they share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context, Method, Tiles
from segprior.methods.multiclass.classes import Classes
from segprior.methods.multiclass.network import BLANK, Guide, check_classes, network_classes
from segprior.methods.multiclass.network_tiles import fit_network, network_cost

__all__ = ["network_method"]


def network_method(guide: Callable[[Pyramid, Context], Guide], **own: Any) -> Method:
    """Make a method that trains a network, on images and in tiles.

    Parameters
    ----------
    guide : callable
        From an image and its context to what guides the network, at the working size.
    **own
        What is the method's own: ``name``, ``config``, ``summary``, and what else it needs of the
        attributes of `Method`.
    """

    def run(image: Pyramid, options: Any, context: Context) -> Classes:
        return network_classes(image, context, guide(image, context))

    return Method(
        kind="regions",
        run=run,
        tiles=Tiles(fit=functools.partial(fit_network, guide=guide), cost=network_cost),
        scribbles=True,
        start="backprop",
        check=check_classes,
        lack="trains no network",
        blank=BLANK,
        **own,
    )
