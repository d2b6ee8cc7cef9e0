"""Random cases for the kernel and its oracle, and the translation between them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from mintmark.domain import Bars, CostProfile, Instrument, Timeframe, default_instrument
from mintmark.simulation import (
    EXIT_REASONS,
    FLAGS,
    Account,
    BacktestResult,
    CorporateAction,
    FundingRate,
    Protection,
    run_targets,
)
from mintmark.simulation.engine import Setup, prepare, rules_of

HOUR = 3_600 * 10**9
MONDAY = 1_704_067_200 * 10**9
"""2024-01-01 00:00 UTC, a Monday."""


def an_instrument(symbol: str = "X", **changes: Any) -> Instrument:
    """Return a cost-free instrument: units of 1, no tick, no spread, leverage 1."""
    costs = changes.pop("costs", CostProfile())
    base = default_instrument(symbol, "equity", "USD")
    plain = {"tick": Decimal(0), "size_min": Decimal(1), "size_step": Decimal(1), "spread_ticks": Decimal(0)}
    given = {k: Decimal(str(v)) if isinstance(v, int | float) and k not in _WHOLE else v for k, v in changes.items()}
    return replace(base, costs=costs, **{**plain, **given})


_WHOLE = {"shortable", "stops_level", "freeze_level"}


def some_bars(rows: list[tuple[float, float, float, float]], symbol: str = "X", step: int = HOUR, **extra: Any) -> Bars:
    """Return hourly bars from Monday midnight on, one an (open, high, low, close)."""
    columns = [np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)]
    stamps = MONDAY + np.arange(len(rows), dtype=np.int64) * step
    return Bars(symbol, Timeframe.H1, stamps, *columns, **extra)


def random_case(seed: int, limited: bool = False) -> dict[str, Any]:
    """Return a case of up to three instruments and 60 bars with any mix of costs, protection and calendar.

    ``limited``: it may trade a share of each bar's volume.
    """
    rng = np.random.default_rng(seed)
    columns, length = int(rng.choice([1, 1, 2, 3])), int(rng.integers(3, 60))
    step = int(rng.choice([HOUR, 5 * HOUR, 11 * HOUR]))
    stamps = [MONDAY + i * step for i in range(length)]
    instruments = [_instrument(rng, m) for m in range(columns)]
    bars = [_bars(rng, length, x["tick"], m > 0) for m, x in enumerate(instruments)]
    case: dict[str, Any] = {
        "stamps": stamps,
        "instruments": instruments,
        "bars": bars,
        "capital": float(rng.choice([500.0, 2_000.0, 10_000.0, 1_000_000.0])),
        "leverage": [None, 1.0, 3.0, 30.0, 100.0][int(rng.integers(5))],
        "half_spread": [_half_spread(rng, x, length) for x in instruments],
        "rates": [_rates(rng, x, length) for x in instruments],
        "closed": [
            [bool(rng.random() < 0.1) for _ in stamps] if rng.random() < 0.2 else [False] * length for _ in bars
        ],
        "sizing": str(rng.choice(["weight", "weight", "size"])),
        "sizing_price": str(rng.choice(["decision", "fill"])),
        "min_trade_fraction": float(rng.choice([0.0, 0.05])),
        "protection": _protection(rng),
        "actions": [],
        "draws": [],
    }
    case["targets"] = _targets(rng, case, length, columns)
    if rng.random() < 0.2:
        case["actions"] = _actions(rng, case)
    case["funding"] = _funding(np.random.default_rng((seed, 2)), case)
    return case | _volume(np.random.default_rng((seed, 3)), length, columns, limited)


def _instrument(rng: np.random.Generator, m: int) -> dict[str, Any]:
    tick = float(rng.choice([0.0, 0.01, 0.05]))
    slippage = str(rng.choice(["none", "none", "fixed_bps", "random" if tick else "none"]))
    kinds = ["none", "money", "percent", "interval", *(["points"] if tick else [])]
    pays = rng.random() < 0.6
    return {
        "symbol": f"S{m}",
        "tick": tick,
        "contract": float(rng.choice([1.0, 10.0])),
        "step": float(rng.choice([0.01, 1.0])),
        "min": 1.0,
        "max": float(rng.choice([50.0, 1_000_000.0])),
        "leverage": float(rng.choice([1.0, 10.0])),
        "basis": str(rng.choice(["mid", "bid", "last"])),
        "mode": str(rng.choice(["full"] * 12 + ["long_only", "short_only", "close_only", "disabled"])),
        "shortable": bool(rng.random() < 0.9),
        "currency": str(rng.choice(["USD", "USD", "EUR"])),
        "rollover_time": "17:00",
        "rollover_zone": "America/New_York",
        "costs": {
            "fee_bps": float(rng.choice([0.0, 2.0, 25.0])) * pays,
            "per_lot": float(rng.choice([0.0, 3.5])) * pays,
            "per_deal": float(rng.choice([0.0, 1.0])) * pays,
            "per_unit": float(rng.choice([0.0, 0.005])) * pays,
            "minimum": float(rng.choice([0.0, 2.5])) * pays,
            "cap": float(rng.choice([0.001, 0.01])) if pays and rng.random() < 0.4 else None,
            "slippage": slippage,
            "slippage_size": float(rng.choice([1.0, 4.0])),
            "financing": str(rng.choice(kinds)),
            "long": float(rng.choice([-6.5, -1.0, 0.5])),
            "short": float(rng.choice([-3.0, 1.2])),
            "triple_day": [None, 2][int(rng.integers(2))],
            "borrow": float(rng.choice([0.0, 100.0])),
            "opening_bps": float(rng.choice([0.0, -2.0])),
            "interval_hours": 4,
        },
    }


def _bars(rng: np.random.Generator, length: int, tick: float, holes: bool) -> list[Any]:
    grid = tick or 0.01
    width = rng.choice([20, 100, 400])
    close = 100.0
    rows: list[Any] = []
    for _ in range(length):
        opened = max(close + grid * rng.integers(-width // 4, width // 4 + 1), grid)
        close = max(opened + grid * rng.integers(-width, width + 1), grid)
        high = max(opened, close) + grid * rng.integers(0, width)
        low = max(min(opened, close) - grid * rng.integers(0, width), grid)
        prices = tuple(round(float(price), 2) for price in (opened, high, low, close))
        hole = holes and rows and rows[-1] is not None and rng.random() < 0.1
        rows.append(None if hole else prices)
    return rows


def _half_spread(rng: np.random.Generator, x: dict[str, Any], length: int) -> list[float]:
    constant = float(rng.choice([0, 1, 10]))
    ticks = rng.integers(0, 12, length).astype(float) if rng.random() < 0.3 else np.full(length, constant)
    x["spread_ticks"] = constant
    return [float(value) * (x["tick"] / 2.0) for value in ticks]


def _rates(rng: np.random.Generator, x: dict[str, Any], length: int) -> list[float]:
    if x["currency"] == "USD":
        return [1.0] * length
    return [round(1.1 + 0.01 * float(value), 4) for value in rng.normal(size=length)]


def _protection(rng: np.random.Generator) -> dict[str, Any]:
    def maybe(*values: float) -> float:
        return float(rng.choice(values)) if rng.random() < 0.5 else 0.0

    return {
        "stop_loss": maybe(0.005, 0.01, 0.03),
        "take_profit": maybe(0.005, 0.02, 0.05),
        "trailing_stop": maybe(0.005, 0.02),
        "trailing_activation": maybe(0.005, 0.02),
        "max_holding_bars": int(maybe(1, 3, 10)),
    }


def _targets(rng: np.random.Generator, case: dict[str, Any], length: int, columns: int) -> list[list[float]]:
    weights = np.array([-1.0, -0.5, -0.25, 0.0, 0.3, 0.5, 1.0]) / columns
    lots = np.array([-30.0, -5.0, 0.0, 4.0, 10.0, 60.0])
    choices = lots if case["sizing"] == "size" else weights
    silence = rng.choice([0.2, 0.6, 0.9])
    return [
        [float("nan") if rng.random() < silence else float(rng.choice(choices)) for _ in range(length)]
        for _ in range(columns)
    ]


def _actions(rng: np.random.Generator, case: dict[str, Any]) -> list[dict[str, Any]]:
    length = len(case["stamps"])
    return [
        {
            "column": int(rng.integers(len(case["instruments"]))),
            "ex": case["stamps"][int(rng.integers(1, length))] - int(rng.integers(0, HOUR)),
            "split": float(rng.choice([1.0, 2.0, 0.5])),
            "dividend": float(rng.choice([0.0, 0.7])),
        }
        for _ in range(int(rng.integers(1, 3)))
    ]


def _funding(rng: np.random.Generator, case: dict[str, Any]) -> list[dict[str, Any]]:
    """Give some instruments funding in place of what they had; return its rates."""
    length, found = len(case["stamps"]), []
    for column, x in enumerate(case["instruments"]):
        if rng.random() < 0.2:
            x["costs"] |= {"financing": "funding", "borrow": 0.0}
            found += [
                {
                    "column": column,
                    "at": case["stamps"][int(rng.integers(1, length))] - int(rng.integers(0, HOUR)),
                    "rate": float(rng.choice([-0.0003, 0.0001])),
                }
                for _ in range(int(rng.integers(1, 8)))
            ]
    return found


def _volume(rng: np.random.Generator, length: int, columns: int, limited: bool) -> dict[str, Any]:
    usual = float(rng.choice([20.0, 300.0, 20_000.0]))
    volume = [[float(round(usual * rng.exponential(), 1)) for _ in range(length)] for _ in range(columns)]
    return {"volume": volume, "participation": float(rng.choice([0.05, 0.3])) if limited else None}


def instrument_of(x: dict[str, Any]) -> Instrument:
    c = x["costs"]

    def exact(value: float) -> Decimal:
        return Decimal(str(value))

    costs = CostProfile(
        fee_bps=exact(c["fee_bps"]), per_lot=exact(c["per_lot"]), per_deal=exact(c["per_deal"]),
        per_unit=exact(c["per_unit"]), minimum=exact(c["minimum"]),
        cap_fraction=None if c["cap"] is None else exact(c["cap"]), slippage=c["slippage"],
        slippage_size=exact(c["slippage_size"]), financing=c["financing"], financing_long=exact(c["long"]),
        financing_short=exact(c["short"]), triple_day=c["triple_day"], borrow_bps_per_year=exact(c["borrow"]),
        financing_opening_bps=exact(c["opening_bps"]), financing_interval_hours=c["interval_hours"],
    )  # fmt: skip
    return replace(
        default_instrument(x["symbol"], "equity", x["currency"]), costs=costs, tick=exact(x["tick"]),
        contract_size=exact(x["contract"]), size_min=exact(x["min"]), size_step=exact(x["step"]),
        size_max=exact(x["max"]), leverage=exact(x["leverage"]), price_basis=x["basis"], trade_mode=x["mode"],
        shortable=x["shortable"], spread_ticks=exact(x["spread_ticks"]), rollover_time=x["rollover_time"],
        rollover_zone=x["rollover_zone"],
    )  # fmt: skip


def bars_of(case: dict[str, Any], m: int) -> Bars:
    """Return the bars that are there, with their spread in ticks where it changes."""
    x, rows = case["instruments"][m], case["bars"][m]
    there = [t for t, row in enumerate(rows) if row is not None]
    halves = [case["half_spread"][m][t] for t in there]
    varies = len(set(halves)) > 1
    spread = np.array([2.0 * half / x["tick"] for half in halves]) if varies else None
    if not varies and x["tick"]:
        x["spread_ticks"] = 2.0 * halves[0] / x["tick"]
    columns = [np.array([rows[t][i] for t in there]) for i in range(4)]
    stamps = np.array([case["stamps"][t] for t in there], dtype=np.int64)
    volume = np.array([case["volume"][m][t] for t in there])
    return Bars(x["symbol"], Timeframe.H1, stamps, *columns, volume=volume, spread=spread)


def run_kernel(case: dict[str, Any], seed: int = 0) -> BacktestResult:
    """Return what the engine makes of ``case``; its random draws are put into the case for the oracle."""
    case["draws"] = np.random.default_rng(seed).standard_normal(100_000).tolist()
    return run_targets(
        *market_of(case),
        bars_per_year=6_240,
        protection=Protection(**case["protection"]),
        rates=np.array(case["rates"]).T,
        sizing=case["sizing"],
        sizing_price=case["sizing_price"],
        min_trade_fraction=case["min_trade_fraction"],
        slippage=np.random.default_rng(seed),
        actions=actions_of(case),
        closed=np.array(case["closed"]).T,
    )


def prepared_case(seed: int) -> Setup:
    """Return the random case of ``seed``, laid out for the kernel and not played."""
    case = random_case(seed)
    rules = rules_of(Protection(**case["protection"]), case["sizing"], case["sizing_price"], case["min_trade_fraction"])
    return prepare(
        *market_of(case), rules, np.array(case["rates"]).T, np.random.default_rng(seed), actions_of(case),
        np.array(case["closed"]).T,
    )  # fmt: skip


def market_of(case: dict[str, Any]) -> tuple[list[Bars], Any, list[Instrument], Account]:
    """Return bars, targets, instruments and account of ``case``."""
    bars = [bars_of(case, m) for m in range(len(case["instruments"]))]
    return bars, np.array(case["targets"]).T, [instrument_of(x) for x in case["instruments"]], account_of(case)


def account_of(case: dict[str, Any]) -> Account:
    leverage, share = (None if case[n] is None else Decimal(str(case[n])) for n in ("leverage", "participation"))
    return Account("USD", Decimal(str(case["capital"])), leverage, share)


def actions_of(case: dict[str, Any]) -> list[CorporateAction | FundingRate]:
    return [
        *(CorporateAction(f"S{a['column']}", a["ex"], a["split"], a["dividend"]) for a in case["actions"]),
        *(FundingRate(f"S{f['column']}", f["at"], f["rate"]) for f in case["funding"]),
    ]


def words_of(flags: int) -> set[str]:
    return {name for name, bit in FLAGS.items() if int(flags) & bit}


def reason_of(code: int) -> str:
    return EXIT_REASONS[int(code)]
