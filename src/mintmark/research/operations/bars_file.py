"""Bars as bytes, to hand a process exactly the bars it may see."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from mintmark.domain import Bars, Timeframe

_COLUMNS = ("stamps", "open", "high", "low", "close", "volume", "spread")


def write_bars(bars: Mapping[str, Bars]) -> bytes:
    """Return ``bars`` of each symbol as one archive of arrays."""
    arrays = {
        f"{number}/{name}": getattr(found, name)
        for number, found in enumerate(bars.values())
        for name in _COLUMNS
        if getattr(found, name) is not None
    }
    names = np.array([[symbol, str(found.timeframe)] for symbol, found in bars.items()])
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, names=names, **arrays)
    return buffer.getvalue()


def read_bars(content: bytes) -> dict[str, Bars]:
    """Return the bars ``write_bars`` wrote, by symbol."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        found = {}
        for number, (symbol, timeframe) in enumerate(held["names"].tolist()):
            keys = {name: f"{number}/{name}" for name in _COLUMNS}
            columns = {name: held[key] for name, key in keys.items() if key in held.files}
            found[symbol] = Bars(symbol, Timeframe(timeframe), **columns)
        return found


def before(bars: Bars, stop: int) -> Bars:
    """Return the bars whose stamp lies before ``stop`` (ns)."""
    return bars.part(0, int(np.searchsorted(bars.stamps, stop)))
