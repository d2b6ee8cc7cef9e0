"""How many bars indicators and columns need before their first value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mintmark.domain import Timeframe
from mintmark.strategy.columns import Column, columns_of, split_reference
from mintmark.strategy.grammar import Indicator, StrategySpec

RANK_WINDOW = 250

_Numbers = Mapping[str, int | float]
_PERIOD: Callable[[_Numbers], float] = lambda p: p["period"]  # noqa: E731
_BEFORE: Callable[[_Numbers], float] = lambda p: p["period"] - 1  # noqa: E731
_LOOKBACK: Mapping[str, Callable[[_Numbers], float]] = {
    "rsi": _PERIOD,
    "sma": _BEFORE,
    "ema": _BEFORE,
    "wma": _BEFORE,
    "roc": _PERIOD,
    "momentum": _PERIOD,
    "atr": _PERIOD,
    "natr": _PERIOD,
    "cci": _BEFORE,
    "williams_r": _BEFORE,
    "mfi": _PERIOD,
    "cmf": _BEFORE,
    "adx": lambda p: 2 * p["period"] - 1,
    "aroon": _PERIOD,
    "macd": lambda p: p["slow"] + p["signal"] - 2,
    "bbands": _BEFORE,
    "stochastic": lambda p: p["k"] + p["smooth"] + p["d"] - 3,
    "donchian": _BEFORE,
    "keltner": lambda p: max(p["period"] - 1, p["atr"]),
    "obv": lambda _: 0,
    "distance_from_ma": _BEFORE,
    "volume_ratio": _BEFORE,
    "realised_volatility": _PERIOD,
    "supertrend": _PERIOD,
}
_PRICE: Mapping[str, int] = {
    "return_1": 1, "return_5": 5, "return_20": 20, "range": 0, "gap": 1, "close_to_high": 0,
}  # fmt: skip


def lookback(indicator: Indicator) -> int:
    """Return how many bars of its timeframe come before the first value of ``indicator``."""
    return int(_LOOKBACK[indicator.type](indicator.parameters))


def column_warmup(spec: StrategySpec, column: Column) -> int:
    """Return how many bars of the column's own timeframe come before its first value."""
    if column.source == "price":
        bars = _PRICE[column.reference]
    else:
        bars = lookback(spec.indicators[split_reference(column.reference)[0]])
    return bars + column.lag + (RANK_WINDOW - 1 if column.transform == "rank" else 0)


def warmup_bars(spec: StrategySpec) -> int:
    """Return the warm-up in base bars of a market that never closes; one with gaps needs no more."""
    return max(_in_base(spec.base, column.timeframe, column_warmup(spec, column)) for column in columns_of(spec))


def _in_base(base: Timeframe, frame: Timeframe, bars: int) -> int:
    ratio = frame.seconds // base.seconds
    return bars if ratio == 1 else (bars + 2) * ratio
