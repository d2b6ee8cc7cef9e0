"""Drawdown at risk: known worlds, a slow judge, and real returns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mintmark.measures import Undefined, drawdown_at_risk, stationary_rows


def drawn(seed=11):
    return np.random.default_rng(seed)


def real_returns(shared_data, names=20, days=1_260):
    table = pl.read_parquet(shared_data / "equities" / "sp500_20names_adjclose_daily.parquet")
    levels = table.drop("Date").to_numpy()[-days - 1 :, :names]
    return levels[1:] / levels[:-1] - 1


def judged(returns, values, cash, rows):
    """The deepest fall of one path and the holdings' parts of it, written out."""
    held = [values]
    for row in rows:
        held.append(held[-1] * (1 + returns[row]))
    held = np.array(held)
    totals = held.sum(axis=1) + cash
    pairs = [(1 - totals[b] / totals[a], a, b) for a in range(len(totals)) for b in range(a, len(totals))]
    depth, peak, trough = max(pairs, key=lambda pair: pair[0])
    return depth, (held[peak] - held[trough]) / totals[peak]


def test_each_path_falls_as_a_slow_judge_says(shared_data):
    returns, values = real_returns(shared_data, 4), np.array([100.0, 250.0, -60.0, 40.0])

    found = drawdown_at_risk(returns, values, 30.0, drawn(), paths=60)

    rows = stationary_rows(len(returns), 10.0, drawn(), 60, 30)
    expected = [judged(returns, values, 30.0, path) for path in rows]
    depths = np.array([depth for depth, _ in expected])
    assert found.depths == pytest.approx(depths, abs=1e-12)
    at = np.sort(depths)[int(np.ceil(0.95 * 59))]
    tail = [(depth, parts) for depth, parts in expected if depth >= at]
    assert found.at_risk == pytest.approx(at)
    assert found.tail_mean == pytest.approx(np.mean([depth for depth, _ in tail]))
    assert found.tail_shares == pytest.approx(np.mean([parts for _, parts in tail], axis=0), abs=1e-12)
    assert (found.mean, found.median, found.worst) == pytest.approx((depths.mean(), np.median(depths), depths.max()))


def test_the_shares_of_the_holdings_add_to_the_tail(shared_data):
    returns = real_returns(shared_data)

    found = drawdown_at_risk(returns, np.linspace(1e3, 9e3, 20), 5e3, drawn(), paths=2_000)

    assert found.tail_shares.sum() == pytest.approx(found.tail_mean, abs=1e-12)
    assert found.median < found.at_risk < found.tail_mean < found.worst < 1


def test_the_same_generator_gives_the_same_bytes_and_the_unit_does_not_matter(shared_data):
    returns, values = real_returns(shared_data, 5), np.arange(1.0, 6.0)

    found = drawdown_at_risk(returns, values, 1.0, drawn(), paths=500)

    assert drawdown_at_risk(returns, values, 1.0, drawn(), paths=500).depths.tobytes() == found.depths.tobytes()
    assert drawdown_at_risk(returns, values * 1e6, 1e6, drawn(), paths=500).depths == pytest.approx(found.depths)


def test_cash_softens_and_a_single_certain_fall_is_known():
    falling = np.full((300, 1), -0.01)

    alone = drawdown_at_risk(falling, np.ones(1), 0.0, drawn(), paths=10)
    beside_cash = drawdown_at_risk(falling, np.ones(1), 1.0, drawn(), paths=10)

    assert alone.at_risk == alone.worst == pytest.approx(1 - 0.99**30)
    assert beside_cash.at_risk == pytest.approx((1 - 0.99**30) / 2)


def test_a_fall_that_is_made_good_by_the_end_still_counts():
    returns = np.array([[-0.5], [1.0]])

    found = drawdown_at_risk(returns, np.ones(1), 0.0, drawn(), paths=50, days=2, block=1e9)

    assert set(np.round(found.depths, 12)) == {0.5}


def test_blocks_begin_where_they_may_and_run_on_from_there():
    starts = np.array([3, 40])

    rows = stationary_rows(100, 5.0, drawn(), 2_000, 30, starts)

    jumps = np.diff(rows, axis=1) % 100 != 1
    assert set(rows[:, 0]) == {3, 40}
    assert set(rows[:, 1:][jumps]) <= {3, 40}
    assert jumps.mean() == pytest.approx(1 / 5, abs=0.01)


def test_a_portfolio_worth_nothing_has_nothing_to_lose():
    with pytest.raises(Undefined, match="no_equity"):
        drawdown_at_risk(np.zeros((300, 1)), np.array([-5.0]), 5.0, drawn())
