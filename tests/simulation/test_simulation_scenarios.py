"""Cases worked by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from simulation_cases import HOUR, MONDAY, an_instrument, reason_of, some_bars, words_of

from mintmark.domain import Bars, CostProfile, Instrument, Refused, Timeframe, default_instrument
from mintmark.simulation import (
    Account,
    BacktestResult,
    CorporateAction,
    Protection,
    buy_and_hold,
    run_targets,
    size_by_fraction,
    size_by_risk,
    size_by_volatility,
)

NAN = float("nan")


def lots(
    bars: Bars, targets: list[float], instrument: Instrument | None = None, capital: float = 1e6, **given: Any
) -> BacktestResult:
    """Run targets in lots on one instrument with leverage 30."""
    account = Account("USD", Decimal(str(capital)), Decimal(30))
    chosen = instrument or an_instrument(bars.symbol)
    return run_targets([bars], np.array(targets), [chosen], account, sizing="size", bars_per_year=6_240, **given)


def euro(symbol: str = "EURUSD", currency: str = "USD", **costs: Any) -> Instrument:
    base = default_instrument(symbol, "fx", currency)
    return replace(
        base, costs=CostProfile(**costs), spread_ticks=Decimal(0), rollover_time="21:00", rollover_zone="UTC"
    )


def flat_bars(prices: list[float], symbol: str = "EURUSD", start: int = 0) -> Bars:
    bars = some_bars([(p, p, p, p) for p in prices], symbol)
    return replace(bars, stamps=bars.stamps + start * HOUR)


def week(first: float, last: float) -> Bars:
    """Hourly bars from Monday 11:00 to Thursday 12:00; the open of Monday 12:00 is ``first``."""
    return flat_bars([first] * 73 + [last], start=11)


@pytest.mark.parametrize(
    "side, price_profit, financing, net", [(1.0, 500.0, -32.5, 450.5), (-1.0, -500.0, 6.0, -511.0)]
)
def test_each_cost_is_charged_once(side, price_profit, financing, net):
    instrument = replace(
        euro(per_lot=Decimal("3.5"), financing="points", financing_long=Decimal("-6.5"),
             financing_short=Decimal("1.2")),
        spread_ticks=Decimal(10),
    )  # fmt: skip
    bars = week(1.10000, 1.10500)

    result = lots(bars, [side, *[NAN] * 71, 0.0, NAN], instrument)

    trade = result.trades[0]
    assert len(result.trades) == 1
    assert trade["price_profit"] == pytest.approx(price_profit)
    assert trade["spread_cost"] == pytest.approx(-10.0)
    assert trade["fees"] == pytest.approx(-7.0)
    assert trade["financing_cost"] == pytest.approx(financing)
    assert trade["net_profit"] == pytest.approx(net)
    assert result.money()["net_profit"].amount == Decimal(str(net))


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
def test_a_bar_takes_the_adverse_fill_any_path_gives_and_the_good_one_every_path_gives(bar, reason, price, flags):
    quiet = (100.0, 100.0, 100.0, 100.0)

    result = lots(
        some_bars([quiet, quiet, bar]), [1.0, NAN, NAN], protection=Protection(stop_loss=0.01, take_profit=0.02)
    )

    trade = result.trades[0]
    assert (reason_of(trade["exit_reason"]), words_of(trade["flags"])) == (reason, flags)
    assert trade["exit_price"] == pytest.approx(price)


def test_a_short_mirrors_a_long():
    quiet, bar = (100.0, 100.0, 100.0, 100.0), (99.5, 101.2, 97.5, 99.0)

    result = lots(
        some_bars([quiet, quiet, bar]), [-1.0, NAN, NAN], protection=Protection(stop_loss=0.01, take_profit=0.02)
    )

    trade = result.trades[0]
    assert (reason_of(trade["exit_reason"]), words_of(trade["flags"])) == ("stop", {"ambiguous"})
    assert trade["exit_price"] == pytest.approx(101.0)


def test_the_excursions_stop_at_the_exit():
    quiet, bar = (100.0, 100.0, 100.0, 100.0), (100.5, 101.0, 97.0, 98.0)

    result = lots(some_bars([quiet, quiet, bar]), [1.0, NAN, NAN], protection=Protection(stop_loss=0.01))

    assert result.trades["mfe"][0] == pytest.approx(0.01)
    assert result.trades["mae"][0] == pytest.approx(-0.01)


def test_after_a_protective_exit_the_position_stays_flat_until_the_target_changes():
    quiet, fall = (100.0, 100.0, 100.0, 100.0), (100.0, 100.0, 90.0, 95.0)
    rows = [quiet, quiet, fall, *[(95.0, 95.0, 95.0, 95.0)] * 5]

    result = lots(some_bars(rows), [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0], protection=Protection(stop_loss=0.01))

    assert result.fills["bar"].tolist() == [1, 2, 6, 7]
    assert result.fills["size"].tolist() == [1.0, 1.0, 2.0, 2.0]


def test_the_holding_limit_closes_at_the_open_after_so_many_bars():
    result = lots(flat_bars([100.0] * 8, "X"), [1.0, *[NAN] * 7], protection=Protection(max_holding_bars=3))

    trade = result.trades[0]
    assert (trade["entry_bar"], trade["exit_bar"], trade["bars_held"]) == (1, 4, 3)
    assert reason_of(trade["exit_reason"]) == "time"


def test_partial_closes_make_one_trade_a_piece_oldest_first():
    bars = flat_bars([1.1000, 1.1000, 1.1010, 1.0990, 1.0990])

    result = lots(bars, [1.0, 0.6, 0.0, NAN, NAN], euro(per_lot=Decimal("3.5")))

    assert result.trades["net_profit"] == pytest.approx([37.20, -64.20])
    assert result.final_equity - result.capital == Decimal("-27.00")


@pytest.mark.parametrize("side, level", [(1.0, 1.064189), (-1.0, 1.134868)])
def test_a_position_is_liquidated_where_equity_is_forty_percent_of_its_margin(side, level):
    calm, away = (1.1, 1.1, 1.1, 1.1), 1.1 - side * 0.02
    worst = 1.1 - side * 0.04
    bar = (away, max(away, worst), min(away, worst), away)

    result = lots(some_bars([calm, calm, bar], "EURUSD"), [side * 0.2, NAN, NAN], euro(), capital=1_000)

    trade = result.trades[0]
    assert reason_of(trade["exit_reason"]) == "margin"
    assert trade["exit_reference"] == pytest.approx(level, abs=5e-7)
    if side > 0:
        assert trade["exit_price"] == pytest.approx(1.06418)
        assert result.final_equity == Decimal("283.60")


@pytest.mark.parametrize("ordered", [NAN, 0.0, -0.2], ids=["no order", "a close waits", "a reversal waits"])
def test_a_loss_beyond_the_capital_ends_the_run_as_ruined(ordered):
    rows = [(1.1, 1.1, 1.1, 1.1)] * 2 + [(0.9, 0.9, 0.9, 0.9)] * 4

    result = lots(some_bars(rows, "EURUSD"), [0.2, ordered, -0.2, NAN, NAN, NAN], euro(), capital=1_000)

    assert result.ruined
    assert result.bars_played == 3
    assert result.equity[2:] == pytest.approx([-3_000.0] * 4)
    assert result.metrics["annual_return"] == -1.0


def test_profit_is_converted_at_the_rate_of_its_own_moment():
    pounds = euro("EURGBP", "GBP")
    bars = flat_bars([0.85, 0.85, 0.855, 0.855], "EURGBP")

    result = lots(bars, [1.0, 0.0, NAN, NAN], pounds, rates=np.array([1.2, 1.2, 1.25, 1.25]))
    yen = replace(euro("USDJPY", "JPY"), tick=Decimal("0.001"))
    dollars = lots(flat_bars([150.0, 150.0, 150.6, 150.6], "USDJPY"), [1.0, 0.0, NAN, NAN], yen,
                   rates=1.0 / np.array([150.0, 150.0, 150.6, 150.6]))  # fmt: skip

    for found, quoted in ((result, 500.0), (dollars, 60_000.0)):
        trade = found.trades[0]
        assert (trade["exit_price"] - trade["entry_price"]) * trade["size"] * 100_000 == pytest.approx(quoted)
    assert result.final_equity - result.capital == Decimal("625.00")
    assert result.trades["net_profit"] == pytest.approx([625.0])
    assert round(float(dollars.trades["net_profit"][0]), 2) == 398.41


def test_without_a_rate_there_is_no_number():
    with pytest.raises(Refused) as refused:
        lots(flat_bars([0.85] * 3, "EURGBP"), [1.0, NAN, NAN], euro("EURGBP", "GBP"))

    assert (refused.value.code, refused.value.details["pair"]) == ("missing_rate", "GBPUSD")


def test_a_full_weight_is_cut_to_what_the_money_carries_and_says_so():
    rows = [(100.0, 100.0, 100.0, 100.0), (110.0, 110.0, 110.0, 110.0), (110.0, 110.0, 110.0, 110.0)]
    instrument = an_instrument(costs=CostProfile(fee_bps=Decimal(10)))

    result = run_targets(
        [some_bars(rows)], np.array([1.0, NAN, NAN]), [instrument], Account("USD", Decimal(10_000)), bars_per_year=252
    )

    assert result.fills["size"][0] == 90.0
    assert result.flags == {"reduced": 1}
    assert result.equity[1] == pytest.approx(10_000 - 90 * 110 * 0.001)


def test_a_size_is_refused_where_the_money_does_not_carry_it():
    result = run_targets(
        [flat_bars([100.0] * 4, "X")], np.array([200.0, NAN, NAN, NAN]), [an_instrument()],
        Account("USD", Decimal(10_000)), bars_per_year=252, sizing="size",
    )  # fmt: skip

    assert result.rejections == {"no_money": 1}
    assert len(result.fills) == 0


def test_the_fill_price_may_size_the_order_instead_of_the_deciding_close():
    rows = [(100.0, 100.0, 100.0, 100.0), (125.0, 125.0, 125.0, 125.0), (125.0, 125.0, 125.0, 125.0)]
    account = Account("USD", Decimal(10_000))

    sizes = [
        run_targets([some_bars(rows)], np.array([0.5, NAN, NAN]), [an_instrument()], account, bars_per_year=252,
                    sizing_price=price).fills["size"][0]
        for price in ("decision", "fill")
    ]  # fmt: skip

    assert sizes == [50.0, 40.0]


def test_an_equity_buys_whole_shares_for_a_quarter_of_itself():
    result = run_targets(
        [flat_bars([187.43] * 3, "X")], np.array([0.25, NAN, NAN]), [an_instrument()],
        Account("USD", Decimal(25_000)), bars_per_year=252,
    )  # fmt: skip

    assert result.fills["size"][0] == 33.0


def test_each_rule_of_sizing_gives_the_lots_worked_by_hand():
    yearly = 0.016 * np.sqrt(252)

    assert size_by_fraction(0.25, 25_000, 187.43, 1) == 33.0
    assert size_by_risk(0.01, 10_000, 0.0050, step=0.01, contract=100_000) == pytest.approx(0.20)
    assert yearly == pytest.approx(0.253992, abs=1e-6)
    assert size_by_volatility(0.10, yearly, 50_000, 42.5, 1) == 463.0


def test_sizing_by_risk_needs_a_stop():
    with pytest.raises(Refused) as refused:
        size_by_risk(0.01, 10_000, None, step=0.01)

    assert refused.value.code == "stop_required"


def test_sells_go_before_buys_so_that_their_money_can_be_spent():
    a, b = flat_bars([100.0] * 5, "A"), flat_bars([50.0] * 5, "B")
    targets = np.array([[0.0, 1.0], [NAN, NAN], [1.0, 0.0], [NAN, NAN], [NAN, NAN]])

    result = run_targets(
        [a, b], targets, [an_instrument("A"), an_instrument("B")], Account("USD", Decimal(10_000)), bars_per_year=252
    )

    assert result.fills["column"].tolist()[:3] == [1, 1, 0]
    assert result.fills["side"].tolist()[:3] == [1, -1, 1]
    assert result.flags == {}


def test_an_instrument_without_a_bar_is_marked_at_its_last_close_and_trades_at_its_next_open():
    a = flat_bars([100.0] * 6, "A")
    whole = flat_bars([50.0, 50.0, 60.0, 70.0, 80.0, 80.0], "B")
    keep = np.array([0, 1, 4, 5])
    b = Bars(
        "B", Timeframe.H1, whole.stamps[keep], *[getattr(whole, n)[keep] for n in ("open", "high", "low", "close")]
    )
    targets = np.full((6, 2), NAN)
    targets[0, 1], targets[2, 1] = 0.5, 0.0

    result = run_targets(
        [a, b], targets, [an_instrument("A"), an_instrument("B")], Account("USD", Decimal(10_000)), bars_per_year=252
    )

    assert result.fills["bar"].tolist() == [1, 4]
    assert result.equity.tolist() == [10_000, 10_000, 10_000, 10_000, 13_000, 13_000]


def test_a_position_on_a_price_older_than_four_days_is_refused():
    a, short = flat_bars([100.0] * 120, "A"), flat_bars([50.0] * 3, "B")
    targets = np.full((120, 2), NAN)
    targets[0, 1] = 0.5

    with pytest.raises(Refused) as refused:
        run_targets([a, short], targets, [an_instrument("A"), an_instrument("B")], bars_per_year=252)

    assert (refused.value.code, refused.value.details["symbol"]) == ("missing_price", "B")


def test_small_changes_of_a_portfolio_are_left_out_and_counted():
    a, b = flat_bars([100.0] * 4, "A"), flat_bars([50.0] * 4, "B")
    targets = np.array([[0.5, 0.0005], [NAN, NAN], [NAN, NAN], [NAN, NAN]])
    fractional = [replace(an_instrument(s), size_step=Decimal("0.001"), size_min=Decimal("0.001")) for s in "AB"]

    result = run_targets([a, b], targets, fractional, bars_per_year=252)

    assert result.rejections == {"under_min_trade": 1}
    assert set(result.fills["column"]) == {0}


def test_outside_trading_hours_orders_wait_and_stops_rest():
    quiet, fall = (100.0, 100.0, 100.0, 100.0), (100.0, 100.0, 90.0, 95.0)
    rows = [quiet, quiet, quiet, fall, (95.0, 95.0, 95.0, 95.0)]
    closed = np.array([False, True, False, True, False])

    result = lots(some_bars(rows), [1.0, NAN, NAN, NAN, NAN], protection=Protection(stop_loss=0.01), closed=closed)

    assert result.fills["bar"].tolist() == [2, 4]
    assert [words_of(flags) for flags in result.fills["flags"]] == [{"deferred"}, {"gap"}]
    assert result.fills["price"].tolist() == [100.0, 95.0]


def test_a_split_and_a_dividend_change_no_equity_but_the_dividend():
    rows = [(100.0, 100.0, 100.0, 100.0)] * 2 + [(50.0, 50.0, 50.0, 50.0)] * 3
    bars = some_bars(rows)
    ex = int(bars.stamps[2])
    actions = [CorporateAction("X", ex, split=2.0), CorporateAction("X", ex, dividend=0.5)]

    result = lots(bars, [10.0, NAN, NAN, NAN, NAN], actions=actions, protection=Protection(stop_loss=0.1))

    assert result.equity.tolist() == [1e6, 1e6, 1e6 + 10, 1e6 + 10, 1e6 + 10]
    assert result.trades["size"].tolist() == [20.0]
    assert result.trades["dividends"].tolist() == [10.0]
    assert result.final_equity == Decimal(1_000_010)


def test_random_slippage_takes_the_draw_of_the_fills_number():
    instrument = an_instrument(tick=Decimal("0.01"), costs=CostProfile(slippage="random", slippage_size=Decimal(3)))
    bars = flat_bars([100.0] * 6, "X")
    targets = [1.0, -1.0, 0.0, NAN, NAN, NAN]

    result = lots(bars, targets, instrument, slippage=np.random.default_rng(5))

    draws = np.abs(np.random.default_rng(5).standard_normal(4)) * 3
    assert np.abs(result.fills["price"] - 100.0) / 0.01 == pytest.approx(np.ceil(draws), abs=1e-6)
    assert (result.fills["side"] * (result.fills["price"] - 100.0) > 0).all()


def test_the_minimum_fee_gives_way_to_the_cap():
    fees = CostProfile(per_unit=Decimal("0.01"), minimum=Decimal(5), cap_fraction=Decimal("0.01"))

    result = lots(flat_bars([10.0] * 4, "X"), [4.0, 1000.0, NAN, NAN], an_instrument(costs=fees))

    assert result.fills["fees"].tolist() == pytest.approx([-0.4, -9.96, -10.0])


def test_a_strategy_that_never_trades_has_no_invented_numbers():
    result = run_targets([flat_bars([100.0] * 5, "X")], np.zeros(5), [an_instrument()], bars_per_year=252)

    assert result.metrics["total_trades"] == 0
    assert (result.metrics["win_rate"], result.undefined["win_rate"]) == (None, "no_trades")
    assert (result.metrics["sharpe_ratio"], result.undefined["sharpe_ratio"]) == (None, "no_variation")
    assert result.metrics["total_return"] == 0.0
    assert json.loads(json.dumps(result.metrics, allow_nan=False))["calmar_ratio"] is None


def test_the_last_bars_signal_is_counted_not_traded():
    result = lots(flat_bars([100.0] * 3, "X"), [NAN, NAN, 1.0])

    assert result.discarded_signals == 1
    assert len(result.fills) == 0


def test_the_benchmark_buys_equal_weights_at_the_second_open_and_pays():
    a, b = flat_bars([100.0, 100.0, 110.0], "A"), flat_bars([50.0, 50.0, 50.0], "B")
    instruments = [an_instrument(s, costs=CostProfile(fee_bps=Decimal(10))) for s in "AB"]

    result = buy_and_hold([a, b], instruments, Account("USD", Decimal(10_000)), bars_per_year=252)

    assert result.fills["size"][:2].tolist() == [50.0, 99.0]
    assert result.flags == {"reduced": 1}
    assert result.metrics["total_return"] == pytest.approx((500 - 10 - 5.5 - 4.95) / 10_000, abs=1e-4)


def test_nothing_handed_in_is_written_to():
    bars = flat_bars([100.0, 101.0, 102.0, 103.0], "X")
    targets = np.array([1.0, -1.0, 0.5, NAN])
    for column in (bars.stamps, bars.open, bars.high, bars.low, bars.close, targets):
        column.flags.writeable = False

    first, second = lots(bars, targets), lots(bars, targets)  # type: ignore[arg-type]

    assert first.trades.tobytes() == second.trades.tobytes()
    assert bars.stamps[0] == MONDAY
