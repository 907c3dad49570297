"""Atheris for manifests of batches.

``python -m tests.fuzz.harnesses.fuzz_manifest tests/fuzz/corpus/manifest``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("manifest")
