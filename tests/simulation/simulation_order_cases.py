"""Runs of orders: random ones for the kernel and its oracle, and small ones made by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from simulation_cases import account_of, actions_of, an_instrument, bars_of, instrument_of, random_case, some_bars

from mintmark.domain import ALL_OFFERS, CostProfile, Instrument, Order, default_instrument
from mintmark.simulation import ORDER_STATES, Account, BacktestResult, Sizing, run_orders

QUIET = (100.0, 100.0, 100.0, 100.0)
SIZINGS = (
    Sizing("fixed", 3.0), Sizing("fixed_fraction", 0.5), Sizing(), Sizing("risk", 0.02), Sizing("volatility_target")
)  # fmt: skip


def order_case(seed: int, limited: bool = False) -> dict[str, Any]:
    """Return a case of one instrument with any mix of orders, costs, hours and limits."""
    case = random_case(seed, limited)
    rng = np.random.default_rng((seed, 1))
    for name in ("instruments", "bars", "half_spread", "rates", "closed", "volume"):
        case[name] = case[name][:1]
    x = case["instruments"][0]
    x |= {"rollover_time": "17:00", "rollover_zone": "UTC"}
    if rng.random() < 0.8:
        x |= {"mode": "full", "shortable": True}
        case["capital"] = max(case["capital"], 100_000.0)
    if rng.random() < 0.7:
        x["max"] = 1_000_000.0
    x |= {"stops_level": int(rng.choice([0, 0, 5])), "freeze_level": int(rng.choice([0, 0, 80]))}
    case |= {
        "actions": [], "funding": [one for one in case["funding"] if one["column"] == 0],
        "max_entries": int(rng.choice([1, 1, 3])), "max_holding_bars": int(rng.choice([0, 0, 4])),
        "sizing": SIZINGS[int(rng.integers(len(SIZINGS)))],
        "offers": ALL_OFFERS - {str(rng.choice(["stop_limit", "day", "bars", "none", "none", "none"]))},
    }  # fmt: skip
    bars = np.sort(rng.integers(0, len(case["stamps"]), int(rng.integers(1, 40))))
    case["orders"] = [(int(bar), _order(rng, case, int(bar), number)) for number, bar in enumerate(bars)]
    return case


def _order(rng: np.random.Generator, case: dict[str, Any], bar: int, number: int) -> Order:
    action = str(
        rng.choice(["buy", "sell", "buy", "sell", "buy", "sell", "close", "close_partial", "modify", "cancel"])
    )
    expiry = [None, None, "gtc", "day", int(rng.integers(1, 6))][int(rng.integers(5))]
    size = Decimal(str(rng.choice([1, 2, 5, 10, 1.5, 0.5, 60]))) if rng.random() < 0.85 else None
    meant = int(rng.integers(number)) if number and rng.random() < 0.8 else None
    if action == "cancel":
        return Order("cancel", target=meant)
    if action in ("close", "close_partial"):
        return Order(action, size=size, expiry=expiry)
    side = int(rng.choice([-1, 1])) if action == "modify" else 1 if action == "buy" else -1
    close = case["bars"][0][bar][3]

    def near(toward: int) -> Decimal | None:
        distance = float(rng.integers(-5, 150)) * 0.01 * float(rng.choice([1, 1, 3]))
        return max(Decimal(str(round(close + toward * distance, 2))), Decimal("0.01"))

    def maybe(toward: int) -> Decimal | None:
        return near(toward) if rng.random() < 0.5 else None

    levels = {"stop_loss": maybe(-3 * side), "take_profit": maybe(3 * side), "expiry": expiry}
    if rng.random() < 0.3:
        levels |= {"trailing": Decimal("0.01"), "trailing_activation": [None, Decimal("0.005")][int(rng.integers(2))]}
    if action == "modify":
        gone = {"stop_loss": Decimal(0)} if rng.random() < 0.2 else {}
        change = levels | gone | {"size": size if rng.random() < 0.2 else None}
        prices = {"price": maybe(side), "limit_price": near(-side) if rng.random() < 0.1 else None}
        return Order("modify", target=meant, **(prices if meant is not None else {}), **change)
    kind = str(rng.choice(["market", "limit", "stop", "stop_limit"]))
    if kind == "market":
        return Order(action, size=size, **levels)
    price = near(-side if kind == "limit" else side)
    other = near(int(rng.choice([-1, 1]))) if kind == "stop_limit" else None
    return Order(action, kind, size, price, other, **levels)


def order_instrument(case: dict[str, Any]) -> Instrument:
    x = case["instruments"][0]
    return replace(instrument_of(x), stops_level=x["stops_level"], freeze_level=x["freeze_level"])


def run_case(case: dict[str, Any], seed: int = 0) -> BacktestResult:
    """Return what the engine makes of ``case``; its random draws are put into the case for the oracle."""
    case["draws"] = np.random.default_rng(seed).standard_normal(100_000).tolist()
    bars = bars_of(case, 0)
    return run_orders(
        bars,
        [(case["stamps"][bar], order) for bar, order in case["orders"]],
        order_instrument(case),
        account_of(case),
        bars_per_year=6_240,
        sizing=case["sizing"],
        max_entries=case["max_entries"],
        max_holding_bars=case["max_holding_bars"],
        rates=np.array(case["rates"]).T,
        slippage=np.random.default_rng(seed),
        actions=actions_of(case),
        closed=np.array(case["closed"]).T,
        offers=case["offers"],
    )


def played(
    rows: list[tuple[float, float, float, float]], orders: list[tuple[int, Order]],
    instrument: Instrument | None = None, **given: Any,
) -> BacktestResult:  # fmt: skip
    """Send ``orders``, each with the number of its bar, on hourly bars."""
    bars = some_bars(rows, (instrument or an_instrument()).symbol)
    timed = [(int(bars.stamps[bar]), order) for bar, order in orders]
    account = given.pop("account", Account("USD", Decimal(1_000_000), Decimal(30)))
    return run_orders(bars, timed, instrument or an_instrument(), account, bars_per_year=6_240, **given)


def ends(result: BacktestResult) -> list[str]:
    return [ORDER_STATES[state] for state in result.orders["state"]]


def euro(**changes: Any) -> Instrument:
    base = replace(default_instrument("EURUSD", "fx", "USD"), costs=CostProfile(), spread_ticks=Decimal(0))
    return replace(base, **changes)
