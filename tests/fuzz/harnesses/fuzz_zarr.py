"""Atheris for descriptions of Zarr arrays.

``python -m tests.fuzz.harnesses.fuzz_zarr``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("zarr")
