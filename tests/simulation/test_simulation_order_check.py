"""The kernel's order check: counted by code, and equal to the exact one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulation_cases import an_instrument
from simulation_order_cases import QUIET, ends, euro, played

from mintmark.domain import Order, Quote, check_order
from mintmark.simulation import REFUSALS


def test_each_refusal_of_the_check_is_counted_by_its_code():
    rows = [(1.1, 1.1, 1.1, 1.1)] * 4
    near, allowed = Decimal("1.1") - Decimal("0.00049"), Decimal("1.1") - Decimal("0.00050")
    given = [Order("buy", size=Decimal("0.1"), stop_loss=near), Order("buy", size=Decimal("0.1"), stop_loss=allowed)]
    given += [Order("buy", size=Decimal(size)) for size in ("0.005", "0.015", "101")]

    full = played(rows, [(0, order) for order in given], euro(stops_level=50))
    long = played(rows, [(0, Order("sell", size=Decimal("0.1")))], euro(trade_mode="long_only"))
    short = played(rows, [(0, Order("buy", size=Decimal("0.1")))], euro(trade_mode="short_only"))

    counted = full.rejections | long.rejections | short.rejections
    assert counted == {"stops_too_near": 1, "bad_volume": 3, "long_only": 1, "short_only": 1}
    assert ends(full) == ["refused", "filled", "refused", "refused", "refused"]


CENTS = st.integers(9_700, 10_300).map(lambda cents: Decimal(cents) / 100)
FINE = st.integers(97_000, 103_000).map(lambda parts: Decimal(parts) / 1_000)


@st.composite
def an_order(draw: Any) -> Order:
    action = draw(st.sampled_from(["buy", "sell"]))
    kind = draw(st.sampled_from(["market", "limit", "stop", "stop_limit"]))
    price = None if kind == "market" else draw(st.one_of(CENTS, FINE))
    other = draw(CENTS) if kind == "stop_limit" else None
    size = Decimal(draw(st.sampled_from(["1", "2", "3", "0.5", "2.5", "7", "60"])))
    level = st.none() | CENTS | FINE
    expiry = draw(st.sampled_from([None, "gtc", "day", 3]))
    return Order(action, kind, size, price, other, draw(level), draw(level), expiry=expiry)


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    order=an_order(), first=st.sampled_from([None, "buy", "sell"]), spread=st.integers(0, 30),
    mode=st.sampled_from(["full", "full", "long_only", "short_only", "close_only", "disabled"]),
    basis=st.sampled_from(["mid", "bid"]), stops=st.sampled_from([0, 20]), shortable=st.booleans(),
    missing=st.sampled_from(["none", "stop", "day", "bars"]), shut=st.booleans(),
)  # fmt: skip
def test_the_kernels_check_in_whole_ticks_equals_the_exact_one(
    order, first, spread, mode, basis, stops, shortable, missing, shut
):
    instrument = replace(
        an_instrument(), tick=Decimal("0.01"), size_max=Decimal(50), stops_level=stops, trade_mode=mode,
        shortable=shortable, price_basis=basis, spread_ticks=Decimal(spread),
    )  # fmt: skip
    offers = {"market", "limit", "stop", "stop_limit", "gtc", "day", "bars"} - {missing}
    orders = [(0, Order(first, size=Decimal(2)))] if first and not shut else []

    result = played(
        [QUIET] * 3, [*orders, (1, order)], instrument, offers=offers, closed=np.array([False, shut, False])
    )

    opened = result.fills[(result.fills["opens"] == 1) & (result.fills["bar"] == 1)]
    held = sum((Decimal(float(row["size"])) * int(row["side"]) for row in opened), Decimal(0))
    half = Decimal(spread) * Decimal("0.005")
    quote = (
        Quote(Decimal(100), Decimal(100) + 2 * half)
        if basis == "bid"
        else Quote(Decimal(100) - half, Decimal(100) + half)
    )
    exact = check_order(order, instrument, quote, held=held, offers=offers, in_hours=not shut)
    ours = result.orders[-1]
    sent = REFUSALS[ours["code"]] if ours["ended_bar"] == 1 else None
    assert sent == (None if exact is None else exact.code)
