"""Orders worked by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from simulation_cases import HOUR, an_instrument, reason_of, some_bars, words_of
from simulation_order_cases import QUIET, ends, euro, played

from mintmark.domain import Bars, CostProfile, Order, Refused
from mintmark.simulation import Account, CorporateAction, Sizing, run_orders, run_targets


@pytest.mark.parametrize(
    "bar, reason, price, flags",
    [
        ((100.2, 101, 98.5, 100.5), "stop", 99, set()),
        ((98.2, 99.5, 97, 99), "stop", 98.2, {"gap"}),
        ((100.5, 102.5, 98.8, 101), "stop", 99, {"ambiguous"}),
        ((102.7, 103, 101.5, 102.8), "target", 102.7, {"gap"}),
        ((101, 102, 99.5, 101), "target", 102, set()),
        ((100.4, 101.9, 99.1, 101.2), "end_of_data", 101.2, set()),
    ],
)
def test_a_position_with_stop_and_target_leaves_where_every_path_or_any_path_says(bar, reason, price, flags):
    order = Order("buy", size=Decimal(1), stop_loss=Decimal(99), take_profit=Decimal(102))

    result = played([QUIET, QUIET, bar], [(0, order)])

    trade = result.trades[0]
    assert (reason_of(trade["exit_reason"]), words_of(trade["flags"])) == (reason, flags)
    assert trade["exit_price"] == pytest.approx(price)


def limit(side: str = "buy") -> Order:
    if side == "buy":
        return Order("buy", "limit", Decimal(1), Decimal(99), stop_loss=Decimal(98), take_profit=Decimal(101))
    return Order("sell", "limit", Decimal(1), Decimal(101), stop_loss=Decimal(102), take_profit=Decimal(99))


def stop(side: str = "buy") -> Order:
    if side == "buy":
        return Order("buy", "stop", Decimal(1), Decimal(101), stop_loss=Decimal(100), take_profit=Decimal(103))
    return Order("sell", "stop", Decimal(1), Decimal(99), stop_loss=Decimal(100), take_profit=Decimal(97))


def mirrored(bar: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    opened, high, low, close = (round(200.0 - price, 6) for price in bar)
    return opened, low, high, close


INSIDE = [
    (limit, (100, 101.5, 98.5, 100), "end_of_data", 99, 100, set()),
    (limit, (100, 101.5, 97.8, 100), "stop", 99, 98, set()),
    (stop, (100.5, 103.2, 100.2, 102.9), "target", 101, 103, set()),
    (stop, (100.5, 103.2, 99.9, 102.9), "stop", 101, 100, {"ambiguous"}),
]


@pytest.mark.parametrize("make, bar, reason, entry, left, flags", INSIDE)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_an_entry_inside_the_bar_meets_its_stop_there_and_its_target_where_the_price_surely_came(
    make, bar, reason, entry, left, flags, side
):
    there = bar if side == "buy" else mirrored(bar)

    result = played([QUIET, there], [(0, make(side))])

    trade = result.trades[0]
    assert (reason_of(trade["exit_reason"]), words_of(trade["flags"])) == (reason, flags)
    shown = (trade["entry_price"], trade["exit_price"])
    assert shown == pytest.approx((entry, left) if side == "buy" else (200 - entry, 200 - left))


def test_in_the_bar_of_an_entry_inside_it_only_the_close_counts_in_its_favour():
    result = played([QUIET, (100, 101.5, 98.5, 100)], [(0, limit())])

    trade = result.trades[0]
    assert (trade["mfe"], trade["mae"]) == pytest.approx((1 / 99, -0.5 / 99))


def test_a_partial_close_takes_the_oldest_entries_first_one_trade_a_piece():
    rows = [(p, p, p, p) for p in (1.1000, 1.1000, 1.1010, 1.0990, 1.0990)]
    orders = [(0, Order("buy", size=Decimal(1))), (1, Order("close_partial", size=Decimal("0.4"))), (2, Order("close"))]

    result = played(rows, orders, euro(costs=CostProfile(per_lot=Decimal("3.5"))))

    assert result.trades["net_profit"] == pytest.approx([37.20, -64.20])
    assert result.final_equity - result.capital == Decimal("-27.00")


def test_a_partial_close_reaches_into_the_next_entry():
    rows = [(p, p, p, p) for p in (100.0, 100.0, 101.0, 102.0, 102.0)]
    orders = [
        (0, Order("buy", size=Decimal(2))),
        (1, Order("buy", size=Decimal(3))),
        (2, Order("close_partial", size=Decimal(4))),
    ]

    result = played(rows, orders, max_entries=2)

    assert result.trades["size"].tolist() == [2.0, 2.0, 1.0]
    assert result.trades["entry_price"].tolist() == [100.0, 101.0, 101.0]


def test_an_order_lives_from_the_next_bar_on():
    result = played(
        [(100, 100, 98, 100), QUIET, (100, 100, 98, 100)], [(0, Order("buy", "limit", Decimal(1), Decimal(99)))]
    )

    assert result.fills["bar"].tolist() == [2, 2]


def test_a_gap_fills_a_stop_worse_and_a_limit_better():
    rows = [QUIET, (102.0, 102.5, 101.5, 102.0), (95.0, 95.5, 94.5, 95.0)]
    orders = [(0, Order("buy", "stop", Decimal(1), Decimal(101))), (1, Order("buy", "limit", Decimal(1), Decimal(99)))]

    result = played(rows, orders, max_entries=2)

    assert result.fills["price"].tolist()[:2] == [102.0, 95.0]
    assert [words_of(flags) for flags in result.fills["flags"][:2]] == [{"gap"}, {"gap"}]


@pytest.mark.parametrize(
    "top, bar, filled",
    [
        ("101.5", (100.5, 102.0, 100.2, 101.0), [1, 101.0]),
        ("101.5", (101.2, 102.0, 100.2, 101.0), [1, 101.2]),
        ("101.5", (103.0, 103.5, 102.0, 103.0), []),
        ("100.8", (100.5, 102.0, 100.2, 101.0), []),
        ("100.8", (100.5, 102.0, 100.2, 100.6), [1, 100.8]),
    ],
)
def test_a_stop_limit_fills_at_the_better_of_trigger_and_limit_or_rests(top, bar, filled):
    order = Order("buy", "stop_limit", Decimal(1), Decimal(101), Decimal(top))

    result = played([QUIET, bar, (105.0, 105.0, 105.0, 105.0)], [(0, order)])

    opened = result.fills[result.fills["opens"] == 1]
    assert [value for row in opened for value in (int(row["bar"]), float(row["price"]))] == filled
    assert ends(result) == ["filled" if filled else "end_of_data"]


def test_what_rests_of_a_stop_limit_fills_as_a_limit_later():
    order = Order("buy", "stop_limit", Decimal(1), Decimal(101), Decimal("100.8"))
    rows = [QUIET, (100.5, 102.0, 100.2, 101.0), (101.0, 101.0, 100.0, 100.5)]

    result = played(rows, [(0, order)])

    assert (result.fills["bar"][0], result.fills["price"][0]) == (2, 100.8)


def test_stops_fill_before_limits_and_the_nearest_to_the_open_first():
    given = [("limit", "100.5"), ("stop", "98"), ("stop", "99")]
    orders = [Order("sell", kind, Decimal(1), Decimal(price)) for kind, price in given]

    result = played([QUIET, (100, 101, 97, 98)], [(0, order) for order in orders], max_entries=3)

    assert result.fills["price"].tolist()[:3] == [99.0, 98.0, 100.5]


def test_a_larger_order_of_the_other_side_closes_and_then_opens():
    result = played([QUIET] * 4, [(0, Order("buy", size=Decimal(2))), (1, Order("sell", size=Decimal(5)))])

    assert result.fills["side"].tolist() == [1, -1, -1, 1]
    assert result.fills["size"].tolist() == [2.0, 2.0, 3.0, 3.0]
    assert result.fills["opens"].tolist() == [1, 0, 1, 0]


def test_adding_is_refused_where_one_entry_is_allowed_and_a_close_needs_something_to_close():
    orders = [
        (0, Order("close")),
        (0, Order("buy", size=Decimal(1))),
        (1, Order("buy", size=Decimal(1))),
        (2, Order("close")),
    ]

    result = played([QUIET] * 5, orders)

    assert result.rejections == {"nothing_to_close": 1, "already_in_position": 1}
    assert ends(result) == ["refused", "filled", "refused", "filled"]
    assert result.orders["ended_bar"].tolist() == [1, 1, 2, 3]


def test_a_trailing_stop_of_an_order_follows_the_best_price_once_armed():
    rows = [QUIET, QUIET, (100, 104, 100, 104), (104, 104, 102, 103)]
    order = Order("buy", size=Decimal(1), trailing=Decimal("0.01"), trailing_activation=Decimal("0.02"))

    result = played(rows, [(0, order)])

    trade = result.trades[0]
    assert (reason_of(trade["exit_reason"]), trade["exit_bar"]) == ("trailing", 3)
    assert trade["exit_price"] == pytest.approx(104 * 0.99)


def test_a_changed_order_and_changed_levels_are_the_ones_that_act():
    orders = [
        (0, Order("buy", "limit", Decimal(1), Decimal(95))),
        (1, Order("modify", target=0, price=Decimal(99), stop_loss=Decimal(90))),
        (2, Order("modify", stop_loss=Decimal(97))),
    ]  # fmt: skip

    result = played([QUIET, QUIET, (100, 100, 98, 100), (100, 100, 96, 98)], orders)

    trade = result.trades[0]
    assert (trade["entry_price"], trade["exit_price"]) == (99.0, 97.0)
    assert ends(result) == ["filled", "done", "done"]


def test_a_change_that_fails_the_check_leaves_the_order_as_it_was():
    orders = [(0, Order("buy", "limit", Decimal(1), Decimal(99))), (0, Order("modify", target=0, price=Decimal(101)))]

    result = played([QUIET, (100, 100, 98, 100)], orders)

    assert result.rejections == {"bad_price": 1}
    assert result.fills["price"][0] == 99.0


def test_a_cancelled_an_expired_and_a_waiting_order_end_by_their_names():
    asks = [Order("buy", "limit", Decimal(1), Decimal(90), expiry=expiry) for expiry in (None, "gtc", 2, "day")]
    orders = [(0, order) for order in asks]
    orders += [(1, Order("cancel", target=0)), (2, Order("cancel", target=0)), (39, Order("buy", size=Decimal(1)))]

    result = played([QUIET] * 40, orders)

    assert ends(result) == ["cancelled", "end_of_data", "expired", "expired", "done", "refused", "discarded"]
    assert result.orders["ended_bar"].tolist()[2:4] == [2, 21]
    assert result.rejections == {"order_done": 1}
    assert result.discarded_signals == 1


def test_outside_trading_hours_a_market_order_waits_and_a_days_order_is_refused():
    closed = np.array([True, True, False, False])
    orders = [(0, Order("buy", size=Decimal(1))), (0, Order("buy", "limit", Decimal(1), Decimal(99), expiry="day"))]

    result = played([QUIET] * 4, orders, closed=closed)

    assert result.fills["bar"][0] == 2
    assert words_of(result.fills["flags"][0]) == {"deferred"}
    assert result.rejections == {"market_closed": 1}


def test_what_lies_within_the_freeze_level_is_not_changed():
    instrument = replace(an_instrument(), tick=Decimal("0.01"), freeze_level=100)
    orders = [(0, Order("buy", "limit", Decimal(1), Decimal("99.00"))), (0, Order("cancel", target=0))]
    orders += [(0, Order("buy", "limit", Decimal(1), Decimal("98.99"))), (0, Order("cancel", target=2))]

    result = played([QUIET] * 3, orders, instrument)

    assert result.rejections == {"frozen": 1}
    assert ends(result) == ["end_of_data", "refused", "cancelled", "done"]


def test_a_size_of_its_own_is_refused_and_one_from_a_rule_is_cut_where_money_is_short():
    account = Account("USD", Decimal(1_000), Decimal(1))
    rows = [QUIET, (110.0, 110.0, 110.0, 110.0), (110.0, 110.0, 110.0, 110.0)]

    own = played(rows, [(0, Order("buy", size=Decimal(10)))], account=account)
    ruled = played(rows, [(0, Order("buy"))], account=account)

    assert own.rejections == {"no_money": 1}
    assert (ruled.fills["size"][0], ruled.flags) == (9.0, {"reduced": 1})


def test_orders_without_a_size_are_sized_by_the_rule():
    pips = euro()
    risk = played([(1.1, 1.1, 1.1, 1.1)] * 3, [(0, Order("buy", stop_loss=Decimal("1.095")))], pips,
                  sizing=Sizing("risk"), account=Account("USD", Decimal(10_000), Decimal(30)))  # fmt: skip
    share = played([(187.43,) * 4] * 3, [(0, Order("buy"))], sizing=Sizing("fixed_fraction", 0.25),
                   account=Account("USD", Decimal(25_000)))  # fmt: skip
    rng = np.random.default_rng(3)
    moves = np.exp(rng.normal(0, 0.016, 60))
    closes = [*(42.5 * np.cumprod(moves)), 42.5, 42.5]
    yearly = np.std(np.diff(closes[:61]) / np.array(closes[:60]), ddof=1) * np.sqrt(6_240)
    steady = played([(p, p, p, p) for p in closes], [(60, Order("buy"))], sizing=Sizing("volatility_target"),
                    account=Account("USD", Decimal(50_000)))  # fmt: skip
    early = played([QUIET] * 3, [(0, Order("buy"))], sizing=Sizing("volatility_target"))
    without = played([QUIET] * 3, [(0, Order("buy"))], sizing=Sizing("risk"))

    assert risk.fills["size"][0] == pytest.approx(0.20)
    assert share.fills["size"][0] == 33.0
    assert steady.fills["size"][0] == int(50_000 * min(0.1 / yearly, 1.0) / 42.5)
    assert (early.rejections, without.rejections) == ({"too_few_returns": 1}, {"stop_required": 1})


def test_a_split_multiplies_waiting_sizes_and_divides_their_prices():
    rows = [QUIET, QUIET, (50.0, 50.0, 49.0, 50.0)]
    bars = some_bars(rows)
    order = (int(bars.stamps[0]), Order("buy", "limit", Decimal(1), Decimal(99), stop_loss=Decimal(90)))

    result = run_orders(bars, [order], an_instrument(), bars_per_year=6_240,
                        actions=[CorporateAction("X", int(bars.stamps[2]) - HOUR // 2, split=2.0)])  # fmt: skip

    assert (result.fills["size"][0], result.fills["price"][0]) == (2.0, 49.5)


def test_a_time_that_is_no_bars_is_named_up_to_ten_times():
    bars = some_bars([QUIET] * 3)
    orders = [(int(bars.stamps[0]) + number, Order("buy", size=Decimal(1))) for number in range(1, 13)]

    with pytest.raises(Refused) as refused:
        run_orders(bars, orders, an_instrument(), bars_per_year=6_240)

    assert (refused.value.code, refused.value.details["count"]) == ("signal_time_unknown", 12)
    assert len(refused.value.details["times"]) == 10


def test_orders_that_open_and_close_at_the_market_come_to_what_targets_come_to():
    bars = some_bars([(100.0 + i, 101.0 + i, 99.0 + i, 100.5 + i) for i in range(8)])
    instrument = replace(
        an_instrument(costs=CostProfile(fee_bps=Decimal(2), borrow_bps_per_year=Decimal(50))), tick=Decimal("0.01")
    )
    instrument = replace(instrument, spread_ticks=Decimal(3))
    account, targets = Account("USD", Decimal(10_000), Decimal(30)), np.full(8, np.nan)
    targets[[0, 2, 4]] = 3.0, -2.0, 0.0
    orders = [(0, Order("buy", size=Decimal(3))), (2, Order("sell", size=Decimal(5))), (4, Order("close"))]

    ours = run_orders(bars, [(int(bars.stamps[t]), order) for t, order in orders], instrument, account,
                      bars_per_year=6_240)  # fmt: skip
    theirs = run_targets([bars], targets, [instrument], account, bars_per_year=6_240, sizing="size")

    assert ours.equity.tobytes() == theirs.equity.tobytes()
    assert ours.fills.tobytes() == theirs.fills.tobytes()


def test_bars_and_orders_are_not_written_to():
    bars: Bars = some_bars([QUIET, (100, 101.5, 98.5, 100), QUIET])
    before = [column.tobytes() for column in (bars.open, bars.high, bars.low, bars.close)]

    run_orders(bars, [(int(bars.stamps[0]), limit())], an_instrument(), bars_per_year=6_240)

    assert [column.tobytes() for column in (bars.open, bars.high, bars.low, bars.close)] == before
