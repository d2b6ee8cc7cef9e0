"""The library of boosted trees, loaded for a process that hands it arrays."""

from __future__ import annotations

import sys

_UNUSED = ("pandas", "sklearn")


def load_trees() -> None:
    """Load lightgbm without pandas and scikit-learn.

    Where these are installed lightgbm loads both, for callers who hand it tables or use its
    estimators, and that takes longer than the training of a small model. What hides them
    stays hidden from lightgbm for the life of the process: only a computing process, which
    ends with its computation, may call this.
    """
    hidden = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how an import is made to fail
    try:
        import lightgbm  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]
