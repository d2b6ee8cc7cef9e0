"""The operation ``selftest``: the gates fed with cycles nobody asked for, of noise and of planted edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from mintmark.domain import Refused, Timeframe
from mintmark.research.operations.asking import pack_for
from mintmark.research.operations.library import Library
from mintmark.research.operations.market_file import CAPITAL, write_market
from mintmark.research.operations.sheets import selftest_files
from mintmark.runtime import Run, Work
from mintmark.store import make_folder

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.research.operations.context import Context

SELFTEST = "selftest"
_ASKED = ("cycles", "edges", "sizes", "turning", "random_state", "workers")


def read_selftest(
    context: Context,
    *,
    symbols: Sequence[str] | None = None,
    timeframe: str | None = None,
    pack_id: str | None = None,
    random_state: int | None = None,
    **asked: Any,
) -> dict[str, Any]:
    """Return what the operation stores of what is ``asked``; by default all tradable series of the coarsest base.

    Raises:
        Refused: ``no_pack``, ``not_found``; ``bad_value`` for a size named twice.
    """
    sizes = asked["sizes"]
    if len(set(sizes)) < len(sizes):
        message = f"expected each size once, found {', '.join(map(str, sizes))}"
        raise Refused(message, code="bad_value", field="sizes", value=", ".join(map(str, sizes)))
    pack, chosen, base = _series_of(context, symbols or (), timeframe, pack_id)
    state = context.rules.random_state if random_state is None else random_state
    return {
        "symbols": chosen,
        "timeframes": [base],
        "pack_id": pack.id,
        "start": None,
        "end": None,
        "parameters": {**asked, "random_state": state},
    }


def _series_of(
    context: Context, symbols: Sequence[str], timeframe: str | None, pack_id: str | None
) -> tuple[Pack, list[str], str]:
    pack = pack_for(context, pack_id, symbols, timeframe)
    known = {symbol: found for symbol, found in pack.facts().symbols.items() if found.tradable}
    if not set(symbols) <= set(known):
        missing = ", ".join(sorted(set(symbols) - set(known)))
        message = f"{pack.id} holds no tradable {missing}; it holds {', '.join(sorted(known))}"
        raise Refused(message, code="no_pack", symbols=list(symbols))
    bases = [known[symbol].base_timeframe for symbol in symbols or known]
    chosen = Timeframe(timeframe) if timeframe else max(bases, key=lambda frame: frame.seconds)
    fitting = [
        symbol
        for symbol, found in sorted(known.items())
        if chosen == found.base_timeframe or chosen.is_multiple_of(found.base_timeframe)
    ]
    return pack, list(symbols) or fitting, str(chosen)


class SelfTesting:
    """What a worker does before and after the cycles' own process. They are tries of no strategy, and count none."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a test of the gates."""
        compute = "mintmark.research.operations.selftest_process:compute"
        return Work(SELFTEST, "simulation", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write bars, rates and terms of each series into a folder of its own; return what is asked with them."""
        pack = self._context.data.open(run.metadata["pack_id"])
        (timeframe,) = run.metadata["timeframes"]
        series = [self._series(run, pack, symbol, timeframe) for symbol in run.metadata["symbols"]]
        asked = {name: run.parameters[name] for name in _ASKED}
        bound = {name: str(asked[name]) for name in _ASKED if name != "workers"}
        known = {"pack": pack.sha256, "code": self._context.code_version, "series": str(run.metadata["symbols"])}
        return {**asked, "timeframe": timeframe, "series": series, "identity": {**bound, **known, "frame": timeframe}}

    def _series(self, run: Run, pack: Pack, symbol: str, timeframe: str) -> dict[str, Any]:
        """Write what is known of ``symbol``; a path keeps its stamps, so its rates are the path's."""
        facts, bars = pack.facts().symbols[symbol], pack.bars(symbol, timeframe)
        name = f"series_{run.metadata['symbols'].index(symbol)}"
        make_folder(run.folder / name)
        first, stop = int(bars.stamps[0]), int(bars.stamps[-1]) + 1
        market = write_market(
            run.folder / name, pack, {symbol: bars}, timeframe, CAPITAL.as_json(), start=first, stop=stop,
            priced_before=stop,
        )  # fmt: skip
        known = {"volume_known": facts.volume_known, "shortable": facts.shortable}
        return {"symbol": symbol, "folder": name, "market": market, **known}

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the table of cycles and the sheet."""
        pack = self._context.data.open(run.metadata["pack_id"])
        folder = f"results/{run.operation_id}/{run.starts}"
        told = {
            "success": True,
            "pack_id": pack.id,
            "pack_sha256": pack.sha256,
            "symbols": list(run.metadata["symbols"]),
            "timeframe": run.metadata["timeframes"][0],
            **{name: value for name, value in run.parameters.items() if name != "workers"},
            **result,
            "mark": self._context.mark(pack, run.operation_id),
        }
        files = {"cycles.parquet": (run.folder / "cycles.parquet").read_bytes(), **selftest_files(told)}
        kept = {name: self._library.keep(f"{folder}/{name}", content) for name, content in files.items()}
        paths = {"cycles_path": kept["cycles.parquet"]["path"], "sheet_path": kept["sheet.html"]["path"]}
        return {**told, **paths, "kept": list(kept.values())}

    def finish(self, connection: Connection, run: Run, result: Mapping[str, Any]) -> dict[str, Any]:
        """Note the files."""
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        return {name: value for name, value in result.items() if name != "kept"}
