"""Atheris for JPEG files.

``python -m tests.fuzz.harnesses.fuzz_jpeg tests/fuzz/corpus/jpeg``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("jpeg")
