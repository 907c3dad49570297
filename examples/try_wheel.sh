#!/usr/bin/env bash
# Install a wheel into a new virtual environment, with no compiler and no PyTorch, and do there what
# the README says: examples/try_wheel.sh PYTHON WHEEL
set -euo pipefail
python=$1 wheel=$(realpath "$2") examples=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
CXX=/nonexistent CC=/nonexistent "$work/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: "$wheel"
cd "$work"
export PATH="$work/venv/bin:$PATH"
cp "$examples/images/coffee.jpg" photo.jpg
segprior --version | tee version.txt
grep -q "compiled loops" version.txt
segprior foreground photo.jpg -o mask.png --overlay
segprior segment photo.jpg -o labels.png --overlay
segprior prior photo.jpg -o prior.png
python - <<'CODE'
import sys

import segprior

prior = segprior.fit_prior("photo.jpg", rng=0)
found = segprior.foreground("photo.jpg", rng=0)
found.save("mask.png")
parts = segprior.segment("photo.jpg", coarseness=0.5)
levels = segprior.segment_hierarchy("photo.jpg")
levels.cut(n_segments=12)
assert "torch" not in sys.modules
print(prior, found.labels.shape, parts.labels.max(), sep="\n")
CODE
ls -l mask.png mask_overlay.png labels.png prior.png
du -sm venv | sed 's/venv/MB installed, pip and its like included/'
