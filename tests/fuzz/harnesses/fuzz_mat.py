"""Atheris for ground truth and label maps in .mat files.

``python -m tests.fuzz.harnesses.fuzz_mat tests/fuzz/corpus/mat``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("mat")
