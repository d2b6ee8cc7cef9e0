"""What may not enter, and the exact edge of money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from simulation_cases import an_instrument, random_case, run_kernel, some_bars
from simulation_order_cases import euro

from mintmark.domain import CostProfile, Refused, outcome_of
from mintmark.simulation import (
    Account,
    Protection,
    ReconciliationFailed,
    Sizing,
    permute_path,
    run_orders,
    run_targets,
    union_stamps,
)
from mintmark.simulation.reconcile import settle

ROW = (100.0, 101.0, 99.0, 100.0)


def refusal_of(bars=None, targets=None, instrument=None, account=None, **given):
    """Return what running these raises."""
    bars = bars or some_bars([ROW] * 3)
    targets = np.zeros(len(bars)) if targets is None else np.array(targets)
    with pytest.raises(Refused) as refused:
        run_targets([bars], targets, [instrument or an_instrument()], account, bars_per_year=252, **given)
    return refused.value


@pytest.mark.parametrize(
    "row, code",
    [
        ((100.0, 99.0, 98.0, 99.0), "ohlc_inconsistent"),
        ((100.0, 101.0, 100.5, 100.6), "ohlc_inconsistent"),
        ((100.0, 101.0, 0.0, 100.0), "price_not_positive"),
        ((100.0, 101.0, 99.0, float("nan")), "bad_value"),
        ((100.0, float("inf"), 99.0, 100.0), "bad_value"),
    ],
)
def test_bars_that_cannot_be_are_refused_with_their_row(row, code):
    refused = refusal_of(some_bars([ROW, ROW, row, ROW]))

    assert (refused.code, refused.details["row"]) == (code, 2)
    assert refused.details["stamp"] == "2024-01-01T02:00:00Z"


@pytest.mark.parametrize("places, code", [([0, 1, 1], "duplicate_bar"), ([0, 2, 1], "not_monotonic")])
def test_bars_out_of_order_are_refused(places, code):
    bars = some_bars([ROW] * 3)

    refused = refusal_of(replace(bars, stamps=bars.stamps[places]))

    assert refused.code == code


def test_text_in_a_number_is_refused():
    bars = some_bars([ROW] * 3)

    assert refusal_of(replace(bars, open=bars.open.astype(object))).code == "wrong_type"


def test_one_bar_is_not_enough():
    assert refusal_of(some_bars([ROW]), [0.0]).code == "not_enough_bars"


@pytest.mark.parametrize(
    "given, field",
    [
        ({"targets": [0.0, 1.5, 0.0]}, "targets"),
        ({"targets": [0.0, float("inf"), 0.0]}, "targets"),
        ({"targets": [0.0, 0.0]}, "targets"),
        ({"account": Account("USD", Decimal(0))}, "capital"),
        ({"account": Account("USD", Decimal(1), Decimal(0))}, "leverage"),
        ({"protection": Protection(stop_loss=-0.1)}, "stop_loss"),
        ({"protection": Protection(trailing_stop=float("nan"))}, "trailing_stop"),
        ({"instrument": an_instrument(costs=CostProfile(fee_bps=Decimal(-1)))}, "costs.fee_bps"),
        ({"instrument": an_instrument(size_step=Decimal(0))}, "size_step"),
        ({"instrument": an_instrument(tick=Decimal(1), spread_ticks=Decimal(500))}, "spread"),
        ({"instrument": an_instrument(tick=Decimal(1), costs=CostProfile(slippage="random"))}, "slippage"),
    ],
)
def test_a_value_that_cannot_be_is_named(given, field):
    refused = refusal_of(**given)

    assert (refused.code, refused.details["field"]) == ("bad_value", field)


@pytest.mark.parametrize(
    "given, value",
    [
        ({"targets": [0.0, 1.5, 0.0]}, "1.5"),
        ({"account": Account("USD", Decimal(-5))}, "-5"),
        ({"account": Account("USD", Decimal(1), Decimal(-30))}, "-30"),
        ({"protection": Protection(take_profit=-0.1)}, "-0.1"),
        ({"instrument": an_instrument(costs=CostProfile(per_lot=Decimal("-3.5")))}, "-3.5"),
    ],
)
def test_a_value_that_cannot_be_is_said(given, value):
    assert refusal_of(**given).details["value"] == value


@pytest.mark.parametrize(
    "costs, field",
    [(CostProfile(slippage="random"), "tick"), (CostProfile(financing="points"), "tick"),
     (CostProfile(financing="funding"), "costs.financing")],
)  # fmt: skip
def test_an_instrument_whose_costs_cannot_be_computed_is_incomplete(costs, field):
    refused = refusal_of(instrument=an_instrument(costs=costs))

    assert (refused.code, refused.details["field"]) == ("instrument_incomplete", field)


@pytest.mark.parametrize(
    "given, allowed", [({"sizing": "half"}, ["weight", "size"]), ({"sizing_price": "close"}, ["decision", "fill"])]
)
def test_an_unknown_word_is_refused_with_the_allowed_ones(given, allowed):
    refused = refusal_of(**given)

    assert refused.code == "unknown_name"
    assert refused.details == {"name": next(iter(given.values())), "allowed": allowed}


def test_an_unknown_rule_of_sizing_is_refused_with_the_allowed_ones():
    with pytest.raises(Refused) as refused:
        run_orders(some_bars([ROW] * 3), [], an_instrument(), bars_per_year=252, sizing=Sizing("martingale"))

    assert refused.value.code == "unknown_name"
    assert refused.value.details["allowed"] == ["fixed", "fixed_fraction", "risk", "volatility_target"]


def test_weights_beyond_the_leverage_are_refused():
    a, b = some_bars([ROW] * 3, "A"), some_bars([ROW] * 3, "B")
    targets = np.array([[0.6, np.nan], [np.nan, -0.6], [np.nan, np.nan]])

    with pytest.raises(Refused) as refused:
        run_targets([a, b], targets, [an_instrument("A"), an_instrument("B")], bars_per_year=252)

    assert (refused.value.code, refused.value.details["bar"]) == ("gross_over_leverage", 1)


@pytest.mark.parametrize(("capital", "rejections"), [("733.33", {"no_money": 1}), ("733.34", {})])
def test_a_position_needs_its_margin_before_it_is_opened(capital, rejections):
    bars, account = some_bars([(1.1, 1.1, 1.1, 1.1)] * 3, "EURUSD"), Account("USD", Decimal(capital), Decimal(30))

    result = run_targets(
        [bars], np.array([0.2, np.nan, np.nan]), [euro()], account, bars_per_year=6_240, sizing="size"
    )  # fmt: skip

    assert result.rejections == rejections
    assert len(result.fills) == 2 * (not rejections)


def test_a_size_under_the_smallest_is_refused():
    bars, account = some_bars([(187.43,) * 4] * 3), Account("USD", Decimal(187))

    result = run_targets([bars], np.array([1.0, np.nan, np.nan]), [an_instrument()], account, bars_per_year=252)

    assert result.rejections == {"size_below_min": 1}
    assert len(result.fills) == 0


def test_bars_and_instruments_must_be_of_the_same_symbols():
    assert refusal_of(instrument=an_instrument("OTHER")).code == "bad_value"


def test_the_union_of_stamps_holds_each_once():
    a, b = some_bars([ROW] * 3), some_bars([ROW] * 5)

    assert union_stamps([a, b]).tolist() == b.stamps.tolist()


def test_cash_that_is_not_what_the_trades_come_to_is_a_fault():
    result = run_kernel(random_case(3), 3)
    cash, case = float(result.equity[-1]), random_case(3)
    instruments = [an_instrument(x["symbol"], tick=x["tick"], contract_size=x["contract"]) for x in case["instruments"]]

    with pytest.raises(ReconciliationFailed) as failed:
        settle(result.capital, cash + 1.0, 0.0, result.trades, instruments)

    assert len(result.trades) > 0
    assert outcome_of(failed.value.code).http == 500


def test_the_exact_cash_is_a_whole_number_of_ticks():
    bars = some_bars([(0.1, 0.1, 0.1, 0.1), (0.1, 0.1, 0.1, 0.1), (0.3, 0.3, 0.3, 0.3), (0.3, 0.3, 0.3, 0.3)])
    instrument = an_instrument(tick=Decimal("0.1"), spread_ticks=Decimal(0))
    bars = replace(bars, **{name: getattr(bars, name) + 1.0 for name in ("open", "high", "low", "close")})

    result = run_targets([bars], np.array([3.0, 0.0, np.nan, np.nan]), [instrument], bars_per_year=252, sizing="size")

    assert result.final_equity == Decimal("100000.6")


def test_a_permuted_path_keeps_the_moves_and_loses_their_order():
    rng = np.random.default_rng(1)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 500)))
    opened = close * np.exp(rng.normal(0, 0.002, 500))
    high, low = np.maximum(opened, close) * 1.003, np.minimum(opened, close) * 0.996
    bars = some_bars(list(zip(opened, high, low, close, strict=True)), volume=np.arange(500.0))

    path = permute_path(bars, np.random.default_rng(7))

    def moves(one):
        gaps = np.log(one.open[1:] / one.close[:-1])
        return np.sort(gaps), np.sort(np.log(one.close[1:] / one.open[1:])), np.sort(np.log(one.high / one.low)[1:])

    for ours, theirs in zip(moves(path), moves(bars), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-12)
    assert path.close[-1] == pytest.approx(bars.close[-1])
    assert [getattr(path, n)[0] for n in ("open", "high", "low", "close")] == pytest.approx(
        [getattr(bars, n)[0] for n in ("open", "high", "low", "close")]
    )
    assert path.stamps is bars.stamps
    body = np.log(bars.close / bars.open)
    assert np.log(path.close / path.open) == pytest.approx(body[path.volume.astype(int)])
    assert abs(np.corrcoef(path.close, bars.close)[0, 1]) < 0.999
    run_targets([path], np.zeros(500), [an_instrument()], bars_per_year=252)


def test_the_same_generator_gives_the_same_path():
    bars = some_bars([ROW, (100.5, 102.0, 100.0, 101.0), (101.2, 101.5, 99.0, 99.5), (99.0, 100.0, 98.0, 98.5)])

    paths = [permute_path(bars, np.random.default_rng(3)).close.tobytes() for _ in range(2)]

    assert paths[0] == paths[1]
