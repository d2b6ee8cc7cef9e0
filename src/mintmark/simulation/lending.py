"""Lend memory for the large tables of a run, and take it back once nobody can read them any more.

The system clears fresh memory page by page as it is first written to: a good part of what a fast run takes. A run after
another finds memory that is there already.
"""

from __future__ import annotations

import mmap
import weakref
from contextlib import suppress
from typing import Any

import numpy as np

from mintmark.simulation.records import Records

_LARGE_TABLE = 2**22
_LARGE_PAGE = 2**21
_MOST_SPARE = 2**26

_spare: list[mmap.mmap] = []


def lend_rows(rows: int, of: np.dtype[Any]) -> Records:
    """Return ``rows`` to be written before they are read: a large table may hold what an earlier run left.

    It takes memory only where it is written to, in large pages. The memory is nobody else's until the table and every
    view of it are gone.
    """
    size = rows * of.itemsize
    if size < _LARGE_TABLE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.zeros(rows, of)
    memory = _spare_of(size) or _fresh(size)
    table: Records = np.frombuffer(memory, of, rows)
    weakref.finalize(table, _take_back, memory).atexit = False
    return table


def _spare_of(size: int) -> mmap.mmap | None:
    """Take the smallest spare memory for ``size`` bytes that is not twice too large."""
    for memory in sorted(_spare, key=len):
        if size <= len(memory) < 2 * size:
            # Another thread may have been faster.
            with suppress(ValueError):
                _spare.remove(memory)
                return memory
    return None


def _fresh(size: int) -> mmap.mmap:
    # What does not fill a large page would come in hundreds of small ones.
    whole = -(-size // _LARGE_PAGE) * _LARGE_PAGE
    memory = mmap.mmap(-1, whole, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def _take_back(memory: mmap.mmap) -> None:
    if sum(map(len, _spare)) + len(memory) <= _MOST_SPARE:
        _spare.append(memory)
