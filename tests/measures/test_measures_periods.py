"""Months, years, counts and bands, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mintmark.measures import FAN, bar_returns, fan, period_returns, return_counts, total_return


def stamps_of(*days: str) -> np.ndarray:
    return np.array(days, "datetime64[ns]").astype(np.int64)


def test_a_month_gains_from_the_last_close_before_it():
    stamps = stamps_of("2023-12-29", "2023-12-30", "2024-01-02", "2024-01-31", "2024-02-01")
    equity = np.array([1010.0, 1050.0, 900.0, 1102.5, 1080.45])

    months, gained = period_returns(stamps, equity, 1000.0, "month")

    assert [str(np.datetime64(int(month), "M")) for month in months] == ["2023-12", "2024-01", "2024-02"]
    assert gained == pytest.approx([0.05, 0.05, -0.02], abs=1e-12)


def test_a_year_gains_from_the_last_close_of_the_year_before():
    stamps = stamps_of("2023-12-29", "2024-06-03", "2024-12-31", "2026-01-02")
    equity = np.array([1100.0, 500.0, 1210.0, 605.0])

    years, gained = period_returns(stamps, equity, 1000.0, "year")

    assert (years + 1970).tolist() == [2023, 2024, 2026]
    assert gained == pytest.approx([0.1, 0.1, -0.5], abs=1e-12)


def test_a_bar_belongs_to_the_month_of_its_open():
    stamps = np.array(["2024-01-31T23:00", "2024-02-01T00:00"], "datetime64[ns]").astype(np.int64)

    months, gained = period_returns(stamps, np.array([110.0, 99.0]), 100.0, "month")

    assert len(months) == 2
    assert gained == pytest.approx([0.1, -0.1])


def test_the_months_together_are_the_whole_return():
    random = np.random.default_rng(5)
    stamps = np.int64(1_400_000_000 * 10**9) + np.arange(5_000, dtype=np.int64) * 3_600 * 10**9
    equity = 1000.0 * np.cumprod(1.0 + random.normal(0.0, 0.002, 5_000))

    for period in ("month", "year"):
        _, gained = period_returns(stamps, equity, 1000.0, period)
        assert np.prod(1.0 + gained) - 1.0 == pytest.approx(total_return(equity, 1000.0), abs=1e-12)


def test_nothing_is_gained_where_nothing_was_left():
    _, gained = period_returns(stamps_of("2024-01-02", "2024-02-01"), np.array([0.0, 0.0]), 100.0, "month")

    assert gained.tolist() == [-1.0, 0.0]


def test_each_return_is_counted_once_however_far_out():
    returns = np.append(np.tile([0.001, -0.001], 500), [0.9, -0.9])

    edges, counts = return_counts(returns, 21)

    assert counts.sum() == 1_002
    assert len(edges) == 22
    assert counts[0] == counts[-1] == 1


def test_equal_returns_are_counted_in_one_place():
    _, counts = return_counts(np.full(10, 0.01), 5)

    assert counts.sum() == counts.max() == 10


def test_a_fan_is_the_percentiles_bar_by_bar():
    paths = np.arange(1.0, 102.0)[:, None] * np.array([1.0, 10.0])

    found = fan(paths)

    assert found.shape == (len(FAN), 2)
    assert found[:, 0].tolist() == [6.0, 26.0, 51.0, 76.0, 96.0]
    assert found[:, 1] == pytest.approx(10.0 * found[:, 0])


def test_bar_returns_are_the_periods_of_one_bar_each():
    stamps = stamps_of("2024-01-02", "2024-02-01", "2024-03-01")
    equity = np.array([99.0, 120.0, 60.0])

    _, gained = period_returns(stamps, equity, 100.0, "month")

    assert gained.tolist() == bar_returns(equity, 100.0).tolist()
