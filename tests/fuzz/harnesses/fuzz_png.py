"""Atheris for PNG files.

``python -m tests.fuzz.harnesses.fuzz_png tests/fuzz/corpus/png``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("png")
