"""The operation ``backtesting``: figures on bars nothing has learned from, each run counted."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from mintmark.research.deflation import deflated
from mintmark.research.operations.context import Context
from mintmark.research.operations.library import Library
from mintmark.research.operations.market_file import CAPITAL, first_unseen, window_of, write_market, write_model
from mintmark.research.operations.sheets import sheet_files
from mintmark.research.operations.simulation_ground import partitions_of, prepare_ground, told_of
from mintmark.research.operations.simulation_order import RULE
from mintmark.research.operations.training import random_state_of, require_hash
from mintmark.research.operations.trials import add_trials, data_keys, sharpes_tried, trials_of
from mintmark.runtime import Run, Work
from mintmark.strategy import StrategySpec, folds, periods, read_spec, strategy_hash

if TYPE_CHECKING:
    from mintmark.data import Pack

FIELDS = (
    "success", "strategy_name", "strategy_hash", "model_path", "model_hash", "parameters", "symbols", "timeframe",
    "start", "end", "out_of_sample", "bars", "bars_per_year", "total_trades", "winning_trades", "losing_trades",
    "win_rate", "initial_capital", "final_equity", "net_profit", "total_return", "annual_return", "annual_volatility",
    "sharpe_ratio", "sharpe_per_bar", "sortino_ratio", "calmar_ratio", "max_drawdown", "max_drawdown_bars",
    "profit_factor", "average_win", "average_loss", "largest_win", "largest_loss", "average_holding_bars", "exposure",
    "turnover", "price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost", "cost_profile",
    "benchmark_return", "benchmark_sharpe", "psr", "dsr", "dsr_trials", "pbo", "pbo_splits", "walk_forward", "signals",
    "no_trade_reason", "feature_hash", "equity_path", "trades_path", "sheet_path", "backtest_seconds", "undefined",
    "mark",
)  # fmt: skip


class Backtesting:
    """What a worker does before and after the backtest's own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a backtest."""
        compute = "mintmark.research.operations.backtest_process:compute"
        return Work("backtesting", "backtesting", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write bars, rates and the model into the folder, and say which bars are tested."""
        if run.parameters["strategy_name"] == RULE:
            ground = prepare_ground(self._context, self._library, run)
            return {**ground, "kind": "backtest", "folds": []}
        pack = self._context.data.open(run.metadata["pack_id"])
        spec, text = self._spec(run, pack)
        bars = {symbol: pack.bars(symbol, spec.base) for symbol in spec.universe.symbols}
        stamps = {symbol: found.stamps for symbol, found in bars.items()}
        cut = periods(spec, stamps)
        note = write_model(run.folder, self._library, run.parameters["model_path"])
        in_cycle = run.parent_operation_id is not None
        given = run.parameters.get("window") or {}
        start, stop = (cut.holdout_from, cut.stop) if in_cycle else window_of(given, cut.holdout_from, bars)
        walked = folds(cut, stamps) if in_cycle else ()
        market = write_market(
            run.folder,
            pack,
            bars,
            spec.base,
            run.parameters.get("initial_capital") or CAPITAL.as_json(),
            terms=run.parameters.get("terms", {}),
            start=min([start, *(fold.test_from for fold in walked)]),
            stop=stop,
            priced_before=min(start, cut.holdout_start),
        )
        state = random_state_of(self._context, run)
        identity = {"strategy": strategy_hash(spec), "pack": pack.sha256, "code": self._context.code_version}
        return {
            "text": text,
            "values": run.parameters.get("values", {}),
            "kind": "holdout" if in_cycle else "backtest",
            "random_state": state,
            "start": cut.start,
            "holdout_start": cut.holdout_start,
            "window_start": start,
            "window_stop": stop,
            "folds": [asdict(fold) for fold in walked],
            "out_of_sample": start >= first_unseen(bars, note, cut.embargo_bars),
            "market": market,
            "identity": {**identity, "random_state": str(state), "model": run.parameters["model_path"]},
        }

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the equity, the trades and, outside a cycle, the tear sheet; note what this run's data is known by."""
        pack = self._context.data.open(run.metadata["pack_id"])
        symbols = list(run.metadata["symbols"])
        inputs = json.loads((run.folder / "inputs.json").read_bytes())["inputs"]
        folder = f"results/{run.operation_id}/{run.starts}"
        tables = {name: (run.folder / f"{name}.parquet").read_bytes() for name in ("equity", "trades")}
        told = {**result, **told_of(self._context, pack, run), "out_of_sample": inputs["out_of_sample"]}
        # The report of a cycle shows its backtest already.
        sheets = sheet_files(pack, told, tables) if run.parent_operation_id is None else {}
        files = {**{f"{name}.parquet": content for name, content in tables.items()}, **sheets}
        kept = {name: self._library.keep(f"{folder}/{name}", content) for name, content in files.items()}
        return {
            **told,
            "success": True,
            "equity_path": kept["equity.parquet"]["path"],
            "trades_path": kept["trades.parquet"]["path"],
            "sheet_path": kept["sheet.html"]["path"] if sheets else None,
            "kept": list(kept.values()),
            "keys": sorted(data_keys(symbols, partitions_of(pack, symbols))),
        }

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Count this backtest's runs, and deflate its Sharpe ratio by all that share its data."""
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        made_at = self._context.clock.now()
        runs = trials_of(result["trials"])
        add_trials(connection, run.operation_id, result["strategy_hash"], result["keys"], runs, made_at)
        dsr, tries, why = deflated(sharpes_tried(connection, result["keys"]), result["moments"])
        found = {**result, "dsr": dsr, "dsr_trials": tries}
        if why is not None:
            found["undefined"] = {**found["undefined"], "dsr": why}
            if tries is None:
                found["undefined"]["dsr_trials"] = why
        return {field: found[field] for field in FIELDS}

    def _spec(self, run: Run, pack: Pack) -> tuple[StrategySpec, str]:
        text = run.parameters.get("text") or self._library.strategy(run.parameters["strategy_name"]).text
        spec = read_spec(text, pack.facts()).require()
        require_hash(spec, run.parameters["strategy_hash"])
        return spec, text
