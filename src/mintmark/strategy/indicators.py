"""Indicators of one series, bar by bar: TA-Lib where it has them, own loops for the rest.

Every value reads its bar and those before it, from the first bar of the series on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mintmark.domain import Bars, Refused
from mintmark.strategy import kernels
from mintmark.strategy.arrays import FloatArray, plain
from mintmark.strategy.grammar import Indicator

Outputs = dict[str | None, FloatArray]


def compute(indicator: Indicator, bars: Bars) -> Outputs:
    """Return the outputs of ``indicator`` over ``bars``, each (n_bars,), NaN before its first value.

    An indicator with one output gives it under None.

    Raises:
        Refused: ``volume_unknown`` when it reads volume and the bars have none.
    """
    if indicator.uses_volume and bars.volume is None:
        raise Refused(f"{indicator.type} needs volume; {bars.symbol} has none", code="volume_unknown")
    if len(bars) == 0:
        return dict.fromkeys(indicator.kind.outputs or (None,), np.zeros(0))
    found = _COMPUTE[indicator.type](_Inputs(indicator, bars))
    return found if isinstance(found, dict) else {None: found}


def source_of(bars: Bars, word: str) -> FloatArray:
    """Return the series ``word`` names: a column, hl2 or hlc3."""
    if word == "hl2":
        return (bars.high + bars.low) / 2.0
    if word == "hlc3":
        return typical_price(bars)
    return plain(getattr(bars, word))


def typical_price(bars: Bars) -> FloatArray:
    """Return the mean of high, low and close."""
    return (bars.high + bars.low + bars.close) / 3.0


def average_true_range(bars: Bars, period: int) -> FloatArray:
    """Return the ATR as Wilder defined it, in price."""
    if len(bars) == 0:
        return np.zeros(0)
    return _array(_talib().ATR(*_hlc(bars), timeperiod=period))


class _Inputs:
    """What an indicator computes from."""

    def __init__(self, indicator: Indicator, bars: Bars) -> None:
        self.bars = bars
        self.numbers = indicator.parameters
        self.word = indicator.source

    @property
    def source(self) -> FloatArray:
        return source_of(self.bars, self.word)

    @property
    def volume(self) -> FloatArray:
        return source_of(self.bars, "volume")

    def whole(self, name: str = "period") -> int:
        return int(self.numbers[name])

    @property
    def width(self) -> float:
        return float(self.numbers["width"])


def _talib() -> Any:
    import talib

    return talib


def _array(values: Any) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _hlc(bars: Bars) -> tuple[FloatArray, FloatArray, FloatArray]:
    return plain(bars.high), plain(bars.low), plain(bars.close)


def _of_source(name: str) -> Callable[[_Inputs], FloatArray]:
    return lambda given: _array(getattr(_talib(), name)(given.source, timeperiod=given.whole()))


def _of_bars(name: str) -> Callable[[_Inputs], FloatArray]:
    return lambda given: _array(getattr(_talib(), name)(*_hlc(given.bars), timeperiod=given.whole()))


def _adx(given: _Inputs) -> Outputs:
    names = {"adx": "ADX", "plus_di": "PLUS_DI", "minus_di": "MINUS_DI"}
    return {word: _of_bars(name)(given) for word, name in names.items()}


def _aroon(given: _Inputs) -> Outputs:
    high, low, _ = _hlc(given.bars)
    down, up = _talib().AROON(high, low, timeperiod=given.whole())
    return {"up": _array(up), "down": _array(down), "oscillator": _array(up) - _array(down)}


def _macd(given: _Inputs) -> Outputs:
    periods = {f"{word}period": given.whole(word) for word in ("fast", "slow", "signal")}
    line, signal, histogram = _talib().MACD(given.source, **periods)
    return {"line": _array(line), "signal": _array(signal), "histogram": _array(histogram)}


def _bbands(given: _Inputs) -> Outputs:
    source, period = given.source, given.whole()
    middle = kernels.window_mean(source, period)
    off = given.width * kernels.window_deviation(source, middle, period)
    upper, lower = middle + off, middle - off
    return {
        "upper": upper,
        "middle": middle,
        "lower": lower,
        "percent": _ratio(source - lower, upper - lower, 0.5),
        "bandwidth": _ratio(upper - lower, middle, 0.0),
    }


def _stochastic(given: _Inputs) -> Outputs:
    slow_k, slow_d = _talib().STOCH(
        *_hlc(given.bars),
        fastk_period=given.whole("k"),
        slowk_period=given.whole("smooth"),
        slowd_period=given.whole("d"),
    )
    return {"k": _array(slow_k), "d": _array(slow_d)}


def _donchian(given: _Inputs) -> Outputs:
    high, low, _ = _hlc(given.bars)
    upper = _array(_talib().MAX(high, timeperiod=given.whole()))
    lower = _array(_talib().MIN(low, timeperiod=given.whole()))
    return {"upper": upper, "middle": (upper + lower) / 2.0, "lower": lower}


def _keltner(given: _Inputs) -> Outputs:
    middle = _array(_talib().EMA(_hlc(given.bars)[2], timeperiod=given.whole()))
    off = given.width * average_true_range(given.bars, given.whole("atr"))
    return {"upper": middle + off, "middle": middle, "lower": middle - off}


def _supertrend(given: _Inputs) -> Outputs:
    atr = average_true_range(given.bars, given.whole())
    trend, direction = kernels.supertrend(*_hlc(given.bars), atr, given.width)
    return {"trend": trend, "direction": direction}


def _distance(given: _Inputs) -> FloatArray:
    mean = kernels.window_mean(given.source, given.whole())
    return _ratio(given.source - mean, mean, 0.0)


def _volume_ratio(given: _Inputs) -> FloatArray:
    return _ratio(given.volume, kernels.window_mean(given.volume, given.whole()), 1.0)


def _ratio(above: FloatArray, below: FloatArray, level: float) -> FloatArray:
    """Return ``above`` / ``below``; ``level`` where both are zero because nothing moved in the window."""
    still = below == 0.0
    return np.where(still, level, above / np.where(still, 1.0, below))


_COMPUTE: Mapping[str, Callable[[_Inputs], FloatArray | Outputs]] = {
    "rsi": _of_source("RSI"),
    "sma": _of_source("SMA"),
    "ema": _of_source("EMA"),
    "wma": _of_source("WMA"),
    "roc": _of_source("ROC"),
    "momentum": _of_source("MOM"),
    "atr": _of_bars("ATR"),
    "natr": _of_bars("NATR"),
    "cci": _of_bars("CCI"),
    "williams_r": _of_bars("WILLR"),
    "mfi": lambda given: kernels.money_flow_index(typical_price(given.bars), given.volume, given.whole()),
    "cmf": lambda given: kernels.chaikin_money_flow(*_hlc(given.bars), given.volume, given.whole()),
    "adx": _adx,
    "aroon": _aroon,
    "macd": _macd,
    "bbands": _bbands,
    "stochastic": _stochastic,
    "donchian": _donchian,
    "keltner": _keltner,
    "obv": lambda given: _array(_talib().OBV(_hlc(given.bars)[2], given.volume)),
    "distance_from_ma": _distance,
    "volume_ratio": _volume_ratio,
    "realised_volatility": lambda given: kernels.return_deviation(given.source, given.whole()),
    "supertrend": _supertrend,
}
