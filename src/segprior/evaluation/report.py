"""What an evaluation found, as tables: one row for each method, one for each method and image."""

from __future__ import annotations

import csv
import io
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from segprior.errors import ConfigError
from segprior.evaluation.curve import Curve, curve_of, ends_of, scores_of
from segprior.evaluation.cuts import Cuts
from segprior.io.files.atomic import write_atomically

__all__ = ["TABLE_SUFFIXES", "Evaluation", "Scored", "summarise"]

TABLE_SUFFIXES = (".csv", ".json", ".txt")

# What a table can be of.
Scored = Literal["regions", "hierarchies", "foreground", "instances"]

# Column, its heading in text, and its digits there.
COLUMNS: dict[Scored, dict[str, tuple[str, int]]] = {
    "regions": {
        "images": ("images", 0),
        "failed": ("failed", 0),
        "miou": ("mIOU", 3),
        "miou_all": ("all", 3),
        "miou_fine": ("fine", 3),
        "miou_coarse": ("coarse", 3),
        "miou_labels": ("mIOU*", 3),
        "miou_all_labels": ("all*", 3),
        "miou_fine_labels": ("fine*", 3),
        "miou_coarse_labels": ("coarse*", 3),
        "pri": ("PRI", 3),
        "voi": ("VoI", 3),
        "sc": ("SC", 3),
        "boundary_precision": ("P", 3),
        "boundary_recall": ("R", 3),
        "boundary_f": ("F", 3),
        "segments": ("segments", 1),
        "labels": ("labels", 1),
        "seconds": ("s/image", 2),
        "cpu_seconds": ("CPU s", 2),
    },
    "hierarchies": {
        "images": ("images", 0),
        "failed": ("failed", 0),
        "sc_ods": ("SC ODS", 3),
        "sc_ois": ("OIS", 3),
        "sc_best": ("best", 3),
        "pri_ods": ("PRI ODS", 3),
        "pri_ois": ("OIS", 3),
        "voi_ods": ("VoI ODS", 3),
        "voi_ois": ("OIS", 3),
        "miou_ods": ("mIOU* ODS", 3),
        "f_ods": ("F ODS", 3),
        "f_ois": ("OIS", 3),
        "ap": ("AP", 3),
        "threshold": ("at", 3),
        "segments": ("segments", 1),
        "seconds": ("s/image", 2),
        "cpu_seconds": ("CPU s", 2),
    },
    "foreground": {
        "images": ("images", 0),
        "failed": ("failed", 0),
        "iou": ("IoU", 3),
        "iou_better": ("IoU+", 3),
        "f_beta": ("F-beta", 3),
        "accuracy": ("accuracy", 3),
        "mae": ("MAE", 3),
        "spearman": ("rho", 2),
        "segments": ("segments", 1),
        "foreground": ("foreground", 3),
        "seconds": ("s/image", 2),
        "cpu_seconds": ("CPU s", 2),
    },
    "instances": {
        "images": ("images", 0),
        "failed": ("failed", 0),
        "ap50": ("AP50", 3),
        "ap75": ("AP75", 3),
        "ap": ("AP", 3),
        "count_error": ("count", 3),
        "spearman": ("rho", 2),
        "true": ("true", 1),
        "predicted": ("predicted", 1),
        "seconds": ("s/image", 2),
        "cpu_seconds": ("CPU s", 2),
    },
}

NOTES: dict[Scored, str] = {
    "regions": "* every label as it is; without the star its 4-connected pieces",
    "hierarchies": (
        "ODS: the threshold that is best for all images, OIS: that of each image; at: that of SC, "
        "with so many segments; * of the labels as they are"
    ),
    "foreground": "+ the better of mask and inverse, which only the truth can tell",
    "instances": (
        "AP: TP / (TP + FP + FN) at IoU .5, .75 and .5 to .95; count: how far the number is off"
    ),
}
PER_IMAGE_ONLY = ("score", "error")


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Scores of methods on a set of images.

    Attributes
    ----------
    kind : {"regions", "hierarchies", "foreground", "instances"}
        What was scored.
    rows : list of dict
        One for each method: ``method``, ``images`` (scored), ``failed``, the scores over all
        images, ``segments`` and ``seconds`` per image; None where there is none.
    images : list of dict
        One for each image and method: ``image``, ``method``, the scores of that image, ``score``
        (how sure the method was) and ``error`` (why there are no scores).
    settings : dict
        The whole settings of each method.
    curves : dict of str to dict
        For each method that scored on an image, of hierarchies, what
        :func:`segprior.evaluation.curve.curve_of` returns.
    """

    kind: Scored
    rows: list[dict[str, Any]]
    images: list[dict[str, Any]]
    settings: dict[str, Any]
    curves: dict[str, Curve] = field(default_factory=dict)

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Those of ``images`` that have an ``error``."""
        return [row for row in self.images if row["error"] is not None]

    def to_text(self) -> str:
        """Return the table of ``rows``, aligned, without the columns that are empty."""
        columns = {
            name: heading
            for name, heading in COLUMNS[self.kind].items()
            if any(row[name] is not None for row in self.rows)
            and (name != "failed" or any(row["failed"] for row in self.rows))
        }
        lines = [["method", *(heading for heading, _ in columns.values())]]
        for row in self.rows:
            cells = [_cell(row[name], digits) for name, (_, digits) in columns.items()]
            lines.append([row["method"], *cells])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
            for line in lines
        ]
        notes = [NOTES[self.kind]]
        for method, curve in self.curves.items():
            if ends := ends_of(curve):
                notes.append(
                    f"{method}: {', '.join(ends)} best at the first or the last threshold; look "
                    "beyond with another span"
                )
        return "\n".join([*text, *notes]) + "\n"

    def to_csv(self) -> str:
        """Return ``rows`` with a line of headings; empty cells where there is no number."""
        return _csv(["method", *COLUMNS[self.kind]], self.rows)

    def images_to_csv(self) -> str:
        """Return ``images`` in the same way."""
        return _csv(_image_columns(self.kind), self.images)

    def to_json(self) -> str:
        """Return everything as one JSON object."""
        content = {
            "kind": self.kind,
            "methods": [
                {**row, "settings": self.settings.get(row["method"])}
                | ({"curve": self.curves[row["method"]]} if row["method"] in self.curves else {})
                for row in self.rows
            ],
            "images": self.images,
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the table in the format that the suffix names.

        Parameters
        ----------
        path : str or path-like
            Ends in ``.csv``, ``.json`` or ``.txt``.

        Returns
        -------
        pathlib.Path
            ``path``.

        Raises
        ------
        ConfigError
            If the suffix is another one.
        OutputError
            If the file cannot be written.
        """
        writers = {".csv": self.to_csv, ".json": self.to_json, ".txt": self.to_text}
        suffix = Path(path).suffix.lower()
        if suffix not in writers:
            raise ConfigError(
                f"got {path} for the table; end it in one of {', '.join(TABLE_SUFFIXES)}"
            )
        return write_atomically(path, writers[suffix]().encode())


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _image_columns(kind: Scored) -> list[str]:
    of_sets = ("images", "failed", "spearman")
    scores = [name for name in COLUMNS[kind] if name not in of_sets]
    return ["image", "method", *scores, *PER_IMAGE_ONLY]


def summarise(
    kind: Scored,
    results: Mapping[str, Mapping[str, Mapping[str, Any]]],
    settings: Mapping[str, Any],
    cuts: Mapping[str, Cuts] | None = None,
) -> Evaluation:
    """Pool the results of single images.

    Parameters
    ----------
    kind : {"regions", "hierarchies", "foreground", "instances"}
        What was scored.
    results : mapping of str to mapping of str to mapping
        For each method and image what :func:`segprior.evaluation.score.score` returned.
    settings : mapping
        For each method.
    cuts : mapping of str to Cuts, optional
        Where the hierarchies of each method were cut.

    Returns
    -------
    Evaluation
    """
    rows, images, curves = [], [], {}
    for method, by_image in results.items():
        pool = _pool(kind, None if cuts is None else cuts[method])
        good = [result for result in by_image.values() if "error" not in result]
        row: dict[str, Any] = dict.fromkeys(COLUMNS[kind])
        row |= {"images": len(good), "failed": len(by_image) - len(good)}
        found = pool(good) if good else {}
        rows.append({"method": method, **row, **{n: found[n] for n in row if n in found}})
        if good and cuts is not None:
            curves[method] = curve_of(good, cuts[method])
        for image, result in by_image.items():
            line: dict[str, Any] = dict.fromkeys(_image_columns(kind))
            if "error" in result:
                line["error"] = result["error"]
            else:
                alone = pool([result])
                line |= {name: value for name, value in alone.items() if name in line}
                line["score"] = result["score"]
            images.append({**line, "image": image, "method": method})
    images.sort(key=lambda line: line["image"])
    return Evaluation(kind=kind, rows=rows, images=images, settings=dict(settings), curves=curves)


def _pool(
    kind: Scored, cuts: Cuts | None
) -> Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]:
    """What makes scores over images of those of single ones."""
    if cuts is not None:
        return lambda results: scores_of(results, cuts) | _times(results)
    if kind == "regions":
        return _regions
    key, main = ("mask", "iou") if kind == "foreground" else ("things", "ap50")
    return lambda results: _means(results, key, main)


def _regions(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from segprior.metrics.curves import BoundaryScores
    from segprior.metrics.regions import RegionScores

    def pooled(key: str, connected: bool) -> dict[str, float]:
        content = {"connected": connected, "images": [result[key] for result in results]}
        return RegionScores.from_dict(content).compute()

    scores: dict[str, Any] = pooled("pieces", True)
    whole = pooled("labels", False)
    scores |= {f"{name}_labels": whole[name] for name in whole if name.startswith("miou")}
    scores |= {"labels": whole["segments"], **_times(results)}
    if all(result["boundaries"] is not None for result in results):
        boundaries = BoundaryScores()
        boundaries.per_image = [result["boundaries"] for result in results]
        found = boundaries.compute()
        scores |= {f"boundary_{name}": found[name] for name in ("precision", "recall", "f")}
    return scores


def _means(results: Sequence[Mapping[str, Any]], key: str, main: str) -> dict[str, Any]:
    """Means of scores over images, and how a method's own score goes with the main one."""
    names = results[0][key]
    scores: dict[str, Any] = {
        name: sum(result[key][name] for result in results) / len(results) for name in names
    }
    return {
        **scores,
        **_times(results),
        "spearman": _spearman([(result["score"], result[key][main]) for result in results]),
    }


def _times(results: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Mean seconds; None of predictions, which took nobody knows how long."""
    times: dict[str, float | None] = {}
    for key in ("seconds", "cpu_seconds"):
        values = [result[key] for result in results if result[key] is not None]
        times[key] = sum(values) / len(values) if values else None
    return times


def _spearman(told: Sequence[tuple[float | None, float]]) -> float | None:
    """Rank correlation of how sure the method was and how right it was."""
    pairs = [pair for pair in told if pair[0] is not None]
    if len(pairs) < 3 or any(len(set(values)) < 2 for values in zip(*pairs, strict=True)):
        return None
    from scipy.stats import spearmanr

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(spearmanr(pairs).statistic)
