"""The tear sheet of a backtest: one HTML file that needs no network, and its pictures.

Pure: what it shows is handed in, and the same input gives the same bytes. Every figure is of ``measures``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Bars, iso, label_of, moment_of, plain, words
from mintmark.research.drawing import Drawing, svg
from mintmark.research.report_charts import EquityCurve, equity_drawing
from mintmark.research.sheet_charts import (
    Prices,
    Trades,
    cost_drawing,
    fan_drawing,
    month_drawing,
    return_drawing,
    trade_drawing,
)
from mintmark.research.sheet_parts import Sheet, SheetPart, SheetTable, figure_text, html_of, pictures_of, tiles_of
from mintmark.simulation import BacktestResult

FloatArray = NDArray[np.float64]

_TILES = ("sharpe_ratio", "total_return", "max_drawdown", "total_trades", "win_rate", "profit_factor")
_COSTS = ("price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost", "net_profit")
_MOST_SYMBOLS = 4
_NO_TRADES = "No trade was made, or no prices were handed over to draw it on."

FORMULAS: Mapping[str, str] = {
    "total_return": "last equity / capital − 1",
    "annual_return": "(last equity / capital)^(A / n) − 1",
    "annual_volatility": "std(r) √A",
    "sharpe_per_bar": "mean(r − rf / A) / std(r), Sharpe 1994",
    "sharpe_ratio": "sharpe_per_bar √A, Sharpe 1994",
    "sortino_ratio": "mean(x) / √mean(min(x, 0)²) √A, Sortino and van der Meer 1991",
    "max_drawdown": "max(1 − equity / peak)",
    "max_drawdown_bars": "longest run of bars under a peak",
    "ulcer_index": "√mean(drawdown²), Martin and McCann 1989",
    "calmar_ratio": "annual_return / max_drawdown",
    "recovery_factor": "total_return / max_drawdown",
    "omega_ratio": "Σ max(r, 0) / Σ max(−r, 0), Keating and Shadwick 2002",
    "var_95": "−5th percentile of r, linear",
    "cvar_95": "−mean of the worst 5 % of r, Rockafellar and Uryasev 2000",
    "cvar_99": "−mean of the worst 1 % of r",
    "skewness": "third standardised moment, biased",
    "excess_kurtosis": "fourth standardised moment − 3, biased",
    "tail_ratio": "|95th percentile| / |5th percentile|",
    "total_trades": "closed trades",
    "winning_trades": "net_profit > 0",
    "losing_trades": "net_profit < 0",
    "win_rate": "winning_trades / total_trades",
    "profit_factor": "Σ wins / −Σ losses, net",
    "expectancy": "mean net_profit",
    "average_win": "mean of the wins",
    "average_loss": "mean of the losses",
    "largest_win": "largest net_profit",
    "largest_loss": "smallest net_profit",
    "average_holding_bars": "mean(exit bar − entry bar)",
    "exposure": "share of bars with a position at the close",
    "turnover": "traded notional / mean equity",
    "mfe_capture": "Σ return / Σ best excursion",
    "psr": "probabilistic Sharpe against 0, Bailey and López de Prado 2012",
    "dsr": "deflated Sharpe over the tries counted, Bailey and López de Prado 2014",
    "dsr_trials": "tries that share this data",
}
"""How each metric is computed: r returns of n bars, A bars a year, x = r − rf / A."""


@dataclass(frozen=True)
class SheetInput:
    """All a tear sheet shows.

    ``figures``: metrics by their one name, with ``undefined`` saying why where one is None; the money ones as
    ``Money`` bodies or bare numbers. ``trades``: the columns of ``BacktestResult.trade_columns``. ``prices``: what
    the trades are drawn on. ``paths``: equity of Monte Carlo runs, (n_paths, n_bars). ``mark``: as JSON.
    """

    title: str
    curve: EquityCurve
    trades: Trades
    figures: Mapping[str, Any]
    bars_per_year: float
    prices: Sequence[Prices] = ()
    mark: Mapping[str, Any] = field(default_factory=dict)
    paths: FloatArray | None = None
    paths_title: str = "Monte Carlo"
    notes: Sequence[str] = ()

    @classmethod
    def of(
        cls, result: BacktestResult, bars: Sequence[Bars], *, title: str, benchmark: FloatArray | None = None,
        mark: Mapping[str, Any] | None = None, paths: FloatArray | None = None, more: Mapping[str, Any] | None = None,
    ) -> SheetInput:  # fmt: skip
        """Return what the sheet of ``result`` shows, run on ``bars``; ``more`` joins its figures."""
        capital = float(result.capital)
        curve = EquityCurve(result.stamps, result.equity, benchmark, result.currency, capital=capital)
        money = {name: amount.as_json() for name, amount in result.money().items()}
        figures = {**result.metrics, **money, "undefined": result.undefined, **(more or {})}
        notes = [f"{count:,} orders or parts of one not done: {words(code)}" for code, count in _counts(result)]
        return cls(
            title, curve, result.trade_columns(), figures, result.bars_per_year, prices_of(bars), mark or {}, paths,
            notes=notes,
        )  # fmt: skip


def prices_of(bars: Sequence[Bars]) -> tuple[Prices, ...]:
    """Return the closes of ``bars``, numbered as the trades number them."""
    return tuple(Prices(one.symbol, at, one.stamps, one.close) for at, one in enumerate(bars))


def _counts(result: BacktestResult) -> list[tuple[str, int]]:
    return list(result.rejections.items())


def sheet_of(given: SheetInput, more: Sequence[SheetPart] = ()) -> Sheet:
    """Return the tear sheet of ``given``; the parts ``more`` stand before its metrics."""
    drawings = drawings_of(given)
    titles = {"equity": "Equity", "months": "Months", "trades": "Trades", "returns": "Returns", "costs": "Costs"}
    parts = []
    for name, title in {**titles, "fan": "Monte Carlo"}.items():
        shown = {key: drawing for key, drawing in drawings.items() if key.split("_")[0] == name}
        if shown:
            parts.append(SheetPart(name, title, drawings=shown))
        elif name == "trades":
            parts.append(SheetPart(name, title, [_NO_TRADES]))
    parts += [*more, metrics_part(given.figures)]
    if given.notes:
        parts.append(SheetPart("notes", "Notes", given.notes))
    lead = span_lead(given.curve.stamps, given.bars_per_year)
    return Sheet(given.title, lead, tiles_of(given.figures, _TILES), parts, given.mark)


def sheet_html(given: SheetInput) -> str:
    """Return the tear sheet as one self-contained HTML document."""
    return html_of(sheet_of(given))


def sheet_svg(given: SheetInput, name: str) -> str:
    """Return one drawing of the sheet as inline SVG, such as ``equity``."""
    return svg(drawings_of(given)[name])


def sheet_pictures(given: SheetInput) -> dict[str, bytes]:
    """Return every drawing of the sheet as PNG, by name."""
    return pictures_of(sheet_of(given))


def drawings_of(given: SheetInput) -> dict[str, Drawing]:
    """Return the drawings of the sheet by name, those that have something to show."""
    found = {"equity": equity_drawing(given.curve), "months": month_drawing(given.curve)}
    for prices in given.prices[:_MOST_SYMBOLS]:
        drawn = trade_drawing(prices, given.trades)
        if drawn is not None:
            found[f"trades_{prices.column + 1}"] = drawn
    found["returns"] = return_drawing(given.curve)
    if all(given.figures.get(name) is not None for name in _COSTS):
        amounts = [(label_of(name), _amount(given.figures[name])) for name in _COSTS]
        found["costs"] = cost_drawing(amounts, given.curve.currency)
    if given.paths is not None:
        found["fan"] = fan_drawing(given.curve, given.paths, given.paths_title)
    return found


def metrics_part(figures: Mapping[str, Any]) -> SheetPart:
    """Return the metrics of ``figures``, each with its name and its formula."""
    rows = [
        (label_of(name), figure_text(figures, name), name, formula)
        for name, formula in FORMULAS.items()
        if name in figures
    ]
    listed = SheetTable(("Metric", "Value", "Name", "Formula"), ("text", "number", "name", "quiet"), rows)
    said = "r: returns of n bars; A: bars a year; rf: 0; x = r − rf / A."
    return SheetPart("metrics", "Metrics", [said], tables=[listed])


def span_lead(stamps: NDArray[np.int64], bars_per_year: float) -> str:
    """Return in one sentence which bars a sheet is about."""
    first, last = (plain(iso(moment_of(int(stamps[at])))) for at in (0, -1))
    return f"{len(stamps):,} bars from {first} to {last}, annualised with {bars_per_year:,g} a year."


def _amount(value: Any) -> float:
    return float(value["amount"]) if isinstance(value, Mapping) else float(value)
