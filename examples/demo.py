"""Segment the sample images: four pictures of each, in the folder ``demo``."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "demo"


def main() -> int:
    """Run ``segprior foreground`` on all sample images and say what came of it."""
    start = time.perf_counter()
    command = ["segprior", "foreground", "examples/images", "-o", OUT.name]
    command += ["--overlay", "--save-prior", "--snapshots", "10,20,30,40,50"]
    print(*command)
    code = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode
    if code == 0:
        print(f"masks are in {OUT}, each with STEM_overlay.png, STEM_prior.png")
        print("and STEM_epochs.png, the prior over its iterations, beside it")
        print(f"all took {time.perf_counter() - start:.1f} s")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
