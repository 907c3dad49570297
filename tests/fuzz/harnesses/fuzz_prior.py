"""Atheris for priors in .npz files.

``python -m tests.fuzz.harnesses.fuzz_prior tests/fuzz/corpus/prior``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("prior")
