"""What counts how much when clicks are answered."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Weights"]


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Numbers that were fitted or chosen on images that are not scored (docs/clicks.md).

    The first are weights of logarithms of odds that a region is object, see
    :func:`segprior.steering.evidence.weigh`.

    Attributes
    ----------
    walk, near, path, words, bias : float
        Of the random walker; of the distances to the nearest marks, as the crow flies and along
        the regions; of the words; and what is added.
    fall, lost, border : float
        Of the random walker: how fast links between regions fall with the cost of a boundary;
        how much of a walk is lost at each pixel; and at each pixel of the border of the image,
        which counts as ground.
    pull : float
        How much each pixel of a box draws a walk to the object.
    start : float
        Of a mask that is a start.
    cell, spread, everywhere : float
        Size of the cells in which words are counted, as a share of the diagonal; how many cells a
        count spreads; what the counts of the whole image add to each.
    vocabulary : float
        Share of the words of colour; the others are those of texture.
    rounds : int
        How often words are counted.
    pixels, regions : float
        Of what the words of a pixel say and of what its region does, where boundaries are cut.
    link, least, steepness : float
        What it costs to part two pixels: at most, at least as a share of that, and how fast it
        falls with their contrast.
    unsure : float
        Pixels below this are cut.
    piece : float
        Holes below this share of an object are filled where nothing marks them.
    """

    walk: float = 0.35
    near: float = 0.35
    path: float = 0.4
    words: float = 1.05
    bias: float = -0.15
    fall: float = 3.0
    lost: float = 3e-4
    border: float = 0.03
    pull: float = 3e-4
    start: float = 1.0
    cell: float = 0.075
    spread: float = 2.0
    everywhere: float = 0.2
    vocabulary: float = 0.7
    rounds: int = 2
    pixels: float = 1.0
    regions: float = 0.5
    link: float = 6.0
    least: float = 0.05
    steepness: float = 0.5
    unsure: float = 4.0
    piece: float = 0.02
