"""A share of a bar's volume is all that may be traded of it; what exceeds it carries to the next bar.

Such a limit is a kernel of its own, which takes a while to compile: what plays bars here is a long test.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import test_simulation_oracle
import test_simulation_order_oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulation_cases import an_instrument, random_case, reason_of, some_bars, words_of
from simulation_order_cases import ends, order_case

from mintmark.domain import Bars, Order, Refused
from mintmark.simulation import (
    Account,
    BacktestResult,
    Protection,
    buy_and_hold,
    run_orders,
    run_targets,
    sweep_crosses,
)

NAN = float("nan")
QUIET = (100.0, 100.0, 100.0, 100.0)
TENTH = Account("USD", Decimal(1_000_000), None, Decimal("0.1"))


def some_volume(rows: list[Any], volume: float | list[float] = 100.0, symbol: str = "X") -> Bars:
    return some_bars(rows, symbol, volume=np.broadcast_to(np.float64(volume), len(rows)).copy())


def lots(bars: Bars, targets: list[float], **given: Any) -> BacktestResult:
    return run_targets([bars], np.array(targets), [an_instrument()], TENTH, bars_per_year=252, sizing="size", **given)


def sent(bars: Bars, *orders: tuple[int, Order], **given: Any) -> BacktestResult:
    timed = [(int(bars.stamps[bar]), order) for bar, order in orders]
    return run_orders(bars, timed, an_instrument(), TENTH, bars_per_year=252, **given)


def fills_of(result: BacktestResult) -> list[tuple[int, int, float, str, set[str]]]:
    """Return bar, side, size, reason and flags of each fill."""
    return [
        (int(one["bar"]), int(one["side"]), float(one["size"]), reason_of(one["reason"]), words_of(one["flags"]))
        for one in result.fills
    ]


@pytest.mark.parametrize("share", ["0", "-0.1", "1.01", "NaN"])
def test_a_share_of_the_volume_is_above_nothing_and_at_most_all(share: str):
    account = Account(max_bar_participation=Decimal(share))

    with pytest.raises(Refused) as refused:
        run_targets([some_volume([QUIET] * 3)], np.zeros(3), [an_instrument()], account, bars_per_year=252)

    assert (refused.value.code, refused.value.details["field"]) == ("bad_value", "max_bar_participation")


@pytest.mark.parametrize(
    ("volume", "code"), [(None, "volume_unknown"), ([1.0, NAN, 1.0], "volume_unknown"), ([1.0, -1.0, 1.0], "bad_value")]
)
def test_a_share_of_a_volume_that_is_not_known_is_refused(volume: list[float] | None, code: str):
    bars = some_bars([QUIET] * 3, volume=None if volume is None else np.array(volume))

    with pytest.raises(Refused) as by_targets:
        lots(bars, [1.0, NAN, NAN])
    with pytest.raises(Refused) as by_orders:
        sent(bars, (0, Order("buy", size=Decimal(1))))

    assert by_targets.value.code == by_orders.value.code == code
    assert by_targets.value.details["symbol"] == "X"
    assert by_targets.value.details.get("row") == (None if volume is None else 1)


@pytest.mark.long
def test_what_exceeds_the_share_carries_to_the_next_bar():
    result = lots(some_volume([QUIET] * 7, [0, 100, 59, 100, 100, 100, 100]), [18.0, NAN, NAN, 0.0, NAN, NAN, NAN])

    assert fills_of(result) == [
        (1, 1, 10.0, "signal", {"partial"}), (2, 1, 5.0, "signal", {"partial"}), (3, 1, 3.0, "signal", set()),
        (4, -1, 10.0, "signal", {"partial"}), (5, -1, 8.0, "signal", set()),
    ]  # fmt: skip
    assert result.trades["size"].tolist() == [10.0, 5.0, 3.0]
    assert result.flags == {"partial": 3}


@pytest.mark.long
def test_a_new_target_begins_from_what_was_done_of_the_one_before():
    result = lots(some_volume([QUIET] * 6), [30.0, 15.0, -5.0, NAN, NAN, NAN])

    assert fills_of(result) == [
        (1, 1, 10.0, "signal", {"partial"}), (2, 1, 5.0, "signal", set()), (3, -1, 10.0, "signal", {"partial"}),
        (4, -1, 5.0, "signal", set()), (4, -1, 5.0, "signal", set()), (5, 1, 5.0, "end_of_data", set()),
    ]  # fmt: skip


@pytest.mark.long
def test_what_is_left_of_a_stop_leaves_at_the_next_open_and_of_a_target_waits_at_its_price():
    calm, fall, back, rise = QUIET, (100.0, 100.0, 98.0, 99.5), (99.5,) * 4, (100.0, 103.0, 100.0, 101.0)
    volume = [100.0, 1_000.0, 150.0, 1_000.0]

    stopped = lots(some_volume([calm, calm, fall, back], volume), [40.0, NAN, NAN, NAN],
                   protection=Protection(stop_loss=0.01))  # fmt: skip
    gained = lots(some_volume([calm, calm, rise, calm, rise, calm], [*volume, 150.0, 1.0]), [40.0, *[NAN] * 5],
                  protection=Protection(take_profit=0.02))  # fmt: skip

    assert [one[:4] for one in fills_of(stopped)] == [
        (1, 1, 40.0, "signal"), (2, -1, 15.0, "stop"), (3, -1, 25.0, "stop"),
    ]  # fmt: skip
    assert stopped.fills["price"].tolist() == [100.0, 99.0, 99.5]
    assert [one[:4] for one in fills_of(gained)] == [
        (1, 1, 40.0, "signal"), (2, -1, 15.0, "target"), (4, -1, 15.0, "target"), (5, -1, 10.0, "end_of_data"),
    ]  # fmt: skip
    assert gained.fills["price"].tolist() == [100.0, 102.0, 102.0, 100.0]


@pytest.mark.long
def test_what_is_left_of_a_stop_order_is_bought_at_the_market_and_of_a_limit_at_its_price():
    rise, fall = (100.0, 102.0, 100.0, 101.5), (100.0, 100.0, 98.0, 100.0)
    above, low = (101.5,) * 4, (98.5, 98.5, 98.0, 98.5)

    stop = sent(some_volume([QUIET, rise, above, above]), (0, Order("buy", "stop", Decimal(15), Decimal(101))))
    limit = sent(some_volume([QUIET, fall, QUIET, low]), (0, Order("buy", "limit", Decimal(15), Decimal(99))))

    assert stop.fills["price"][:2].tolist() == [101.0, 101.5]
    assert limit.fills["bar"][:2].tolist() == [1, 3]
    assert limit.fills["price"][:2].tolist() == [99.0, 98.5]
    for result in (stop, limit):
        assert result.fills["size"][:2].tolist() == [10.0, 5.0]
        assert ends(result) == ["filled"]
        assert result.flags["partial"] == 1


@pytest.mark.long
def test_pieces_of_one_order_are_one_entry_and_its_rest_ends_with_the_position():
    fall = some_volume([QUIET, QUIET, *[(98.5,) * 4] * 2], [100.0, 100.0, 300.0, 300.0])

    whole = sent(some_volume([QUIET] * 6), (0, Order("buy", size=Decimal(25))), (3, Order("buy", size=Decimal(1))))
    left = sent(fall, (0, Order("buy", size=Decimal(25), stop_loss=Decimal(99))))

    assert whole.fills["size"].tolist()[:3] == [10.0, 10.0, 5.0]
    assert whole.rejections == {"already_in_position": 1}
    assert [one[:4] for one in fills_of(left)] == [(1, 1, 10.0, "signal"), (2, -1, 10.0, "stop")]
    assert (left.rejections, ends(left)) == ({"nothing_to_resize": 1}, ["filled"])


@pytest.mark.long
def test_each_instrument_has_the_room_of_its_own_bars_and_no_bar_fits_more():
    thin, deep = some_volume([QUIET] * 8, 20.0, "A"), some_volume([QUIET] * 8, 10_000.0, "B")
    instruments = [an_instrument("A"), an_instrument("B")]
    targets = np.full((8, 2), NAN)
    targets[0], targets[4] = (0.0005, 0.5), (0.0, -0.2)

    result = run_targets([thin, deep], targets, instruments, TENTH, bars_per_year=252, min_trade_fraction=0.0)
    held = buy_and_hold([thin, deep], instruments, TENTH, bars_per_year=252)

    for found, room in ((result, [2.0, 1_000.0]), (held, [2.0, 1_000.0])):
        kept = [one for one in found.fills if reason_of(one["reason"]) != "end_of_data"]
        traded: Counter[tuple[int, int]] = Counter()
        for one in kept:
            traded[one["bar"], one["column"]] += one["size"]
        assert {column for _, column in traded} == {0, 1}
        assert all(size <= room[column] for (_, column), size in traded.items())


@pytest.mark.long
def test_a_sweep_of_the_rule_gives_the_rows_its_combinations_give_alone():
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 300)))
    bars = some_volume([(c, c, c, c) for c in close], 3_000.0)
    grid = [{"fast": 3, "slow": 10}, {"fast": 5, "slow": 20}]

    free = sweep_crosses(bars, grid, an_instrument(), Account("USD", TENTH.capital), bars_per_year=252)
    bound = sweep_crosses(bars, grid, an_instrument(), TENTH, bars_per_year=252)

    assert [row.code for row in bound] == [None, None]
    assert all(a.metrics["turnover"] > b.metrics["turnover"] for a, b in zip(free, bound, strict=True))


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_kernel_and_oracle_agree_on_what_the_volume_lets_be_filled(seed: int):
    test_simulation_oracle.agree(random_case(seed, limited=True), seed)
    test_simulation_order_oracle.agree(order_case(seed, limited=True), seed)


@pytest.mark.long
def test_the_comparison_sees_every_kind_of_exit_cut_by_the_volume():
    cut: Counter[str] = Counter()
    for seed in range(250):
        for result in (
            test_simulation_oracle.agree(random_case(seed, limited=True), seed),
            test_simulation_order_oracle.agree(order_case(seed, limited=True), seed),
        ):
            if result is not None:
                cut.update(reason_of(one["reason"]) for one in result.fills if "partial" in words_of(one["flags"]))

    assert {"signal", "stop", "target", "trailing", "time"} <= set(cut)
    assert cut.total() > 1_000
