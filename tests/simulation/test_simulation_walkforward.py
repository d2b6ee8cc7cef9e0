"""Walk-forward: how it is cut, what it may see, and what two windows come to by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from simulation_anchor import anchor_bars, crossing_targets
from simulation_cases import an_instrument, some_bars

from mintmark.domain import Bars, Refused
from mintmark.simulation import Account, Candidate, Course, Protection, WalkForward, WalkPlan, run_targets, walk_forward

FloatArray = NDArray[np.float64]
TWO = (Candidate({"side": 1}), Candidate({"side": -1}))


def always(known: Sequence[Bars], start: int) -> Callable[[int], FloatArray]:
    """Decide for the first candidate to be long and for the second to be short, all the time."""
    bars = int(np.sum(known[0].stamps >= start))
    return lambda number: np.full(bars, 1.0 if number == 0 else -1.0)


def a_course(bars: Bars, **changes: Any) -> Course:
    given = {"bars": [bars], "instruments": [an_instrument()], "candidates": TWO, "decide": always, **changes}
    return Course(bars_per_year=252, account=Account("USD", Decimal(1_000)), **given)


def a_random_walk(seed: int, length: int) -> Bars:
    closes = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, length)))
    return steps(closes.tolist())


def steps(closes: list[float]) -> Bars:
    """Return bars that open where the one before them closed."""
    rows = [(a, max(a, b), min(a, b), b) for a, b in zip([closes[0], *closes[:-1]], closes, strict=True)]
    return some_bars(rows)


@pytest.mark.parametrize("mode", ["rolling", "anchored"])
@pytest.mark.parametrize(("n", "count"), [(5_000, 44), (610, 1), (709, 1), (710, 2)])
def test_the_windows_are_as_many_as_fit(mode: Any, n: int, count: int):
    windows = WalkPlan(mode, 500, 100, 10).windows(n)

    assert len(windows) == count
    assert windows[-1].outside.stop <= n
    assert all(window.outside.start - window.inside.stop == 10 for window in windows)
    assert all(a.outside.stop == b.outside.start for a, b in pairwise(windows))
    assert {window.inside.start for window in windows} == (
        {0} if mode == "anchored" else set(range(0, count * 100, 100))
    )


def test_one_bar_less_than_a_window_is_refused_with_both_numbers():
    with pytest.raises(Refused) as caught:
        WalkPlan("rolling", 500, 100, 10).windows(609)

    assert (caught.value.code, caught.value.details) == ("not_enough_bars", {"needed": 610, "found": 609})


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("mode", "sideways", "unknown_name"), ("metric", "max_drawdown", "unknown_name"),
        ("purge", -1, "bad_value"), ("oos_bars", 1, "bad_value"), ("is_bars", 0, "bad_value"),
    ],
)  # fmt: skip
def test_a_walk_that_cannot_be_cut_is_refused(field: str, value: Any, code: str):
    with pytest.raises(Refused) as caught:
        replace(WalkPlan(), **{field: value})

    assert caught.value.code == code


def test_two_windows_by_hand():
    # Inside one 100 -> 121 (long is right), traded 121 -> 110; inside two 121 -> 100, traded 100 -> 90.
    closes = [100, 110, 121, 121, 110, 100, 100, 90]
    plan = WalkPlan(is_bars=4, oos_bars=2, metric="total_return")

    walk = walk_forward(a_course(steps([float(close) for close in closes])), plan)

    # Bar 0 decides, bar 1 opens at the last close: 10 long at 100, 9 of 110 afterwards; short is worth the other sign.
    first, second = walk.windows
    assert (first.chosen, second.chosen) == (0, 1)
    assert first.inside["total_return"] == pytest.approx(10 * 21 / 1_000)
    assert second.inside["total_return"] == pytest.approx(8 * 21 / 1_000)
    # Window one: 9 shares (1,000 at 110) bought at bar 5's open 110, closed at its close 100: -90.
    assert first.equity.tolist() == [1_000.0, 910.0]
    # Window two: 9 shares (910 at 100) sold at bar 7's open 100, closed at 90: +90.
    assert second.equity.tolist() == [910.0, 1_000.0]
    assert walk.equity.tolist() == [1_000.0, 910.0, 910.0, 1_000.0]
    assert walk.final_equity == Decimal(1_000)
    assert walk.metrics["total_return"] == 0.0
    assert walk.metrics["net_profit"] == pytest.approx(0.0)
    assert walk.metrics["max_drawdown"] == pytest.approx(0.09)
    assert walk.profitable_windows == 0.5
    assert (walk.rank_correlation, walk.undefined["rank_correlation"]) == (None, "too_few_windows")


def test_the_degradation_is_the_mean_sharpe_outside_over_inside():
    walk = walk_forward(a_course(a_random_walk(3, 400)), WalkPlan(is_bars=60, oos_bars=40))

    inside = [one.inside["sharpe_ratio"] for one in walk.windows]
    outside = [one.outside["sharpe_ratio"] for one in walk.windows]
    assert len(inside) == 8
    assert walk.degradation == pytest.approx(np.mean(outside) / np.mean(inside))
    ranks = np.corrcoef(np.argsort(np.argsort(inside)), np.argsort(np.argsort(outside)))[0, 1]
    assert walk.rank_correlation == pytest.approx(ranks)


def test_no_share_is_told_of_what_never_was_profit():
    # Both candidates pay more than they can earn.
    dear = an_instrument(spread_ticks=50, tick=0.1)
    course = a_course(a_random_walk(5, 200), instruments=[dear])

    walk = walk_forward(course, WalkPlan(is_bars=10, oos_bars=10))

    assert (walk.degradation, walk.undefined["degradation"]) == (None, "nothing_to_lose")


def test_no_position_crosses_the_edge_of_a_window():
    bars = a_random_walk(1, 260)

    walk = walk_forward(a_course(bars), WalkPlan(is_bars=50, oos_bars=30, purge=4))

    trades, first = walk.trades, 54
    assert len(trades) == len(walk.windows) == 6
    assert (trades["entry_bar"] // 30 == trades["exit_bar"] // 30).all()
    assert (trades["exit_bar"] % 30 == 29).all()
    assert trades["exit_stamp"].tolist() == bars.stamps[first + 29 : first + 180 : 30].tolist()
    assert trades["exit_price"].tolist() == bars.close[first + 29 : first + 180 : 30].tolist()
    assert walk.stamps.tolist() == bars.stamps[first : first + 180].tolist()


def test_the_account_goes_from_window_to_window():
    walk = walk_forward(a_course(a_random_walk(2, 300)), WalkPlan(is_bars=50, oos_bars=30))

    starts = [1_000.0, *(float(one.final_equity) for one in walk.windows[:-1])]
    assert [one.equity[0] for one in walk.windows] == pytest.approx(starts)
    assert float(walk.final_equity) == pytest.approx(1_000.0 + walk.metrics["net_profit"], abs=1e-9)


def test_each_candidate_has_its_own_exits():
    stopped = Candidate({"side": 1}, Protection(stop_loss=0.01))
    candidates = (TWO[0], stopped)
    course = a_course(
        a_random_walk(4, 100), candidates=candidates, decide=lambda known, start: lambda _: always(known, start)(0)
    )

    walk = walk_forward(course, WalkPlan(is_bars=40, oos_bars=20, metric="total_return"))

    bars = course.bars[0].part(0, 40)
    for number, candidate in enumerate(course.candidates):
        targets = np.full(40, 1.0)
        alone = run_targets([bars], targets, course.instruments, course.account, bars_per_year=252,
                            protection=candidate.protection)  # fmt: skip
        assert walk.windows[0].sharpes[number] == alone.metrics["sharpe_per_bar"]
    assert len(set(walk.windows[0].sharpes)) == 2


def test_what_never_trades_is_chosen_by_nothing_and_earns_nothing():
    course = a_course(a_random_walk(6, 100), decide=lambda known, start: lambda _: always(known, start)(0) * np.nan)

    walk = walk_forward(course, WalkPlan(is_bars=40, oos_bars=20))

    assert [one.chosen for one in walk.windows] == [None, None, None]
    assert walk.equity.tolist() == [1_000.0] * 60
    assert (walk.metrics["sharpe_ratio"], walk.undefined["sharpe_ratio"]) == (None, "no_variation")
    assert walk.sharpes == (None, None)


def test_a_walk_that_is_ruined_ends_there():
    # Short at 97 with all the money, and the next bar opens at ten times that.
    falling = [(100.0, 100.0, 99.0, 99.0), (99.0, 99.0, 98.0, 98.0), (98.0, 98.0, 97.0, 97.0), (97.0, 97.0, 97.0, 97.0)]
    jump = [(97.0, 97.0, 97.0, 97.0)] * 2 + [(970.0, 970.0, 970.0, 970.0)] * 5
    plan = WalkPlan(is_bars=4, oos_bars=3, metric="total_return")

    walk = walk_forward(a_course(some_bars(falling + jump)), plan)

    assert len(plan.windows(11)) == 2
    assert (walk.ruined, len(walk.windows), walk.windows[0].chosen) == (True, 1, 1)
    assert walk.equity[-1] <= 0.0
    assert walk.metrics["annual_return"] == -1.0


def peeking(known: Sequence[Bars], start: int) -> Callable[[int], FloatArray]:
    """Decide by the newest bar there is to see, whatever bar it is decided for."""
    one = known[0]
    last, count = one.close[-1] * 1e6 % 7, int(np.sum(one.stamps >= start))
    turns = np.sin(np.arange(count) * (1.0 + last))
    return lambda number: np.sign(turns) * (1.0 if number == 0 else -1.0)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000), is_bars=st.integers(5, 30), oos_bars=st.integers(4, 15), purge=st.integers(0, 5),
    anchored=st.booleans(), data=st.data(),
)  # fmt: skip
def test_the_future_of_the_traded_part_changes_no_choice_before_it(
    seed: int, is_bars: int, oos_bars: int, purge: int, anchored: bool, data: st.DataObject
):
    bars = a_random_walk(seed, is_bars + purge + 3 * oos_bars)
    plan = WalkPlan("anchored" if anchored else "rolling", is_bars, oos_bars, purge)
    window = data.draw(st.integers(0, 2))
    traded = plan.windows(len(bars))[window].outside
    t = data.draw(st.integers(traded.start - 1, traded.stop - 2))
    factor = np.where(np.arange(len(bars)) > t, 3.0, 1.0)
    planted = replace(bars, **{name: getattr(bars, name) * factor for name in ("open", "high", "low", "close")})

    real = walk_forward(a_course(bars, decide=peeking), plan)
    other = walk_forward(a_course(planted, decide=peeking), plan)

    assert chosen_until(other, window) == chosen_until(real, window)


def chosen_until(walk: WalkForward, window: int) -> list[Any]:
    return [(one.chosen, one.inside, one.sharpes) for one in walk.windows[: window + 1]]


def test_the_same_walk_has_the_same_bytes_and_real_hours_give_44_windows(shared_data: Path):
    bars = anchor_bars(shared_data)
    pairs = [(5, 40), (10, 20), (20, 60)]

    def crossing(known: Sequence[Bars], start: int) -> Callable[[int], FloatArray]:
        first = int(np.searchsorted(known[0].stamps, start))
        return lambda number: crossing_targets(known[0], *pairs[number])[first:]

    course = Course(
        [bars], [an_instrument("EURUSD", shortable=True)], [Candidate({"fast": a, "slow": b}) for a, b in pairs],
        crossing, 6_240,
    )  # fmt: skip

    first, second = (walk_forward(course, WalkPlan(purge=10)) for _ in range(2))

    assert len(first.windows) == 44
    assert len({one.chosen for one in first.windows}) > 1
    assert len(first.equity) == 4_400
    assert first.stamps[0] == bars.stamps[510]
    assert first.equity.tobytes() == second.equity.tobytes()
    assert first.trades.tolist() == second.trades.tolist()
