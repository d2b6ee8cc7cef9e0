"""The designer's grid: every choice it may make, and the strategy each set of choices spells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Choice = str | int | float | bool | None
Choices = dict[str, Choice]

COARSER: Mapping[str, str] = {"1m": "15m", "5m": "1h", "15m": "1h", "30m": "4h", "1h": "4h", "4h": "1d", "1d": "1w"}
FAMILIES: Mapping[str, str] = {"zigzag": "trend", "forward_return": "drift", "triple_barrier": "barrier"}
PRICES: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "returns": ("return_1", "return_5", "return_20"),
    "shape": ("range", "gap", "close_to_high"),
    "all": ("return_1", "return_5", "return_20", "range", "gap", "close_to_high"),
}
LAGS: Mapping[str, list[int]] = {"now": [0], "one": [0, 1], "three": [0, 1, 2, 3], "week": [0, 5]}
PERIODS = (5, 10, 14, 21, 50, 100)

# What the main and second indicator are read by: the output, and whether its level drifts with the price.
OUTPUTS: Mapping[str, tuple[str | None, bool]] = {
    "rsi": (None, False),
    "sma": (None, True),
    "ema": (None, True),
    "wma": (None, True),
    "roc": (None, False),
    "momentum": (None, True),
    "atr": (None, True),
    "natr": (None, False),
    "cci": (None, False),
    "williams_r": (None, False),
    "mfi": (None, False),
    "cmf": (None, False),
    "adx": ("adx", False),
    "aroon": ("oscillator", False),
    "macd": ("histogram", True),
    "bbands": ("percent", False),
    "stochastic": ("k", False),
    "donchian": ("middle", True),
    "keltner": ("middle", True),
    "obv": (None, True),
    "distance_from_ma": (None, False),
    "volume_ratio": (None, False),
    "realised_volatility": (None, False),
    "supertrend": ("direction", False),
}
NEEDS_VOLUME = frozenset({"mfi", "cmf", "obv", "volume_ratio"})
_MAINS = ("rsi", "distance_from_ma", "roc", "cci", "williams_r", "adx", "aroon", "bbands", "stochastic", "supertrend")
_MAINS_WITH_VOLUME = ("mfi", "cmf", "volume_ratio")
_SECONDS = (None, "natr", "realised_volatility", "rsi", "distance_from_ma", "adx", "macd", "bbands")
_PERIOD_NAME: Mapping[str, str | None] = {"macd": None, "obv": None, "stochastic": "k"}


@dataclass(frozen=True)
class Ground:
    """What the designer works on: universe, span facts it may use, and choices the brief fixed."""

    symbols: tuple[str, ...]
    timeframe: str
    volume_known: bool
    shortable: bool
    fixed: Mapping[str, Choice]

    @property
    def mains(self) -> tuple[str, ...]:
        return _MAINS + (_MAINS_WITH_VOLUME if self.volume_known else ())


@dataclass(frozen=True)
class Axis:
    """One choice: its values, and when it is made at all."""

    name: str
    values: tuple[Choice, ...]
    asked: Callable[[Choices], bool] = lambda _: True


def axes(ground: Ground) -> tuple[Axis, ...]:
    """Return the choices in the order they are made; a later one may depend on earlier ones."""
    return (
        Axis("label", tuple(FAMILIES)),
        Axis("threshold", (0.01, 0.02, 0.03, 0.05, 0.08), _is("label", "zigzag")),
        Axis("horizon", (1, 5, 10, 20, 60), _is("label", "forward_return")),
        Axis("output", ("regression", "classification"), _is("label", "forward_return")),
        Axis("neutral_band", (0.0, 0.002, 0.005), _is("output", "classification")),
        Axis("take", (1.0, 2.0, 3.0, 4.0), _is("label", "triple_barrier")),
        Axis("stop", (1.0, 2.0, 3.0), _is("label", "triple_barrier")),
        Axis("max_bars", (10, 20, 60), _is("label", "triple_barrier")),
        Axis("main", ground.mains),
        Axis("period", PERIODS, lambda chosen: _PERIOD_NAME.get(str(chosen["main"]), "period") is not None),
        Axis("transform", ("none", "zscore", "rank")),
        Axis("lags", tuple(LAGS)),
        Axis("second", _SECONDS),
        Axis("prices", tuple(PRICES)),
        Axis("context", (False, True) if ground.timeframe in COARSER else (False,)),
        Axis("model", ("logistic", "gbdt", "mlp")),
        Axis("c", (0.001, 0.01, 0.1, 1.0), _is("model", "logistic")),
        Axis("rounds", (50, 100, 200, 400), _is("model", "gbdt")),
        Axis("leaves", (4, 7, 15, 31), _is("model", "gbdt")),
        Axis("learning_rate", (0.02, 0.05, 0.1), _is("model", "gbdt")),
        Axis("min_leaf", (10, 30, 100), _is("model", "gbdt")),
        Axis("hidden", ("8", "16", "32,16"), _is("model", "mlp")),
        Axis("l2", (0.0001, 0.01, 0.1), _is("model", "mlp")),
        Axis("enter_at", (0.50, 0.55, 0.60, 0.65), _is_not("output", "regression")),
        Axis("exit_gap", (0.0, 0.05, 0.10), _is_not("output", "regression")),
        Axis("edge_multiple", (1.0, 1.5, 2.0, 3.0), _is("output", "regression")),
        Axis("allow_short", (False, True) if ground.shortable else (False,)),
        Axis("min_bars_between", (0, 5)),
        Axis("stop_loss", (None, 0.03, 0.05, 0.10)),
        Axis("take_profit", (None, 0.05, 0.10)),
        Axis("max_holding_bars", (0, 20, 60)),
        Axis("fraction", (0.25, 0.5, 1.0)),
        Axis("sample_weights", ("none", "balanced"), _is_not("output", "regression")),
    )


def choose(ground: Ground, pick: Callable[[Axis], Choice]) -> Choices:
    """Return one full set of choices; ``pick`` decides what the brief left open."""
    chosen: Choices = {}
    for axis in axes(ground):
        if axis.asked(chosen):
            fixed = axis.name in ground.fixed
            chosen[axis.name] = ground.fixed[axis.name] if fixed else pick(axis)
    return chosen


def spell(ground: Ground, chosen: Choices, name: str, description: str) -> dict[str, Any]:
    """Return the strategy ``chosen`` stands for, as the grammar's mapping."""
    context = [COARSER[ground.timeframe]] if chosen["context"] else []
    return {
        "grammar": 1,
        "name": name,
        "description": description,
        "universe": {"symbols": list(ground.symbols), "timeframe": ground.timeframe, "context_timeframes": context},
        "indicators": _indicators(chosen),
        "features": _features(ground, chosen, context),
        "labels": _labels(chosen),
        "model": _model(chosen),
        "decisions": _decisions(chosen),
        "risk": _risk(chosen),
        "training": {"sample_weights": chosen.get("sample_weights", "none")},
    }


def title(chosen: Mapping[str, Choice], number: int) -> str:
    """Return the name of design ``number``.

    >>> title({"label": "zigzag", "main": "rsi"}, 7)
    'trend_rsi_0007'
    """
    return f"{FAMILIES[str(chosen['label'])]}_{chosen['main']}_{number:04d}"


def _is(name: str, value: Choice) -> Callable[[Choices], bool]:
    return lambda chosen: chosen.get(name) == value


def _is_not(name: str, value: Choice) -> Callable[[Choices], bool]:
    return lambda chosen: chosen.get(name) != value


def _indicators(chosen: Choices) -> dict[str, Any]:
    kinds = [str(chosen["main"])] + ([str(chosen["second"])] if _has_second(chosen) else [])
    found: dict[str, Any] = {kind: {"type": kind} for kind in kinds}
    period = _PERIOD_NAME.get(kinds[0], "period")
    if period is not None and "period" in chosen:
        found[kinds[0]][period] = chosen["period"]
    return found


def _has_second(chosen: Choices) -> bool:
    return chosen["second"] is not None and chosen["second"] != chosen["main"]


def _features(ground: Ground, chosen: Choices, context: Sequence[str]) -> list[dict[str, Any]]:
    frames = [ground.timeframe, *context]
    main = _read(str(chosen["main"]), str(chosen["transform"]))
    found = [{**main, "timeframes": frames, "lags": LAGS[str(chosen["lags"])]}]
    if _has_second(chosen):
        found.append(_read(str(chosen["second"]), "none"))
    return found + [{"price": price} for price in PRICES[str(chosen["prices"])]]


def _read(kind: str, transform: str) -> dict[str, Any]:
    output, drifts = OUTPUTS[kind]
    # A level that moves with the price says nothing across years: it is read by its trailing rank.
    shown = "rank" if drifts else transform
    return {"indicator": kind if output is None else f"{kind}.{output}", "transform": shown}


def _labels(chosen: Choices) -> dict[str, Any]:
    kind = str(chosen["label"])
    names = {"zigzag": ["threshold"], "forward_return": ["horizon"], "triple_barrier": ["take", "stop", "max_bars"]}[
        kind
    ]
    if chosen.get("output") == "classification":
        names.append("neutral_band")
    return {"kind": kind, **{name: chosen[name] for name in names}}


def _model(chosen: Choices) -> dict[str, Any]:
    kind = str(chosen["model"])
    params: dict[str, Any]
    if kind == "logistic":
        params = {"c": chosen["c"]}
    elif kind == "gbdt":
        params = {name: chosen[name] for name in ("rounds", "leaves", "learning_rate", "min_leaf")}
    else:
        params = {"hidden": [int(width) for width in str(chosen["hidden"]).split(",")], "l2": chosen["l2"]}
    return {"kind": kind, "output": chosen.get("output", "classification"), "params": params}


def _decisions(chosen: Choices) -> dict[str, Any]:
    found = {"allow_short": chosen["allow_short"], "min_bars_between": chosen["min_bars_between"]}
    if chosen.get("output") == "regression":
        return {"edge_multiple": chosen["edge_multiple"], **found}
    enter = float(str(chosen["enter_at"]))
    leave = round(max(0.34, enter - float(str(chosen["exit_gap"]))), 2)
    return {"enter_at": enter, "exit_at": leave, **found}


def _risk(chosen: Choices) -> dict[str, Any]:
    found: dict[str, Any] = {name: chosen[name] for name in ("stop_loss", "take_profit") if chosen[name] is not None}
    sizing = {"method": "fixed_fraction", "fraction": chosen["fraction"]}
    return {**found, "max_holding_bars": chosen["max_holding_bars"], "sizing": sizing}
