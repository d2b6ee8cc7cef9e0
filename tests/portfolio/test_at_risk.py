"""Drawdown at risk of a portfolio: history, regime, money, and the stream of its draws."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from mintmark.domain import Refusal
from mintmark.portfolio.at_risk import AtRisk, HeldValue, estimate, generator_for

HELD = [HeldValue("AAPL", Decimal(600_000)), HeldValue("BAC", Decimal(300_000)), HeldValue("KO", Decimal(-50_000))]
CASH = Decimal(150_000)


@pytest.fixture(scope="module")
def real(shared_data):
    table = pl.read_parquet(shared_data / "equities" / "sp500_20names_adjclose_daily.parquet")
    levels = table.select("AAPL", "BAC", "KO").to_numpy()[-2_001:]
    return levels[1:] / levels[:-1] - 1


def draws():
    return generator_for("1" * 64, "2" * 64)


def test_depths_come_with_money_and_shares_that_add_to_the_tail(real):
    found = estimate(HELD, CASH, real, draws())

    assert isinstance(found, AtRisk)
    assert 0 < found.median < found.at_risk < found.tail_mean < found.worst < 1
    assert float(found.at_risk_amount) == pytest.approx(found.at_risk * 1_000_000, abs=0.01)
    assert sum(one.share for one in found.tail) == pytest.approx(found.tail_mean, abs=1e-12)
    assert [one.symbol for one in found.tail] == ["AAPL", "BAC", "KO"]
    assert (found.rows, found.paths, found.days, found.conditional) == (1_260, 10_000, 30, False)


def test_equal_pack_and_portfolio_draw_equal_paths_and_others_do_not(real):
    first, again = estimate(HELD, CASH, real, draws()), estimate(HELD, CASH, real, draws())
    other = estimate(HELD, CASH, real, generator_for("1" * 64, "3" * 64))
    chosen = [estimate(HELD, CASH, real, generator_for(pack, "", 7)) for pack in ("1", "2")]

    assert first == again != other
    assert chosen[0] == chosen[1]


def test_blocks_begin_in_the_regime_where_it_has_days_enough(real):
    stormy = np.abs(real[:, 1]) > np.quantile(np.abs(real[-1_260:, 1]), 0.75)

    free, bound = estimate(HELD, CASH, real, draws()), estimate(HELD, CASH, real, draws(), in_regime=stormy)

    assert isinstance(free, AtRisk)
    assert isinstance(bound, AtRisk)
    assert (bound.conditional, bound.warnings) == (True, ())
    assert bound.mean > free.mean


def test_under_250_days_of_the_regime_any_day_may_begin_a_block(real):
    few = np.zeros(len(real), dtype=bool)
    few[-249:] = True

    found = estimate(HELD, CASH, real, draws(), in_regime=few)

    assert isinstance(found, AtRisk)
    assert (found.conditional, found.warnings) == (False, ("regime_days_too_few",))
    assert found.at_risk == estimate(HELD, CASH, real, draws()).at_risk


def test_a_young_holding_is_named(real):
    young = real.copy()
    young[:-249, 1] = np.nan

    found = estimate(HELD, CASH, young, draws())

    assert isinstance(found, Refusal)
    assert (found.code, found.observed, found.limit) == ("history_too_short", 249, 250)
    assert found.details == {"symbols": ["BAC"]}


def test_days_of_a_quiet_holding_are_left_out_not_filled(real):
    gaps = real.copy()
    gaps[-5:, 0] = np.nan

    found = estimate(HELD, CASH, gaps, draws())

    assert found == estimate(HELD, CASH, real[:-5], draws())
