"""How good segmenters are, ours and others, against what people drew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from segprior.config.presets import resolve
from segprior.config.running import CurveConfig, EvaluateConfig
from segprior.errors import ConfigError
from segprior.evaluation.cuts import SAVED, Cuts, even_ratios, of_costs, of_folder
from segprior.evaluation.dataset import Example, pair
from segprior.evaluation.jobs import Results, make_folders, make_jobs, make_keys, take_held
from segprior.evaluation.method_spec import expand
from segprior.evaluation.methods import Kind, nesting_of
from segprior.evaluation.progress import Interrupted, Progress
from segprior.evaluation.report import Evaluation, Scored, summarise
from segprior.evaluation.score import Job, made_once, score
from segprior.io.files.jsonl import Store
from segprior.runtime.processes import run_jobs
from segprior.runtime.seeding import RandomSource, as_seed

__all__ = [
    "Interrupted",
    "Progress",
    "evaluate_foreground",
    "evaluate_hierarchies",
    "evaluate_instances",
    "evaluate_regions",
]

Folder = str | os.PathLike[str]


def evaluate_regions(
    images: Folder,
    truth: Folder,
    *,
    methods: Iterable[str] = (),
    predictions: Sequence[Folder] = (),
    boundaries: bool = False,
    config: EvaluateConfig | None = None,
    rng: RandomSource = 0,
    store: Folder | None = None,
    save_predictions: Folder | None = None,
    callback: Callable[[Progress], None] | None = None,
    **overrides: Any,
) -> Evaluation:
    """Score label maps on a folder of images.

    Parameters
    ----------
    images : str or path-like
        Folder of images.
    truth : str or path-like
        Folder that has, for the stem of each image, a ``.mat`` file as BSDS500 has them, a label
        map, or a subfolder with a label map for each annotator.
    methods : iterable of str
        Methods to run, as ``NAME`` or ``NAME:key=value,key=value``
        (:mod:`segprior.evaluation.method_spec`); ``baselines`` stands for all that are not ours.
    predictions : sequence of str or path-like
        Folders of label maps from any program, a file for the stem of each image.
    boundaries : bool
        Whether to compute precision, recall and F of the boundaries too, which takes the most
        time.
    config : EvaluateConfig, optional
        How many images and processes.
    rng : int, numpy.random.Generator or None
        Seed of every method whose text gives none.
    store : str or path-like, optional
        File that keeps each result as soon as it is there, and gives it back the next time.
    save_predictions : str or path-like, optional
        Folder that gets ``METHOD/STEM.png`` of the methods.
    callback : callable, optional
        Called with a :class:`Progress` before the first result and after each.
    **overrides
        Fields of :class:`segprior.EvaluateConfig`.

    Returns
    -------
    Evaluation
        ``rows`` hold mIOU as in [1]_ of the connected pieces of the labels (``miou``,
        ``miou_all``, ``miou_fine``, ``miou_coarse``) and of the labels as they are (the same with
        ``_labels``); PRI, VoI in bits, covering (``sc``) and, if asked for, boundary scores as in
        [2]_; ``segments``, the mean number of pieces, ``labels``, that of labels; and
        ``seconds`` and ``cpu_seconds`` on one thread. An image that fails is left out of them
        and counted.

    Raises
    ------
    ImageError
        If images, truth and predictions do not fit together.
    ConfigError
        If there is nothing to score, or a method or option is not valid.
    OutputError
        If the store or the folder of predictions cannot be written.
    Interrupted
        On Ctrl-C.

    References
    ----------
    .. [1] W. Kim, A. Kanezaki and M. Tanaka, "Unsupervised learning of image segmentation based on
       differentiable feature clustering", IEEE Transactions on Image Processing 29, 2020,
       arXiv:2007.09990.
    .. [2] P. Arbeláez, M. Maire, C. Fowlkes and J. Malik, "Contour detection and hierarchical image
       segmentation", IEEE Transactions on Pattern Analysis and Machine Intelligence 33, 2011.
    """
    return _evaluate(
        "regions", images, truth, methods=methods, predictions=predictions, boundaries=boundaries,
        config=resolve(EvaluateConfig, None, config, overrides), seed=as_seed(rng), store=store,
        keep=save_predictions, callback=callback,
    )  # fmt: skip


def evaluate_hierarchies(
    images: Folder,
    truth: Folder,
    *,
    methods: Iterable[str] = (),
    predictions: Sequence[Folder] = (),
    boundaries: bool = False,
    config: CurveConfig | None = None,
    rng: RandomSource = 0,
    store: Folder | None = None,
    callback: Callable[[Progress], None] | None = None,
    **overrides: Any,
) -> Evaluation:
    """Score hierarchies of segments on a folder of images, at many cuts.

    Parameters
    ----------
    images, truth, rng, store, callback
        As in :func:`evaluate_regions`.
    methods : iterable of str
        Methods to run: those that make a hierarchy, and ``felzenszwalb``, which is run at several
        scales.
    predictions : sequence of str or path-like
        Folders of hierarchies, a file for the stem of each image: ``.npz`` of
        :class:`segprior.Hierarchy`, or ultrametric contour maps of any program, as ``.mat`` with
        ``ucm2`` or ``ucm``, or as grey pictures.
    boundaries : bool
        Whether to compute F of the boundaries too, which takes the most time.
    config : CurveConfig, optional
        How many images, cuts and processes.
    **overrides
        Fields of :class:`segprior.CurveConfig`.

    Returns
    -------
    Evaluation
        ``rows`` hold covering, PRI and VoI as in [1]_ at the threshold that is best for all images
        (``sc_ods``, ``pri_ods``, ``voi_ods``), and for each image (``_ois``); covering with the
        best segment of any level (``sc_best``); the mIOU of all labels at its best threshold
        (``miou_ods``); if asked for F and average precision (``f_ods``, ``f_ois``, ``ap``); the
        ``threshold`` of ``sc_ods`` with the mean number of ``segments`` there; and ``seconds`` and
        ``cpu_seconds`` on one thread. ``curves`` holds all of them at each threshold.

    Raises
    ------
    ImageError, ConfigError, OutputError, Interrupted
        As in :func:`evaluate_regions`.

    References
    ----------
    .. [1] P. Arbeláez, M. Maire, C. Fowlkes and J. Malik, "Contour detection and hierarchical image
       segmentation", IEEE Transactions on Pattern Analysis and Machine Intelligence 33, 2011.
    """
    return _evaluate(
        "regions", images, truth, methods=methods, predictions=predictions, boundaries=boundaries,
        config=resolve(CurveConfig, None, config, overrides), seed=as_seed(rng), store=store,
        keep=None, callback=callback,
    )  # fmt: skip


def evaluate_foreground(
    images: Folder,
    masks: Folder,
    *,
    methods: Iterable[str] = (),
    predictions: Sequence[Folder] = (),
    config: EvaluateConfig | None = None,
    rng: RandomSource = 0,
    store: Folder | None = None,
    save_predictions: Folder | None = None,
    callback: Callable[[Progress], None] | None = None,
    **overrides: Any,
) -> Evaluation:
    """Score foreground masks on a folder of images.

    Parameters
    ----------
    images : str or path-like
        Folder of images.
    masks : str or path-like
        Folder with a mask for the stem of each: 0 is background, 255 foreground, and 65 to 190
        do not count (:func:`segprior.io.ground_truth.read_mask`).
    methods, config, rng, store, save_predictions, callback, **overrides
        As in :func:`evaluate_regions`.
    predictions : sequence of str or path-like
        Folders of masks from any program; greys are taken for how sure it is, and foreground is
        what is above one half.

    Returns
    -------
    Evaluation
        ``rows`` hold the means over images of IoU (``iou``), F with β² = 0.3 (``f_beta``),
        ``accuracy`` and mean absolute error (``mae``); ``iou_better``, the mean of the better IoU
        of mask and inverse, which no method may claim for itself; ``spearman``, the rank
        correlation over images of the score that a method gives itself and its IoU; ``segments``,
        the mean number of connected pieces of foreground, and ``foreground``, its share; and
        ``seconds`` and ``cpu_seconds`` on one thread.

    Raises
    ------
    ImageError, ConfigError, OutputError, Interrupted
        As in :func:`evaluate_regions`.
    """
    return _evaluate(
        "foreground", images, masks, methods=methods, predictions=predictions, boundaries=False,
        config=resolve(EvaluateConfig, None, config, overrides), seed=as_seed(rng), store=store,
        keep=save_predictions, callback=callback,
    )  # fmt: skip


def evaluate_instances(
    images: Folder,
    truth: Folder,
    *,
    methods: Iterable[str] = (),
    predictions: Sequence[Folder] = (),
    config: EvaluateConfig | None = None,
    rng: RandomSource = 0,
    store: Folder | None = None,
    save_predictions: Folder | None = None,
    callback: Callable[[Progress], None] | None = None,
    **overrides: Any,
) -> Evaluation:
    """Score things told one by one on a folder of images.

    Parameters
    ----------
    images : str or path-like
        Folder of images.
    truth : str or path-like
        Folder with a label map for the stem of each: a number for each thing, 0 where there is
        none; PNG of 8 or 16 bits, TIFF or ``.npy``.
    methods, config, rng, store, save_predictions, callback, **overrides
        As in :func:`evaluate_regions`. Ours are those of :func:`segprior.foreground`, with
        ``instances=True``.
    predictions : sequence of str or path-like
        Folders of such label maps from any program.

    Returns
    -------
    Evaluation
        ``rows`` hold the means over images of TP / (TP + FP + FN) [1]_, at IoU above .5 (``ap50``),
        .75 (``ap75``) and the mean of ten levels from .5 to .95 (``ap``); ``count_error``, by how
        much the number of things is off, as a share of the true one; ``spearman``, the rank
        correlation over images of the score that a method gives itself and ``ap50``; ``true`` and
        ``predicted``, the numbers of things; and ``seconds`` and ``cpu_seconds`` on one thread.

    Raises
    ------
    ImageError, ConfigError, OutputError, Interrupted
        As in :func:`evaluate_regions`.

    References
    ----------
    .. [1] J. C. Caicedo et al., "Nucleus segmentation across imaging experiments: the 2018 Data
       Science Bowl", Nature Methods 16, 2019, doi:10.1038/s41592-019-0612-7.
    """
    return _evaluate(
        "instances", images, truth, methods=methods, predictions=predictions, boundaries=False,
        config=resolve(EvaluateConfig, None, config, overrides), seed=as_seed(rng), store=store,
        keep=save_predictions, callback=callback,
    )  # fmt: skip


def _evaluate(
    kind: Kind,
    images: Folder,
    truth: Folder,
    *,
    methods: Iterable[str],
    predictions: Sequence[Folder],
    boundaries: bool,
    config: EvaluateConfig,
    seed: int,
    store: Folder | None,
    keep: Folder | None,
    callback: Callable[[Progress], None] | None,
) -> Evaluation:
    texts, folders = _named(kind, methods, predictions)
    curve = config if isinstance(config, CurveConfig) else None
    examples = pair(
        images, truth, folders, annotators=kind == "regions", every=config.every,
        limit=config.limit, also=(SAVED,) if curve else (),
    )  # fmt: skip
    settings = _settings(kind, texts, folders, seed)
    cuts = None if curve is None else _cuts(texts, folders, examples, curve, seed)
    scored: Scored = kind if cuts is None else "hierarchies"
    kept = make_folders(keep, texts)
    held = Store(store)
    jobs = make_jobs(
        kind, examples, texts, folders, kept, seed=seed, boundaries=boundaries, cuts=cuts,
        max_pixels=config.max_pixels, max_bytes=config.max_bytes,
    )  # fmt: skip
    keys = make_keys(jobs, settings)
    results: Results = {method: {} for method in settings}
    todo = take_held(held, jobs, keys, results)
    try:
        _work(held, jobs, keys, todo, results, config.workers, callback)
    except KeyboardInterrupt as error:
        finished = {method: rows for method, rows in results.items() if rows}
        done = _count(results)
        found = summarise(scored, finished, settings, cuts)
        raise Interrupted(found, done, len(jobs)) from error
    return summarise(scored, _in_order(results, examples), settings, cuts)


def _named(
    kind: Kind, methods: Iterable[str], predictions: Sequence[Folder]
) -> tuple[list[str], list[str]]:
    """Texts of methods, and folders of predictions, none of them twice."""
    texts = expand(kind, methods)
    folders = list(dict.fromkeys(os.fspath(folder) for folder in predictions))
    if not texts and not folders:
        raise ConfigError("nothing to score; name a method or a folder of predictions")
    if alike := [folder for folder in folders if folder in texts]:
        raise ConfigError(f"{alike[0]} is a method and a folder; write the folder ./{alike[0]}")
    return texts, folders


def _settings(
    kind: Kind, texts: Sequence[str], folders: Sequence[str], seed: int
) -> dict[str, Any]:
    """What each line of the table is of, checked: the folders, then the methods."""
    settings: dict[str, Any] = {folder: {"predictions": folder} for folder in folders}
    for text in texts:
        made = made_once(kind, text, seed)
        made.check()
        settings[text] = made.settings
    return settings


def _cuts(
    texts: Sequence[str],
    folders: Sequence[str],
    examples: Sequence[Example],
    config: CurveConfig,
    seed: int,
) -> dict[str, Cuts]:
    """Where the hierarchies of each line of the table are cut."""
    cuts = {
        folder: of_folder(folder, [example.predictions[number] for example in examples], config)
        for number, folder in enumerate(folders)
    }
    for text in texts:
        nesting = nesting_of(made_once("regions", text, seed))
        if nesting.option:
            cuts[text] = even_ratios(config, nesting.span, few=True)
        else:
            cuts[text] = of_costs(config)
    return cuts


def _work(
    held: Store,
    jobs: Sequence[Job],
    keys: Sequence[str],
    todo: Sequence[int],
    results: Results,
    workers: int,
    callback: Callable[[Progress], None] | None,
) -> None:
    """Do the jobs that are left; put what comes of each into the results and the store."""

    def tell(**what: str | None) -> None:
        if callback is not None:
            callback(Progress(done=_count(results), total=len(jobs), **what))

    tell()
    for place, row in run_jobs(score, [jobs[number] for number in todo], workers):
        job, key = jobs[todo[place]], keys[todo[place]]
        if "error" not in row:
            held.add(key, row)
        results[job.method][job.example.name] = row
        tell(image=job.example.name, method=job.method, error=row.get("error"))


def _count(results: Results) -> int:
    return sum(map(len, results.values()))


def _in_order(results: Results, examples: Sequence[Example]) -> Results:
    """Put the images of each method in their order, so that sums add up alike every time."""
    return {m: {e.name: rows[e.name] for e in examples} for m, rows in results.items()}
