"""The bundled samples become series and packs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from mintmark.data.macro import macro_frame
from mintmark.data.operations.intake import Intake, declare
from mintmark.data.operations.packing import Packing
from mintmark.data.operations.records import Records
from mintmark.data.providers import portfolio_sample, sample
from mintmark.data.tables import stored_series
from mintmark.domain import Refused, Timeframe
from mintmark.store import Database


class Sampling:
    """Brings real series in that need no network; twice changes nothing."""

    def __init__(self, database: Database, intake: Intake, records: Records, packing: Packing) -> None:
        self._database = database
        self._intake = intake
        self._records = records
        self._packing = packing

    def sample(self) -> dict[str, Any]:
        """Store the series bundled with ``arch`` and seal them as of 2018-12-31.

        Refuses: ``sample_unavailable``, ``series_exists`` when another source holds one of its names.
        """
        reports, dropped = self._arch()
        sealed = self._packing.seal(sample.AS_OF, sample.POLICY, sources={sample.SOURCE})
        manifest = self._packing.manifest(sealed["pack_id"])
        macro = [
            {**{key: one[key] for key in ("name", "unit", "rows", "first", "last")}, "dropped": dropped[one["name"]]}
            for one in manifest["macro"]
        ]
        bars = [{key: one[key] for key in ("symbol", "timeframe", "rows", "first", "last")} for one in reports]
        return {**sealed, "series": bars, "macro": macro}

    def portfolio_sample(self) -> dict[str, Any]:
        """Store eight shares, the index, factors, yields, prices and the quarterly economy, and seal two days of them.

        At 2009-06-30 all but the Treasury curve is known that a regime asks for; at 2018-11-30 unemployment has ended.
        The packs begin to warm; what makes them fresh is asked of them like of any other.
        Refuses: as ``sample``.
        """
        self._names_are_free(portfolio_sample.SHARES, portfolio_sample.SHARES_SOURCE)
        self._arch()
        for symbol in portfolio_sample.SHARES:
            declared = declare(
                symbol, Timeframe.D1, "equity", portfolio_sample.SHARES_SOURCE, rights=sample.RIGHTS,
                price_basis="adjusted",
            )  # fmt: skip
            self._intake.take_frame(portfolio_sample.sample_closes(symbol), declared)
        self._take(portfolio_sample.sample_quarters())
        sources = {sample.SOURCE, portfolio_sample.SHARES_SOURCE, portfolio_sample.MACRO_SOURCE}
        packs = [
            self._packing.seal(day, portfolio_sample.POLICY, sources=sources)["pack_id"]
            for day in portfolio_sample.DAYS
        ]
        return {
            "packs": packs,
            "symbols": list(portfolio_sample.SHARES),
            "benchmark": "SP500",
            "base_currency": "USD",
            "policy": portfolio_sample.POLICY,
        }

    def _arch(self) -> tuple[list[dict[str, Any]], dict[str, int]]:
        self._names_are_free(sample.INDICES, sample.SOURCE)
        reports = []
        for symbol, folder in sample.INDICES.items():
            declared = declare(symbol, Timeframe.D1, "index", sample.SOURCE, rights=sample.RIGHTS)
            reports.append(self._intake.take_frame(sample.sample_bars(folder), declared))
        return reports, self._take(sample.sample_macro())

    def _take(self, series: Iterable[Any]) -> dict[str, int]:
        empty = {}
        for declared, rows in series:
            frame, empty[declared.name] = macro_frame(declared, rows)
            self._records.take_macro(declared, frame, empty[declared.name])
        return empty

    def _names_are_free(self, symbols: Collection[str], source: str) -> None:
        with self._database.read() as connection:
            held = {one.symbol: one.source for one in stored_series(connection, timeframe=Timeframe.D1.value)}
        for symbol in symbols:
            found = held.get(symbol, source)
            if found != source:
                message = f"{symbol} 1d is held from {found}: the sample would replace it"
                raise Refused(message, code="series_exists", symbol=symbol, source=found)
