"""Splits and dividends: raw prices open adjusted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from data_builders import bring_in
from hypothesis import given
from hypothesis import strategies as st

from mintmark.data import Action, DataRoom
from mintmark.data.actions import adjusted, ex_stamp, read_actions, require_adjusted, unexplained_jumps
from mintmark.domain import Bars, Refused, Timeframe, day_start, stamp_of

DAY = 86_400 * 10**9
FIRST = date(2020, 1, 6)


def split(day: int, ratio: str) -> Action:
    return Action("ACME", FIRST + timedelta(days=day), "split", Decimal(ratio), "file:test")


def dividend(day: int, amount: str) -> Action:
    return Action("ACME", FIRST + timedelta(days=day), "dividend", Decimal(amount), "file:test")


def daily(*closes: float) -> Bars:
    close = np.array(closes)
    stamps = stamp_of(day_start(FIRST)) + DAY * np.arange(len(close))
    return Bars(
        "ACME", Timeframe.D1, stamps, close.copy(), close * 1.01, close * 0.99, close, np.full(len(close), 100.0)
    )


def test_a_split_divides_what_came_before_and_multiplies_its_volume():
    found = adjusted(daily(100, 102, 51, 52), [split(2, "2")], "XNYS")

    assert found.close.tolist() == [50, 51, 51, 52]
    assert found.volume is not None
    assert found.volume.tolist() == [200, 200, 100, 100]


def test_a_dividend_lowers_what_came_before_by_its_share_of_the_last_close():
    found = adjusted(daily(100, 50, 49, 49), [dividend(2, "1")], "XNYS")

    assert found.close.tolist() == pytest.approx([98, 49, 49, 49])
    assert found.volume is not None
    assert found.volume.tolist() == [100, 100, 100, 100]


def test_actions_add_up_backwards():
    found = adjusted(daily(100, 102, 51, 50), [split(2, "2"), dividend(3, "0.51")], "XNYS")

    assert found.close.tolist() == pytest.approx([49.5, 50.49, 50.49, 50])


def test_actions_before_the_first_bar_or_after_the_last_change_nothing():
    bars = daily(100, 101)

    assert adjusted(bars, [split(0, "2"), split(2, "2"), split(-9, "3")], "XNYS") is bars


def test_a_dividend_as_large_as_the_price_is_inconsistent():
    with pytest.raises(Refused) as caught:
        adjusted(daily(1, 1), [dividend(1, "1")], "XNYS")

    assert caught.value.code == "action_inconsistent"


@pytest.mark.parametrize(
    ("closes", "ratio"), [((100, 102, 51, 52), "2"), ((10, 10.2, 99, 98), "0.1"), ((150, 151, 99, 98), "1.5")]
)
def test_prices_that_still_move_by_a_split_are_refused_until_they_are_adjusted(closes: tuple[float, ...], ratio: str):
    bars = daily(*closes)
    mended = adjusted(bars, [split(2, ratio)], "XNYS")

    with pytest.raises(Refused) as caught:
        require_adjusted(bars, [dividend(1, "1"), split(2, ratio)], "XNYS")
    require_adjusted(mended, [split(2, ratio)], "XNYS")

    assert caught.value.code == "unadjusted_split"
    assert caught.value.details["found"] == pytest.approx(closes[1] / closes[2])
    assert (caught.value.details["ex_date"], caught.value.details["split"]) == ("2020-01-08", ratio)


@pytest.mark.parametrize("action", [split(-1, "2"), split(0, "2"), split(9, "2"), split(2, "1.05"), dividend(2, "50")])
def test_what_no_price_in_range_can_tell_of_is_passed_over(action: Action):
    bars = daily(100, 102, 51, 52)

    require_adjusted(bars, [action], "XNYS")

    with pytest.raises(Refused):
        require_adjusted(bars, [action, split(2, "2")], "XNYS")


def test_hours_turn_at_midnight_in_new_york_and_days_at_their_date():
    action = split(0, "2")
    midnight = datetime(2020, 1, 6, tzinfo=ZoneInfo("America/New_York"))

    assert ex_stamp(action, "XNYS", Timeframe.H1) == stamp_of(midnight)
    assert ex_stamp(action, "XNYS", Timeframe.D1) == stamp_of(day_start(FIRST))


def test_a_jump_is_explained_by_the_split_that_made_it():
    bars = daily(100, 102, 25, 26)
    given_ = bars.stamps, bars.close, Timeframe.D1

    assert unexplained_jumps(*given_, [], "XNYS") == (int(bars.stamps[2]),)
    assert unexplained_jumps(*given_, [split(2, "4")], "XNYS") == ()
    assert unexplained_jumps(*given_, [split(1, "4")], "XNYS") == (int(bars.stamps[1]), int(bars.stamps[2]))


@given(
    moves=st.lists(st.floats(-0.05, 0.05), min_size=2, max_size=30),
    days=st.sets(st.integers(1, 29), max_size=5),
    ratio=st.sampled_from(["2", "3", "0.5", "1.5"]),
)
def test_adjusting_undoes_the_splits_of_any_path(moves: list[float], days: set[int], ratio: str):
    smooth = 100 * np.exp(np.cumsum(moves))
    actions = [split(day, ratio) for day in sorted(days)]
    shares = np.array(
        [float(ratio) ** sum(day > place for day in days if day < len(moves)) for place in range(len(moves))]
    )

    found = adjusted(daily(*(smooth * shares)), actions, "XNYS")

    np.testing.assert_allclose(found.close, smooth, rtol=1e-12)
    assert (found.low <= found.close).all()
    assert (found.high >= found.close).all()


@pytest.mark.parametrize(
    "text, code",
    [
        ("symbol,ex_date,kind\nA,2020-01-01,split\n", "layout_unknown"),
        ("symbol,ex_date,kind,split_ratio,dividend\nA,2020-01-01,merger,,\n", "wrong_type"),
        ("symbol,ex_date,kind,split_ratio,dividend\nA,soon,split,2,\n", "wrong_type"),
        ("symbol,ex_date,kind,split_ratio,dividend\nA,2020-01-01,split,-2,\n", "wrong_type"),
        ("symbol,ex_date,kind,split_ratio,dividend\nA,2020-01-01,dividend,2,\n", "wrong_type"),
        (
            "symbol,ex_date,kind,split_ratio,dividend\nA,2020-01-01,split,2,\nA,2020-01-01,split,2,\n",
            "duplicate_action",
        ),
        ("symbol,ex_date,kind,split_ratio,dividend\n", "no_actions"),
    ],
)
def test_a_wrong_file_of_actions_is_refused(room: DataRoom, tmp_path: Path, text: str, code: str):
    path = tmp_path / "actions.csv"
    path.write_text(text)

    with pytest.raises(Refused) as caught:
        room.actions(path)

    assert caught.value.code == code


def test_real_apple_opens_adjusted_and_its_yearly_returns_agree_with_another_vendor(room: DataRoom, shared_data: Path):
    words = {"symbol": "AAPL", "timeframe": "1d", "asset_class": "equity", "source": "file:shared"}
    before = bring_in(room, shared_data / "equities" / "AAPL_1d.parquet", **words)
    taken = room.actions(shared_data / "equities" / "corporate_actions.csv")
    after = bring_in(room, shared_data / "equities" / "AAPL_1d.parquet", **words)
    pack = room.open(room.seal(date(2021, 3, 31), "EOD")["pack_id"])

    ours = yearly(pl.Series(pack.bars("AAPL").stamps // 1_000).cast(pl.Datetime("us")), pack.bars("AAPL").close)
    wide = pl.read_parquet(shared_data / "equities" / "sp500_20names_adjclose_daily.parquet")
    theirs = yearly(wide["Date"].str.to_date(), wide["AAPL"].to_numpy())

    assert (taken["actions"], taken["splits"]) == (611, 15)
    # Four splits explain four of the jumps; on the other day Apple halved on a profit warning.
    assert jumps(before) == ["2000-06-21", "2000-09-29", "2005-02-28", "2014-06-09", "2020-08-31"]
    assert jumps(after) == ["2000-09-29"]
    years = range(1999, 2018)
    assert max(abs(ours[year] - theirs[year]) for year in years) < 0.011
    assert ours[2014] > 0.3


def jumps(report: dict[str, Any]) -> list[str]:
    found = [warning["at"] for warning in report["warnings"] if warning["code"] == "jump_unexplained"]
    return [moment[:10] for moment in found[0]]


def yearly(days: pl.Series, close: np.ndarray) -> dict[int, float]:
    frame = pl.DataFrame({"year": days.dt.year(), "close": close})
    last = frame.group_by("year", maintain_order=True).last().sort("year")
    closes = last["close"].to_list()
    return {year: closes[n] / closes[n - 1] - 1 for n, year in enumerate(last["year"]) if n}


def test_real_hours_are_adjusted_at_the_same_days_as_real_days(room: DataRoom, shared_data: Path):
    words = {"symbol": "AAPL", "asset_class": "equity", "source": "file:shared"}
    bring_in(room, shared_data / "bars" / "AAPL_1h.parquet", timeframe="1h", **words)
    bring_in(room, shared_data / "equities" / "AAPL_1d.parquet", timeframe="1d", **words)
    room.actions(shared_data / "equities" / "corporate_actions.csv")
    pack = room.open(room.seal(date(2021, 3, 31), "EOD")["pack_id"])

    hours_, days = pack.bars("AAPL", "1h"), pack.bars("AAPL", "1d")

    last = np.searchsorted(hours_.stamps, days.stamps + DAY) - 1
    ratio = hours_.close[last] / days.close
    assert np.median(np.abs(ratio - 1)) < 0.001
    assert np.quantile(np.abs(ratio - 1), 0.99) < 0.03


def test_actions_read_are_exact():
    text = b"symbol,ex_date,kind,split_ratio,dividend,reference_close\nSPY,1998-03-20,dividend,,0.3134,109.34\n"

    assert read_actions(text, "file:x") == [Action("SPY", date(1998, 3, 20), "dividend", Decimal("0.3134"), "file:x")]
