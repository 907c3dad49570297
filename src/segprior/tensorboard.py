"""A live view in TensorBoard: loss, number of labels, and the segmentation as it evolves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from segprior.callbacks import Event
from segprior.errors import OutputError
from segprior.image.palette import label_colours
from segprior.runtime.extras import need

__all__ = ["TensorBoard", "check_tensorboard"]


def check_tensorboard() -> None:
    """Raise a ConfigError that names the command to install TensorBoard, if it is missing."""
    need("tensorboard", "tensorboard")


class TensorBoard:
    """A callback that writes what it hears for TensorBoard; use it as a context manager.

    Parameters
    ----------
    folder : str or path-like
        Where to write; ``tensorboard --logdir`` is pointed at it, or at the folder it is in.
    every : int
        Write the label map every so many iterations; numbers are written at each.

    Raises
    ------
    ConfigError
        If TensorBoard is not installed.
    OutputError
        If the folder cannot be written to.

    Examples
    --------
    >>> import segprior
    >>> with segprior.TensorBoard("runs/photo") as board:  # doctest: +SKIP
    ...     segprior.segment("photo.jpg", callback=board)
    """

    def __init__(self, folder: str | os.PathLike[str], every: int = 10) -> None:
        check_tensorboard()
        from torch.utils.tensorboard import SummaryWriter

        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._writer: Any = SummaryWriter(os.fspath(folder))
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(
                f"cannot write {folder}: {reason}; choose a place that can be written to"
            ) from error
        self.every = every

    def __call__(self, event: Event) -> None:
        name = event.stage if event.members == 1 else f"{event.stage}/member {event.member}"
        self._writer.add_scalar(f"{name}/loss", event.loss, event.iteration)
        if event.labels is not None:
            self._writer.add_scalar(f"{name}/labels", event.labels, event.iteration)
        if event.label_map is not None and (event.iteration - 1) % self.every == 0:
            picture = label_colours(event.label_map + 1)
            self._writer.add_image(
                f"{name}/segmentation", picture, event.iteration, dataformats="HWC"
            )
            self._writer.flush()

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
