"""One object by the vote of several masks, or small things by a threshold: whichever fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segprior.config.checks import one_of
from segprior.config.presets import Presets
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.choice import read
from segprior.methods.foreground.consensus_tiles import fit_readings, readings_cost
from segprior.methods.foreground.decision import Decision
from segprior.methods.method import Context, Method, Tiles

__all__ = ["METHOD", "ConsensusConfig", "find_by_consensus"]


@dataclass(frozen=True, kw_only=True)
class ConsensusConfig(Presets):
    """Options of the consensus.

    Parameters
    ----------
    reading : {"auto", "object", "things"}
        Which reading ``consensus`` takes: the more fitting one, or always the same.
    """

    reading: Literal["auto", "object", "things"] = "auto"

    def __post_init__(self) -> None:
        one_of("reading", self.reading, ("auto", "object", "things"))


def find_by_consensus(image: Pyramid, options: ConsensusConfig, context: Context) -> Decision:
    """Read the image, or its prior if there is one, in the way that fits."""
    source = image if context.prior is None else Pyramid(context.prior.fitted)
    found = read(source, context.seed, options.reading, counted=context.config.instances)
    return Decision(
        maps=found.share[None],
        score=found.score,
        evidence=found.evidence,
        things=found.kind == "things",
        voted=found.kind == "object",
    )


METHOD = Method(
    name="consensus",
    kind="foreground",
    config=ConsensusConfig,
    run=find_by_consensus,
    summary="two readings of the image, one object by the vote of several maps and small things "
    "by a threshold along the axis that tells most, of which the more fitting is taken",
    prior="optional",
    tiles=Tiles(fit=fit_readings, cost=readings_cost),
    blank={"polarity": 0.0, "size": 0.0, "clusters": 1.0},
)
