"""Atheris for TIFF files, whole and in windows.

``python -m tests.fuzz.harnesses.fuzz_tiff tests/fuzz/corpus/tiff``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("tiff")
