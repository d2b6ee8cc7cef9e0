"""What the ledger is told about instruments: those that have an imported series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mintmark.ledger import Known


class SeriesInstruments:
    """Answers for each symbol from the imported series; reads them again when it meets one it does not know."""

    def __init__(self, series: Callable[[], Sequence[Mapping[str, Any]]]) -> None:
        self._series = series
        self._known: dict[str, Known] = {}

    def __call__(self, symbol: str) -> Known | None:
        if symbol not in self._known:
            self._known = {
                line["symbol"]: Known(line["symbol"], line["price_basis"] == "adjusted") for line in self._series()
            }
        return self._known.get(symbol)
