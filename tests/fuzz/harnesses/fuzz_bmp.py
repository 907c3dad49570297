"""Atheris for BMP files.

``python -m tests.fuzz.harnesses.fuzz_bmp tests/fuzz/corpus/bmp``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("bmp")
