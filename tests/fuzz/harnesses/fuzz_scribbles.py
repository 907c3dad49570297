"""Atheris for points of scribbles in .csv files.

``python -m tests.fuzz.harnesses.fuzz_scribbles tests/fuzz/corpus/scribbles``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("scribbles")
