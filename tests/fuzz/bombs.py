"""What files that promise much cost: ``python -m tests.fuzz.bombs [--bytes N] [NAME ...]``.

Each is made, read in a process of its own, and told of by a line of JSON: its name, seconds of the
processor, megabytes of memory above those of a process that has read nothing, and what came of it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from segprior.batch.items import find_items
from segprior.batch.manifest import Manifest
from segprior.errors import SegpriorError
from segprior.io.ground_truth import read_mask, read_regions
from segprior.io.image import as_image
from segprior.io.marks.reader import read_marks
from segprior.io.window_reader import open_windows
from segprior.methods.double_dip.hints import as_hint
from segprior.methods.multiclass.levels import Hierarchy
from segprior.prior.prior import Prior
from tests.helpers.bombs import pictures
from tests.helpers.bombs_arrays import arrays

__all__ = ["BOMBS", "main"]

BOMBS = dict([*pictures(), *arrays()])
_LIMIT, _SECONDS = 4 << 30, 60


def _windows(path: Path) -> None:
    with open_windows(path) as file:
        file.read(slice(0, min(file.shape[0], 64)), slice(0, min(file.shape[1], 64)))


def _pages(path: Path) -> None:
    as_image(path, page=20_000)


_READERS: dict[str, tuple[Callable[[Path], Any], ...]] = {
    "prior": (Prior.load,),
    "hierarchy": (Hierarchy.load,),
    "truth": (lambda path: read_regions([path]),),
    "mask": (read_mask,),
    "hint": (as_hint,),
    "scribbles": (lambda path: read_marks(path, (32, 32)),),
    "list": (lambda path: find_items(path, Path("out")),),
    "manifest": (lambda path: Manifest(path.parent),),
    "tiff": (as_image, _windows),
    "ome": (as_image, _windows),
    "zarr": (as_image, _windows),
    "gif": (as_image, _pages),
}


def _read(name: str, path: Path) -> tuple[float, str]:
    """Read a file in each way there is; return seconds of the slowest, and what came of all."""
    told, seconds = [], 0.0
    for read in _READERS.get(name.partition("-")[0], (as_image,)):
        start = time.process_time()
        try:
            read(path)
            told.append("read")
        except SegpriorError as error:
            told.append(f"refused: {error}".replace(str(path.parent), ""))
        except BaseException as error:
            told.append(f"{type(error).__name__}: {error}")
        seconds = max(seconds, time.process_time() - start)
    return seconds, "; ".join(told)


def _peak() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << (20 if sys.platform == "darwin" else 10))


def _measure(name: str, path: Path) -> dict[str, object]:
    """Read a file in a process that is like this one until then."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        resource.setrlimit(resource.RLIMIT_DATA, (_LIMIT, _LIMIT))
        signal.alarm(_SECONDS)
        with contextlib.suppress(OSError):  # Linux: what making it took is not what reading does
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _peak()
        seconds, told = _read(name, path)
        found = {"name": name, "seconds": seconds, "megabytes": _peak() - before, "told": told}
        os.write(theirs, json.dumps(found).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as stream:
        data = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    row: dict[str, object] = json.loads(data) if data else {"name": name, "told": f"exit {code}"}
    return row


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.bombs", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BOMBS], help="these only")
    parser.add_argument("--bytes", type=int, default=1 << 30, help="what compressed ones become")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    _warm()
    for name in given.names or BOMBS:
        with tempfile.TemporaryDirectory() as folder:
            path = BOMBS[name](Path(folder), given.bytes)
            print(json.dumps(_measure(name, path)), flush=True)


def _warm() -> None:
    """Import what reading needs, so that it counts for none."""
    from PIL import Image

    Image.init()
    for name in ("scipy.io", "tifffile", "numcodecs", "zarr"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


if __name__ == "__main__":
    main()
