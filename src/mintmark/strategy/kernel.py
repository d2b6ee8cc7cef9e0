"""The one way this room compiles: cached, exact order of operations, no fast maths."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., object])


def kernel(function: _Function) -> _Function:
    """Compile ``function`` at its first call and keep the code in numba's cache."""
    return cast(_Function, njit(cache=True)(function))
