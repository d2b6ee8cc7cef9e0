"""Compile a kernel with numba, cached beside its file, keeping its type for the checker.

A kernel lets the other threads of Python run while it does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Return ``function`` as machine code: float64, no fast math, division by zero gives infinity."""
    return cast(Kernel, _cached(numba.njit(cache=True, nogil=True, error_model="numpy")(function)))


def unmanaged(function: Kernel) -> Kernel:
    """Return ``function`` as machine code that counts no references; it may not make arrays."""
    return cast(Kernel, _cached(numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)))


def inlined(function: Kernel) -> Kernel:
    """Return ``function`` as unmanaged machine code that is always placed inside its caller."""
    options = {"nogil": True, "error_model": "numpy", "_nrt": False, "forceinline": True}
    return cast(Kernel, _cached(numba.njit(cache=True, **options)(function)))


def _cached(kernel: Any) -> Any:
    # numba watches the kernel's own file only, but a kernel holds machine code of the files it calls as well.
    known = FunctionCache(kernel.py_func)
    known._cache_file._source_stamp = sources(Path(kernel.py_func.__code__.co_filename).parent)
    kernel._cache = known
    return kernel


@cache
def sources(room: Path) -> tuple[tuple[str, int, int], ...]:
    """Return name, time of change and size of every file a kernel of ``room`` may hold code of."""
    files = sorted({*room.glob("*.py"), *Path(__file__).parent.glob("*.py")})
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)
