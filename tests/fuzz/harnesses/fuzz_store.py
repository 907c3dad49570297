"""Atheris for what evaluate keeps.

``python -m tests.fuzz.harnesses.fuzz_store tests/fuzz/corpus/store``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("store")
