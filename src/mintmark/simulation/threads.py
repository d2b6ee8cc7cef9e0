"""Work on many threads whose results do not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


def each_of(work: Callable[[Given], Found], given: Sequence[Given], threads: int) -> list[Found]:
    """Return what ``work`` makes of each of ``given``, in their order.

    >>> each_of(lambda number: number * number, range(4), 2)
    [0, 1, 4, 9]
    """
    if threads == 1:
        return [work(one) for one in given]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, given))
