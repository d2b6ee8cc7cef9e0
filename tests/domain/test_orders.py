"""The order and the one check it passes, in exact numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from mintmark.domain import FloatInMoney, Funds, Instrument, Order, Quote, Refused, check_order, default_instrument
from mintmark.domain.orders import ORDER_CODES, changed, on_grid, settled

QUOTE = Quote(Decimal("1.09995"), Decimal("1.10005"))


def euro(**fields: Any) -> Instrument:
    return replace(default_instrument("EURUSD", "fx", "USD"), **fields)


def buy(**fields: Any) -> Order:
    return Order("buy", **{"size": Decimal("0.1"), **fields})


def code_of(order: Order, instrument: Instrument | None = None, **given: Any) -> str | None:
    answer = check_order(order, instrument or euro(), QUOTE, **given)
    return None if answer is None else answer.code


def test_an_order_that_may_be_sent_has_no_refusal():
    order = buy(type="limit", price=Decimal("1.09"), stop_loss=Decimal("1.08"), take_profit=Decimal("1.12"))

    assert code_of(order) is None


def test_the_codes_are_asked_in_their_order_and_carry_their_numbers():
    wrong = buy(type="limit", price=Decimal("1.2"), size=Decimal("0.005"), stop_loss=Decimal("1.19999"), expiry="day")
    given = {"offers": frozenset(), "in_hours": False, "funds": Funds(Decimal(2), Decimal(1))}
    steps = [
        (wrong, euro(trade_mode="disabled", stops_level=50)),
        (replace(wrong, action="sell"), euro(trade_mode="long_only", stops_level=50)),
        (wrong, euro(trade_mode="short_only", stops_level=50)),
        (wrong, euro(trade_mode="close_only", stops_level=50)),
        (wrong, euro(stops_level=50)),
        (replace(wrong, price=Decimal("1.09990"), stop_loss=Decimal("1.09989")), euro(stops_level=50)),
        (buy(type="limit", price=Decimal("1.0999"), expiry="day"), euro(stops_level=50)),
        (buy(expiry="day"), euro()),
    ]

    found = [check_order(order, instrument, QUOTE, **given) for order, instrument in steps]
    late = [code_of(buy(expiry="day"), offers=frozenset({"market", "gtc"})), code_of(buy(expiry="day"), in_hours=False)]

    codes = [answer.code for answer in found if answer is not None]
    assert [*codes, *late] == [code for code in ORDER_CODES if code != "frozen"]
    assert [answer.details["number"] for answer in found if answer is not None] == [
        10017, 10042, 10043, 10044, 10015, 10014, 10016, 10019,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "limit"},
        {"type": "limit", "price": Decimal(0)},
        {"type": "limit", "price": Decimal("1.10005")},
        {"type": "stop", "price": Decimal("1.10005")},
        {"type": "stop_limit", "price": Decimal("1.11")},
        {"stop_loss": Decimal("1.09995")},
        {"take_profit": Decimal("1.09995")},
        {"type": "stop_limit", "price": Decimal("1.11"), "limit_price": Decimal("1.12"), "stop_loss": Decimal("1.115")},
    ],
)  # fmt: skip
def test_a_price_that_is_missing_not_above_zero_filling_at_once_or_on_the_wrong_side_is_bad(fields):
    assert code_of(buy(**fields)) == "bad_price"


@pytest.mark.parametrize("distance, code", [(49, "stops_too_near"), (50, None)])
def test_a_stop_at_the_stops_level_is_far_enough(distance, code):
    stop = Decimal("1.09995") - distance * Decimal("0.00001")

    assert code_of(buy(stop_loss=stop), euro(stops_level=50)) == code


@pytest.mark.parametrize("size", ["0.005", "0.015", "101"])
def test_a_size_under_the_minimum_over_the_maximum_or_off_the_step_is_bad_volume(size):
    assert code_of(buy(size=Decimal(size))) == "bad_volume"


@pytest.mark.parametrize("mode", ["long_only", "short_only", "close_only"])
def test_what_closes_always_passes_the_permissions_and_what_is_more_does_not(mode):
    held = Decimal("-0.3") if mode == "short_only" else Decimal("0.3")
    action = "buy" if held < 0 else "sell"

    closes = code_of(Order(action, size=Decimal("0.3")), euro(trade_mode=mode), held=held)
    reverses = code_of(Order(action, size=Decimal("0.4")), euro(trade_mode=mode), held=held)

    assert (closes, reverses) == (None, mode)


@pytest.mark.parametrize("price, code", [("1.09905", "frozen"), ("1.09904", None)])
def test_an_order_within_the_freeze_level_is_not_changed(price, code):
    old = buy(type="limit", price=Decimal(price))
    new = changed(old, Order("modify", price=Decimal("1.08")))

    assert code_of(new, euro(freeze_level=100), before=old) == code
    assert code_of(Order("cancel"), euro(freeze_level=100), before=old) == code


def test_a_change_replaces_what_it_gives_and_takes_away_a_level_of_zero():
    old = buy(type="limit", price=Decimal("1.09"), stop_loss=Decimal("1.08"), take_profit=Decimal("1.2"))

    new = changed(old, Order("modify", price=Decimal("1.07"), stop_loss=Decimal(0)))

    assert (new.price, new.stop_loss, new.take_profit, new.size) == (
        Decimal("1.07"), None, Decimal("1.2"), Decimal("0.1"),
    )  # fmt: skip


def test_prices_go_on_the_tick_limits_a_buyers_down_triggers_his_up_and_stops_toward_the_entry():
    tick, off = Decimal("0.01"), Decimal("1.005")
    limit = settled(Order("buy", "limit", price=off, stop_loss=off, take_profit=off), 1, tick)
    stop = settled(Order("sell", "stop", price=off, stop_loss=off, take_profit=off), -1, tick)

    assert (limit.price, limit.stop_loss, limit.take_profit) == (Decimal("1.00"), Decimal("1.01"), Decimal("1.01"))
    assert (stop.price, stop.stop_loss, stop.take_profit) == (Decimal("1.00"), Decimal("1.00"), Decimal("1.00"))
    assert on_grid(off, Decimal(0), up=True) == off


def test_an_order_knows_no_float():
    with pytest.raises(FloatInMoney):
        Order("buy", size=0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "action, fields, named",
    [
        ("hold", {}, "action"),
        ("buy", {"type": "iceberg"}, "type"),
        ("close", {"type": "limit"}, "type"),
        ("buy", {"trailing": Decimal(1)}, "trailing"),
        ("buy", {"expiry": 0}, "expiry"),
        ("buy", {"expiry": "week"}, "expiry"),
        ("buy", {"price": Decimal(1)}, "price"),
        ("buy", {"type": "limit", "price": Decimal(1), "limit_price": Decimal(1)}, "limit_price"),
        ("close", {"stop_loss": Decimal(1)}, "stop_loss"),
    ],
)
def test_a_field_that_cannot_be_is_named(action, fields, named):
    with pytest.raises(Refused) as refused:
        Order(action, **fields)

    assert (refused.value.code, refused.value.details["field"]) == ("bad_value", named)
