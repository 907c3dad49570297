"""A batch whose work is copying, for the tests of batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from segprior.batch.items import Item
from segprior.batch.run import Progress, run_batch
from segprior.config.running import BatchConfig
from segprior.errors import ImageError
from segprior.io.files.atomic import open_atomically


def copy(item: Item, pause: float = 0.0) -> dict[str, Any]:
    """Stands in for a segmentation: the result is the input."""
    data = item.source.read_bytes()
    if data == b"bad":
        raise ImageError(f"{item.source}: bad")
    for file in item.files:
        with open_atomically(file) as stream:
            stream.write(data[:1])
            time.sleep(pause)
            stream.write(data[1:])
    return {"length": len(data)}


def batch(images: Path, work: Callable[[Item], dict[str, Any]] = copy, **options: Any) -> Progress:
    workers = options.pop("workers", 2)
    options.setdefault("settings", {"k": 2})
    config = BatchConfig(workers=workers, interval=0.1)
    return run_batch(work, images, images.parent / "out", config=config, **options)
