"""Does the images of a batch in this process, where no workers are to be started."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from segprior.batch.items import Item


class Here:
    """A crew of one: this process."""

    def __init__(self, function: Callable[[Item], dict[str, Any]]) -> None:
        self._function = function
        self._queue: deque[Item] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, job: Item) -> None:
        self._queue.append(job)

    def wait(self, timeout: float | None = None) -> list[tuple[Item, dict[str, Any]]]:
        item = self._queue.popleft()
        return [(item, self._function(item))]

    def close(self) -> None:
        self._queue.clear()
