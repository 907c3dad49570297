"""Time one iteration of Double-DIP against a plain PyTorch loop, interleaved.

    python benchmarks/double_dip.py [IMAGE] [--rows 480 --columns 320] [--iterations 10]
                                    [--rounds 3]

Both sides run step 1 and step 2, ``--iterations`` each, with the losses of the publication. The
plain side has three generators of PyTorch's modules one after the other, channels first, one
backward pass through all, PyTorch's default threads. The sides take turns, ``--rounds`` times, each
in a process of its own, because the plain loop would gain from how ``segprior.runtime.malloc``
leaves the process; ``--together`` runs both in this one. The ratio printed is that of the medians.
It also prints the PSNR that both reach, which is that of one method with two seeds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import numpy as np
import torch
from plain import PlainGenerator, sample

from segprior import DoubleDipConfig
from segprior.methods.double_dip.training import fit_layers


def plain_layers(
    target: torch.Tensor, hint: torch.Tensor, config: DoubleDipConfig, seed: int
) -> float:
    """Double-DIP as anyone would write it first; the PSNR of the composed image at the end."""
    torch.manual_seed(seed)
    channels, (rows, columns) = target.shape[1], target.shape[2:]
    parts = [PlainGenerator(channels), PlainGenerator(channels), PlainGenerator(1)]
    shared, own = ((torch.rand(1, 2, rows, columns) - 0.5) / 100 for _ in range(2))
    inputs = (shared, shared, own)
    fore, back = (hint > 0).float(), (hint < 0).float()
    guess = (fore - back + 1) / 2
    psnr = 0.0
    for step, count in ((1, config.first_iterations), (2, config.second_iterations)):
        weights = [p for part in parts for p in part.parameters()]
        optimiser = torch.optim.Adam(weights, lr=config.learning_rate)
        for i in range(count):
            deviation = i // 100 / 1000 if i < 1000 else 0.001
            if step == 2 and i == count - 1:
                deviation = 0.0
            fed = [x + deviation * torch.randn_like(x) for x in inputs]
            optimiser.zero_grad()
            left, right, mask = (part(x) for part, x in zip(parts, fed, strict=True))
            composed = mask * left + (1 - mask) * right
            loss = torch.zeros(())
            if step == 1 or i <= 1000:
                for inside, layer in ((fore, left), (back, right)):
                    loss = loss + (inside * (layer - target)).abs().mean() / inside.mean()
            if step == 1:
                loss = loss + (mask - guess).abs().mean()
            else:
                loss = loss + 0.5 * (composed - target).abs().mean()
                loss = loss + 0.001 * (min(i, 1000) // 100) / (mask - 0.5).abs().mean()
            psnr = -10 * torch.log10((composed - target).square().mean()).item()
            loss.backward()
            optimiser.step()
    return psnr


def run(options: argparse.Namespace, side: str, seed: int) -> tuple[float, float]:
    """Seconds and PSNR of one side, after a short fit that loads what is loaded lazily."""
    image = sample(options.image, options.rows, options.columns)
    target = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    rows, columns = image.shape[:2]
    hint = torch.full((1, 1, rows, columns), -1.0)
    hint[:, :, rows // 4 : -rows // 4, columns // 4 : -columns // 4] = 1

    def work(iterations: int) -> float:
        steps = {"first_iterations": iterations, "second_iterations": iterations}
        config = DoubleDipConfig.preset("published", **steps)
        if side == "plain":
            return plain_layers(target, hint, config, seed)
        return fit_layers(image, hint[0, 0].numpy(), config, seed, "cpu").ends[-1].psnr

    work(2)
    start = time.perf_counter()
    psnr = work(options.iterations)
    return time.perf_counter() - start, psnr


def run_apart(options: argparse.Namespace, side: str, seed: int) -> tuple[float, float]:
    """The same in a process of its own."""
    words = [*options.words, "--side", side, "--seed", str(seed)]
    command = [sys.executable, __file__, *words]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    seconds, psnr = json.loads(output)
    return seconds, psnr


def ratios(rounds: int, small: bool = False) -> dict[str, float]:
    """How many times faster than the plain loop: for the runner."""
    size = ["--rows", "64", "--columns", "64", "--iterations", "2"]
    return {"double-dip": measure(parsed(["--rounds", str(rounds), *(size if small else [])]))}


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="default: scikit-image's coffee")
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--columns", type=int, default=320)
    parser.add_argument("--iterations", type=int, default=10, help="of each step")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--side", choices=["plain", "segprior"], help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    options.words = words
    return options


def main() -> None:
    options = parsed(sys.argv[1:])
    if options.side:
        print(json.dumps(run(options, options.side, options.seed)))
    else:
        measure(options)


def measure(options: argparse.Namespace) -> float:
    """Time both sides, print what was found, and return the ratio."""
    print(
        f"{options.rows}x{options.columns}, 2 x {options.iterations} iterations, "
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, "
        f"{'one process' if options.together else 'a process each'}"
    )
    seconds: dict[str, list[float]] = {"plain": [], "segprior": []}
    reached: dict[str, list[float]] = {"plain": [], "segprior": []}
    for seed in range(options.rounds):
        for side in seconds:
            taken, psnr = (run if options.together else run_apart)(options, side, seed)
            seconds[side].append(taken / (2 * options.iterations))
            reached[side].append(psnr)
        print({side: f"{1e3 * times[-1]:.1f} ms" for side, times in seconds.items()}, flush=True)
    for side, times in seconds.items():
        print(
            f"{side:>9}: median {1e3 * np.median(times):.1f} ms per iteration, "
            f"{np.mean(reached[side]):.2f} dB at the end"
        )
    ratio = float(np.median(seconds["plain"]) / np.median(seconds["segprior"]))
    print(f"    ratio: {ratio:.2f}")
    return ratio


if __name__ == "__main__":
    main()
