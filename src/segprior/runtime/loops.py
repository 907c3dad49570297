"""The compiled loops: which of their libraries is loaded, and how its functions are called.

They are built from ``native/`` when the package is, one library for each instruction set, and
called through :mod:`ctypes`, which lets go of Python's lock. ``SEGPRIOR_LOOPS`` chooses among them:
``base``, ``avx2``, ``avx512``, or ``none`` for the plain ways that need none.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CURE",
    "address",
    "are_there",
    "bytes_",
    "described",
    "doubles",
    "floats",
    "function",
    "ints",
    "is_broken",
]

# In the order of what `instruction_set` in native/src/loops.h returns.
_SETS = ("base", "avx2", "avx512")
_NAMES = {"avx2": "AVX2", "avx512": "AVX-512"}
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_VARIABLE = "SEGPRIOR_LOOPS"

# What to do where there are none.
CURE = "install a C++ compiler (g++ on Debian and Fedora, Xcode's on macOS) and then segprior again"


def floats() -> Any:
    """The type of an argument that is a contiguous array of float32."""
    return _pointer("float32")


def doubles() -> Any:
    """The same of float64."""
    return _pointer("float64")


def ints() -> Any:
    """The same of int32."""
    return _pointer("int32")


def bytes_() -> Any:
    """The same of uint8."""
    return _pointer("uint8")


@cache
def _pointer(kind: Any) -> Any:
    from numpy.ctypeslib import ndpointer

    return ndpointer(kind, flags="C_CONTIGUOUS")


def address(array: NDArray[Any], kind: Any) -> int:
    """Where an array starts, for the field of a structure.

    Raises
    ------
    TypeError
        If the array is of another type or not contiguous.
    """
    if array.dtype != kind or not array.flags.c_contiguous:
        raise TypeError(f"got {array.dtype}, strides {array.strides}, for contiguous {kind}")
    return array.ctypes.data


def are_there() -> bool:
    """Whether there are compiled loops, and they are wanted."""
    return _library() is not None


def is_broken() -> bool:
    """Whether there are none because what was installed cannot be loaded."""
    return bool(_found()[1])


def described() -> str:
    """Say which loops are in use, for ``segprior --version``."""
    library, problem = _found()
    if library is None:
        return f"plain NumPy loops: {problem}" if problem else "plain NumPy loops"
    name = library[0]
    return f"compiled loops{f', {_NAMES[name]}' if name in _NAMES else ''}"


def function(name: str, *arguments: Any, result: Any = ctypes.c_int) -> Callable[..., Any]:
    """Look up a function of the library; see ``native/src/loops.h``.

    Parameters
    ----------
    name : str
    *arguments
        Types of its arguments, as :mod:`ctypes` takes them.
    result
        Type of what it returns; of an int it is checked that it is 0, and of a pointer that it is
        not null.

    Raises
    ------
    RuntimeError
        If there are no compiled loops.
    """
    library = _library()
    if library is None:
        raise RuntimeError(f"there are no compiled loops; {CURE}")
    found = library[1][name]
    found.argtypes = arguments
    found.restype = result
    if result is ctypes.c_int or result is ctypes.c_void_p:
        found.errcheck = _checked
    return found


def _checked(result: Any, function: Any, arguments: Any) -> Any:
    if result is None or (function.restype is ctypes.c_int and result != 0):
        raise MemoryError("not enough memory for the compiled loops")
    return result


@cache
def _library() -> tuple[str, ctypes.CDLL] | None:
    library, problem = _found()
    if problem:
        warnings.warn(
            f"{problem}: all is slower, and priors need PyTorch; install segprior again",
            stacklevel=3,
        )
    return library


@cache
def _found() -> tuple[tuple[str, ctypes.CDLL] | None, str]:
    """The library, or what is wrong with the one that there is."""
    try:
        return _chosen(), ""
    except OSError as error:
        return None, str(error)


def _chosen() -> tuple[str, ctypes.CDLL] | None:
    wanted = os.environ.get(_VARIABLE, "")
    if wanted not in ("", "none", *_SETS):
        raise ConfigError(f"{_VARIABLE}={wanted}: choose {', '.join(_SETS)} or none")
    folder = _folder()
    if wanted == "none" or folder is None:
        return None
    base = _loaded(folder / f"loops_base{_SUFFIX}")
    best = int(base.instruction_set())
    if wanted and _SETS.index(wanted) > best:
        raise ConfigError(f"{_VARIABLE}={wanted}: this processor has no {_NAMES[wanted]}")
    for name in [wanted] if wanted else reversed(_SETS[: best + 1]):
        path = folder / f"loops_{name}{_SUFFIX}"
        if name == "base":
            return name, base
        if path.exists():
            return name, _loaded(path)
    raise ConfigError(f"{_VARIABLE}={wanted}: not built here")


def _loaded(path: Path) -> ctypes.CDLL:
    try:
        with path.open("rb") as file:
            head, size = file.read(64), os.fstat(file.fileno()).st_size
        if head[:5] == b"\x7fELF\2" and len(head) == 64:
            # Its table of sections comes last; a file that ends before would end this process.
            (place,), (each, count) = (
                struct.unpack_from("<Q", head, 40),
                struct.unpack_from("<2H", head, 58),
            )
            if place + each * count > size:
                raise OSError(f"{size} bytes are not all of it")
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise OSError(f"{path} cannot be loaded ({error.strerror or error})") from error


def _folder() -> Path | None:
    """Where the libraries are: beside this file, or, when developing, where they were installed."""
    name = f"loops_base{_SUFFIX}"
    here = Path(__file__).parent
    if (here / name).exists():
        return here
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        installed = distribution("segprior").locate_file("segprior/runtime")
    except PackageNotFoundError:
        return None
    folder = Path(str(installed))
    return folder if (folder / name).exists() else None
