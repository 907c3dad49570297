"""Compare our priors, preset ``published``, with the 25 that were published.

    python benchmarks/fidelity.py DATA [--seeds 0 1] [--out results.csv]

``DATA`` holds ``images/NAME.jpg`` and ``priors/NAME_prior.jpg``. For every pair the image is
cropped as the publication crops it; PSNR (dB) and SSIM are those of our prior, cut to 8 bit as
theirs is, against theirs, mean of the seeds. Finished rows in ``--out`` are not computed again.
With ``--between NAME`` it measures instead how far seeds of one image differ among themselves.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from plain import crop_to_multiple
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from tqdm import tqdm

import segprior
from segprior.io.image import as_image


def scores(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    cut = np.floor(ours * 255) / 255
    psnr = peak_signal_noise_ratio(theirs, cut, data_range=1)
    return psnr, structural_similarity(theirs, cut, channel_axis=-1, data_range=1)


def pair(data: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The cropped image and the published prior of the same size."""
    theirs = as_image(data / "priors" / f"{name}_prior.jpg")
    image = crop_to_multiple(as_image(data / "images" / f"{name}.jpg"))
    if image.shape != theirs.shape:
        raise SystemExit(f"{name}: image {image.shape}, published prior {theirs.shape}")
    return image, theirs


def between(data: Path, name: str, seeds: list[int]) -> None:
    image, theirs = pair(data, name)
    ours = [segprior.fit_prior(image, preset="published", rng=seed).image for seed in tqdm(seeds)]
    published = [scores(prior, theirs) for prior in ours]
    each_other = [scores(a, b) for k, a in enumerate(ours) for b in ours[:k]]
    for title, rows in (("the published prior", published), ("each other", each_other)):
        mean, low, high = (reduce(np.array(rows), axis=0) for reduce in (np.mean, np.min, np.max))
        print(
            f"{name}, {len(seeds)} seeds against {title}: "
            f"{mean[0]:.1f} dB ({low[0]:.1f} to {high[0]:.1f}), "
            f"SSIM {mean[1]:.3f} ({low[1]:.3f} to {high[1]:.3f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, default=Path("fidelity.csv"))
    parser.add_argument("--between", metavar="NAME")
    options = parser.parse_args()
    if options.between:
        between(options.data, options.between, options.seeds)
        return

    done: dict[tuple[str, int], list[float]] = {}
    if options.out.exists():
        with options.out.open(newline="") as stream:
            for name, seed, *values in csv.reader(stream):
                done[name, int(seed)] = [float(value) for value in values]
    files = sorted((options.data / "priors").iterdir())
    pairs = [path.stem.removesuffix("_prior") for path in files]
    wanted = [(name, seed) for seed in options.seeds for name in pairs]
    for name, seed in tqdm([key for key in wanted if key not in done]):
        image, theirs = pair(options.data, name)
        prior = segprior.fit_prior(image, preset="published", rng=seed)
        loss = float(prior.losses[:, -1].mean())
        done[name, seed] = [*scores(prior.image, theirs), *scores(image, theirs), loss]
        with options.out.open("a", newline="") as stream:
            csv.writer(stream).writerow([name, seed, *done[name, seed]])

    print("| image | PSNR, dB | SSIM | PSNR of the image itself | SSIM of it | loss |")
    print("| --- | --- | --- | --- | --- | --- |")
    table = np.array([np.mean([done[name, seed] for seed in options.seeds], 0) for name in pairs])
    for name, row in zip(pairs, table, strict=True):
        print(
            f"| {name} | {row[0]:.1f} | {row[1]:.3f} | {row[2]:.1f} | {row[3]:.3f} | {row[4]:.3f} |"
        )
    missed = [n for n, row in zip(pairs, table, strict=True) if row[0] < 27 or row[1] < 0.88]
    print(
        f"\nlowest: {table[:, 0].min():.1f} dB, SSIM {table[:, 1].min():.3f}; "
        f"below 27 dB or .88: {', '.join(missed) or 'none'}"
    )


if __name__ == "__main__":
    main()
