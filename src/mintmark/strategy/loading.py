"""The libraries of indicators and of trees, loaded for a process that hands them arrays.

Where pandas, polars or scikit-learn are installed these libraries load them too, for callers who hand them tables or
use their estimators, and that takes longer than the training of a small model. What is hidden from a library stays
hidden from it for the life of the process: only a computing process, which ends with its computation, may call this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


def load_indicators() -> None:
    """Load TA-Lib without tables."""
    with _hidden("pandas", "polars"):
        import talib  # noqa: F401


def load_trees() -> None:
    """Load lightgbm without tables and estimators."""
    with _hidden("pandas", "sklearn"):
        import lightgbm  # noqa: F401


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Let the imports of ``names`` fail in the block, as where they are not installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how an import is made to fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
