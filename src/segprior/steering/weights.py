"""What counts how much when marks are answered."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Reading", "Weights"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How it is read what speaks for object; see :func:`segprior.steering.evidence.weigh`.

    Attributes
    ----------
    walk, near, path, words, middle, bias : float
        Weights of logarithms of odds: of the random walker; of the distances to the nearest marks,
        as the crow flies and along the regions; of the words; of the middle of a box; and what is
        added.
    everywhere : float
        What the counts of words in the whole image add to those nearby.
    vocabulary : float
        Share of the words of colour; the others are those of texture.
    rounds : int
        How often words are counted.
    begun, drawn : float
        Weights of the walker and of the middle of a box before words are counted.
    fall, lost, border : float
        Of the random walker: how fast links between regions fall with the cost of a boundary;
        how much of a walk is lost at each pixel; and at each pixel of the border of the image,
        which counts as ground.
    pixels, regions : float
        Of what the words of a pixel say and of what its region does, where boundaries are cut.
    """

    walk: float = 0.3
    near: float = 0.35
    path: float = 0.4
    words: float = 1.3
    middle: float = 0.0
    bias: float = -0.15
    everywhere: float = 0.2
    vocabulary: float = 0.7
    rounds: int = 2
    begun: float = 1.0
    drawn: float = 0.0
    fall: float = 3.0
    lost: float = 3e-4
    border: float = 0.03
    pixels: float = 1.0
    regions: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Numbers that were chosen on images that are not scored (docs/clicks.md).

    Attributes
    ----------
    marked, boxed : Reading
        Where an object is marked; and where a box alone, or ground, says where it may be.
    pull : float
        How much each pixel that may be object draws a walk to it, where none is marked.
    start : float
        Of a mask that is a start.
    cell, spread : float
        Size of the cells in which words are counted, as a share of the diagonal, and how many
        cells a count spreads.
    link, least, steepness : float
        What it costs to part two pixels: at most, at least as a share of that, and how fast it
        falls with their contrast.
    unsure : float
        Pixels below this are cut.
    hole : float
        Holes below this share of an object are filled where nothing marks them.
    """

    marked: Reading = field(default_factory=Reading)
    boxed: Reading = field(
        default_factory=lambda: Reading(
            walk=0.15, near=0.0, path=0.0, words=1.2, middle=2.0, bias=-1.0,
            everywhere=1.0, rounds=8, begun=0.5, drawn=1.5,
        )
    )  # fmt: skip
    pull: float = 3e-4
    start: float = 1.0
    cell: float = 0.075
    spread: float = 2.0
    link: float = 6.0
    least: float = 0.05
    steepness: float = 0.5
    unsure: float = 4.0
    hole: float = 0.02
