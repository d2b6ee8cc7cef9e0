"""The array types of this room."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


def plain(column: FloatArray) -> FloatArray:
    """Return ``column`` as the compiled loops know it: contiguous and writable, copied only where it is not."""
    return np.require(column, dtype=np.float64, requirements=["C", "W"])
