"""How a network is trained to cluster the pixels of one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segprior.config.checks import at_least, from_zero, one_of, positive
from segprior.config.presets import Presets
from segprior.errors import ConfigError

__all__ = ["NetworkConfig"]


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(Presets):
    """Options of all methods that train a network on its own answers.

    Parameters
    ----------
    channels : int
        Channels of the network, which are the most classes that there can be.
    blocks : int
        3×3 convolutions of the network.
    initial : {"normal", "uniform"}
        Weights drawn as in the DSP publication, or as PyTorch draws them.
    iterations : int
        Updates at most, after the warm-up.
    learning_rate : float
        Step of the gradient descent.
    momentum : float
        Its momentum, in [0, 1).
    warmup : int
        Updates before the others, with a rising rate and no momentum; 0 is none.
    restarts : bool
        Let the rate fall along half a cosine over 2, 4, 8, … iterations and start again.
    settle : int
        Iterations to go on for after the smallest number of classes was reached.
    scribble_weight : float
        Weight of the pixels marked by scribbles.
    """

    channels: int = 100
    blocks: int = 2
    initial: Literal["normal", "uniform"] = "normal"
    iterations: int = 30
    learning_rate: float = 0.1
    momentum: float = 0.9
    warmup: int = 0
    restarts: bool = False
    settle: int = 50
    scribble_weight: float = 0.5

    def __post_init__(self) -> None:
        at_least("channels", self.channels, 2)
        at_least("blocks", self.blocks, 1)
        one_of("initial", self.initial, ("normal", "uniform"))
        at_least("iterations", self.iterations, 1)
        positive("learning_rate", self.learning_rate)
        from_zero("momentum", self.momentum)
        if self.momentum >= 1:
            raise ConfigError(option="momentum", got=self.momentum, cure="pass a number below 1")
        at_least("warmup", self.warmup, 0)
        at_least("settle", self.settle, 0)
        positive("scribble_weight", self.scribble_weight)
