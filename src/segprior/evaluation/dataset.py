"""Which truth and which predictions belong to which image: those of the same file stem."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segprior.errors import ImageError
from segprior.io.ground_truth import scored_suffixes
from segprior.io.image import list_images

__all__ = ["Example", "pair"]

# How many missing files a message names before it only counts them.
NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Example:
    """One image with what is known about it.

    Attributes
    ----------
    image : pathlib.Path
        The image.
    truth : tuple of pathlib.Path
        One file, or one for each annotator.
    predictions : tuple of pathlib.Path
        One file for each folder of predictions.
    """

    image: Path
    truth: tuple[Path, ...]
    predictions: tuple[Path, ...]

    @property
    def name(self) -> str:
        """File stem of the image."""
        return self.image.stem


def pair(
    images: str | os.PathLike[str],
    truth: str | os.PathLike[str],
    predictions: Sequence[str | os.PathLike[str]] = (),
    *,
    annotators: bool,
    every: int = 1,
    limit: int = 0,
    also: tuple[str, ...] = (),
) -> list[Example]:
    """Find the truth and the predictions of each image of a folder.

    Parameters
    ----------
    images, truth : str or path-like
        Folders. What the second holds beyond the images is left alone.
    predictions : sequence of str or path-like
        More folders.
    annotators : bool
        Whether a subfolder of ``truth`` named like an image may hold a file for each annotator.
    every, limit : int
        Take every so many of the images, sorted by name, and of these at most so many; 0 is no
        limit.
    also : tuple of str
        Suffixes that predictions may have beside those of labels and masks.

    Returns
    -------
    list of Example
        Sorted by name.

    Raises
    ------
    ImageError
        If a folder cannot be read, two images share a stem, or a truth or prediction is missing
        or not the only one.
    """
    chosen = list_images(images)[::every]
    chosen = chosen[:limit] if limit else chosen
    stems = [path.stem for path in chosen]
    twice = {stem for stem in stems if stems.count(stem) > 1}
    if twice:
        raise ImageError(f"two images in {images} are called {min(twice)}; rename one of them")
    suffixes = scored_suffixes()
    truths = _matched(Path(truth), stems, "truth", suffixes, annotators)
    made = (*suffixes, *also)
    found = [_matched(Path(folder), stems, "prediction", made) for folder in predictions]
    return [
        Example(
            image=path,
            truth=truths[path.stem],
            predictions=tuple(folder[path.stem][0] for folder in found),
        )
        for path in chosen
    ]


def _matched(
    folder: Path,
    stems: Collection[str],
    what: str,
    suffixes: Sequence[str],
    annotators: bool = False,
) -> Mapping[str, tuple[Path, ...]]:
    by_stem: dict[str, list[Path]] = {}
    for path in _listed(folder):
        if path.is_dir() and annotators and path.name in stems:
            by_stem.setdefault(path.name, []).append(path)
        elif path.suffix.lower() in suffixes and path.is_file():
            by_stem.setdefault(path.stem, []).append(path)
    missing = [stem for stem in stems if stem not in by_stem]
    if missing:
        named = ", ".join(missing[:NAMED])
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise ImageError(
            f"no {what} in {folder} for {len(missing)} of {len(stems)} images: {named}{more}; "
            f"name each like its image, ending in one of {', '.join(suffixes)}"
        )
    result = {}
    for stem in stems:
        first, *others = by_stem[stem]
        if others:
            raise ImageError(
                f"{folder} has {first.name} and {others[0].name} for one image; keep one of them"
            )
        result[stem] = _inside(first) if first.is_dir() else (first,)
    return result


def _inside(folder: Path) -> tuple[Path, ...]:
    files = [path for path in _listed(folder) if path.suffix.lower() in scored_suffixes()]
    if not files:
        raise ImageError(f"no label map in {folder}; put one there for each annotator")
    return tuple(files)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        reason = error.strerror or error
        raise ImageError(f"cannot list {folder}: {reason}; name a folder") from error
