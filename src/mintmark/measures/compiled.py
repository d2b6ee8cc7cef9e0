"""Compile a kernel with numba, cached beside its file, keeping its type for the checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Return ``function`` as machine code: float64, no fast math, division by zero gives infinity."""
    return cast(Kernel, numba.njit(cache=True, error_model="numpy")(function))


def inlined(function: Kernel) -> Kernel:
    """Return ``function`` as machine code that is always placed inside its caller."""
    return cast(Kernel, numba.njit(cache=True, error_model="numpy", forceinline=True)(function))
