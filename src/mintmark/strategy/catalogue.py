"""The indicators of the grammar: parameters, ranges, outputs, what they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PRICE_SOURCES = ("close", "open", "high", "low", "hl2", "hlc3")
SOURCES = (*PRICE_SOURCES, "volume")
PRICE_FEATURES = ("return_1", "return_5", "return_20", "range", "gap", "close_to_high")

Reads = Literal["source", "price_source", "bars", "bars_volume"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of an indicator: whole numbers where the default is one."""

    name: str
    default: int | float
    low: int | float
    high: int | float


@dataclass(frozen=True)
class IndicatorKind:
    """What an indicator takes and gives. One unnamed output when ``outputs`` is empty."""

    name: str
    parameters: tuple[Parameter, ...]
    reads: Reads
    outputs: tuple[str, ...] = ()

    @property
    def uses_volume(self) -> bool:
        return self.reads == "bars_volume"


def _period(default: int, low: int = 2, high: int = 200) -> Parameter:
    return Parameter("period", default, low, high)


def _width(default: float) -> Parameter:
    return Parameter("width", default, 0.1, 10.0)


_BAND = ("upper", "middle", "lower")
_KINDS = (
    IndicatorKind("rsi", (_period(14),), "source"),
    IndicatorKind("sma", (_period(20, 2, 500),), "source"),
    IndicatorKind("ema", (_period(20, 2, 500),), "source"),
    IndicatorKind("wma", (_period(20, 2, 500),), "source"),
    IndicatorKind("roc", (_period(10, 1, 250),), "price_source"),
    IndicatorKind("momentum", (_period(10, 1, 250),), "source"),
    IndicatorKind("atr", (_period(14),), "bars"),
    IndicatorKind("natr", (_period(14),), "bars"),
    IndicatorKind("cci", (_period(20),), "bars"),
    IndicatorKind("williams_r", (_period(14),), "bars"),
    IndicatorKind("mfi", (_period(14),), "bars_volume"),
    IndicatorKind("cmf", (_period(20),), "bars_volume"),
    IndicatorKind("adx", (_period(14),), "bars", ("adx", "plus_di", "minus_di")),
    IndicatorKind("aroon", (_period(14),), "bars", ("up", "down", "oscillator")),
    IndicatorKind(
        "macd",
        (Parameter("fast", 12, 2, 200), Parameter("slow", 26, 3, 500), Parameter("signal", 9, 1, 200)),
        "source",
        ("line", "signal", "histogram"),
    ),
    IndicatorKind("bbands", (_period(20), _width(2.0)), "source", (*_BAND, "percent", "bandwidth")),
    IndicatorKind(
        "stochastic",
        (Parameter("k", 14, 2, 200), Parameter("d", 3, 1, 50), Parameter("smooth", 3, 1, 50)),
        "bars",
        ("k", "d"),
    ),
    IndicatorKind("donchian", (_period(20),), "bars", _BAND),
    IndicatorKind("keltner", (_period(20), Parameter("atr", 10, 2, 200), _width(2.0)), "bars", _BAND),
    IndicatorKind("obv", (), "bars_volume"),
    IndicatorKind("distance_from_ma", (_period(20, 2, 500),), "source"),
    IndicatorKind("volume_ratio", (_period(20),), "bars_volume"),
    IndicatorKind("realised_volatility", (_period(20),), "price_source"),
    IndicatorKind("supertrend", (_period(10), _width(3.0)), "bars", ("trend", "direction")),
)

INDICATORS: Mapping[str, IndicatorKind] = {kind.name: kind for kind in _KINDS}
