"""Atheris for NumPy's .npy files.

``python -m tests.fuzz.harnesses.fuzz_npy tests/fuzz/corpus/npy``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("npy")
