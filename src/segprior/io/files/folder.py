"""Write several files into a folder, all of them or none."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from segprior.errors import OutputError
from segprior.io.files.durable import sync_folder, sync_tree

__all__ = ["write_folder"]


def write_folder(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> list[Path]:
    """Put files into a folder, which is made if missing.

    They are first written to a new folder beside it and then moved, so that nothing is left behind
    when the writing fails or is interrupted.

    Parameters
    ----------
    folder : str or path-like
        Other files in it are left alone; those of the same name are replaced.
    files : mapping of str to bytes
        Content by name.

    Returns
    -------
    list of pathlib.Path
        The files, in order.

    Raises
    ------
    OutputError
        If ``folder`` is a file, has no parent folder, or cannot be written to.
    """
    given = Path(folder)
    try:
        target = given.resolve()
        if target.exists() and not target.is_dir():
            raise OutputError(f"cannot write to {given}: it is a file; name a folder")
        if not target.parent.is_dir():
            raise OutputError(f"cannot make {given}: no folder {given.parent}; make it first")
        # Not tempfile, whose folders only their owner may enter.
        beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            beside.mkdir()
            for name, data in files.items():
                (beside / name).write_bytes(data)
            sync_tree(beside)
            if not target.exists():
                beside.replace(target)
                sync_folder(target.parent)
            else:
                for name in files:
                    (beside / name).replace(target / name)
                sync_folder(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"cannot write to {given}: {reason}; choose a place that can be written to"
        ) from error
    return [given / name for name in files]
