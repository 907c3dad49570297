"""Atheris for GIF files.

``python -m tests.fuzz.harnesses.fuzz_gif tests/fuzz/corpus/gif``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("gif")
