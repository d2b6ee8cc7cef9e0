"""What a pack says things are worth: exact, of the right day, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from data_builders import a_file, bars, bring_in
from hypothesis import given
from hypothesis import strategies as st

from mintmark.data import DataRoom, Needs, Pack, Reads
from mintmark.data.calendars import trading_days
from mintmark.data.closes import exact_close
from mintmark.data.fixings import Leg, pair_name, through
from mintmark.domain import Refused

LAST = date(2026, 1, 30)


def days_of(calendar: str, *, without: Sequence[date] = (), last: date = LAST) -> list[datetime]:
    days = trading_days(calendar, last - timedelta(days=40), last)
    return [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days if day not in without]


def a_share(room: DataRoom, folder: Path, symbol: str = "ACME", **options: object) -> None:
    without = options.pop("without", ())
    stamps = days_of("XNYS", without=without)  # type: ignore[arg-type]
    bring_in(
        room,
        a_file(folder, bars(stamps)),
        **{"symbol": symbol, "timeframe": "1d", "asset_class": "equity", "source": "file:shares", **options},
    )


def a_pair(room: DataRoom, folder: Path, symbol: str, level: float, **options: object) -> None:
    stamps = days_of("24x5", without=options.pop("without", ()))  # type: ignore[arg-type]
    frame = bars(stamps, [level * (1 + n % 3 / 1000) for n in range(len(stamps))])
    frame = frame.with_columns(high=pl.max_horizontal("open", "close") * 1.01)
    bring_in(room, a_file(folder, frame), symbol=symbol, timeframe="1d", asset_class="fx", source=f"file:{symbol}")


def sealed(room: DataRoom, day: date = LAST, policy: str = "EOD") -> Pack:
    return room.open(room.seal(day, policy)["pack_id"])


def test_100_apple_shares_keep_their_worth_across_the_split_of_2014_in_euros_and_canadian_dollars(
    room: DataRoom, shared_data: Path
):
    for symbol, folder, kind in (("AAPL", "equities", "equity"), ("EURUSD", "bars", "fx"), ("USDCAD", "bars", "fx")):
        path = shared_data / folder / f"{symbol}_1d.parquet"
        bring_in(room, path, symbol=symbol, timeframe="1d", asset_class=kind, source="file:lean", timezone="UTC")
    room.actions(shared_data / "equities" / "corporate_actions.csv")
    before, after = (sealed(room, date(2014, 6, day)).valuation() for day in (6, 9))

    worth = {
        base: (
            before.convert(100 * before.close("AAPL").amount, "USD", base),
            after.convert(700 * after.close("AAPL").amount, "USD", base),
        )
        for base in ("EUR", "CAD")
    }

    assert worth["EUR"] == (Decimal("47322.9339236758"), Decimal("48253.4871402507"))
    assert worth["CAD"] == (Decimal("70571.13012"), Decimal("71512.1211"))
    assert before.close("EURUSD").amount == Decimal("1.36418")
    returns = after.total_returns("AAPL", [date(2014, 6, 6), date(2014, 6, 9)])
    assert returns[1] * 100 == pytest.approx(1.600136, abs=5e-7)
    assert before.rate_array("USD", "EUR", [date(2014, 6, 6)])[0] == pytest.approx(1 / 1.36418, rel=1e-15)


def test_a_holiday_is_no_gap_and_a_scheduled_day_without_a_close_is_one(room: DataRoom, tmp_path: Path):
    # 19 January 2026 is a holiday in New York, 16 January the Friday before it.
    a_share(room, tmp_path)
    a_share(room, tmp_path, "GONE", without=[date(2026, 1, 20)])
    held = sealed(room, date(2026, 1, 19), "UTC").valuation()

    assert held.close("ACME").day == date(2026, 1, 16)
    gone = sealed(room, date(2026, 1, 20)).valuation()
    with pytest.raises(Refused) as caught:
        gone.close("GONE")
    assert caught.value.code == "price_missing"
    assert (caught.value.details["day"], caught.value.details["last"]) == ("2026-01-20", "2026-01-16")
    days = [date(2026, 1, 19), date(2026, 1, 20), date(2026, 1, 21)]
    closes = sealed(room, date(2026, 1, 21)).valuation().close_array("GONE", days)
    assert np.isnan(closes).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("day", "found"), [(date(2025, 12, 25), date(2025, 12, 24)), (date(2026, 1, 1), date(2025, 12, 31))]
)
def test_the_currency_market_rests_on_christmas_and_new_year_alone(
    room: DataRoom, tmp_path: Path, day: date, found: date
):
    a_pair(room, tmp_path, "EURUSD", 1.1)

    assert sealed(room, day, "UTC").valuation().close("EURUSD").day == found
    assert sealed(room, date(2026, 1, 18), "UTC").valuation().close("EURUSD").day == date(2026, 1, 16)


def test_what_a_portfolio_needs_and_the_pack_lacks_is_named(room: DataRoom, tmp_path: Path):
    a_share(room, tmp_path, "SPY")
    worth = sealed(room).valuation()

    both = Needs(base="USD", symbols=frozenset({"SPY"}), currencies=frozenset({"EUR"}))

    assert worth.missing([both]) == ("EURUSD",)
    assert worth.missing([Needs(base="USD", symbols=frozenset({"SPY"}))]) == ()
    assert worth.missing([Needs(base="USD", benchmark="QQQ")]) == ("QQQ",)
    assert worth.missing([Needs(base="CAD", symbols=frozenset({"SPY"}))]) == ("USDCAD",)
    with pytest.raises(Refused) as caught:
        worth.convert(Decimal(1), "EUR", "USD")
    assert (caught.value.code, caught.value.details["pairs"]) == ("rate_missing", ["EURUSD"])


def test_a_cross_goes_through_the_dollar_and_else_by_its_own_pair(room: DataRoom, tmp_path: Path):
    a_pair(room, tmp_path, "EURGBP", 0.9)
    by_itself = sealed(room, LAST, "UTC").valuation().rate("EUR", "GBP")
    a_pair(room, tmp_path, "EURUSD", 1.1)
    a_pair(room, tmp_path, "GBPUSD", 1.3)
    worth = sealed(room).valuation()

    through_dollars = worth.rate("EUR", "GBP")

    assert [leg.symbol for leg in by_itself.legs] == ["EURGBP"]
    assert [leg.symbol for leg in through_dollars.legs] == ["EURUSD", "GBPUSD"]
    euro, pound = (worth.close(symbol).amount for symbol in ("EURUSD", "GBPUSD"))
    assert worth.convert(Decimal("1000000"), "EUR", "GBP") == round(1_000_000 * euro / pound, 10)


def test_each_read_notes_its_source_where_the_reader_asked(room: DataRoom, tmp_path: Path):
    a_share(room, tmp_path)
    a_pair(room, tmp_path, "EURUSD", 1.1)
    worth = sealed(room).valuation()
    prices, rates = Reads(), Reads()

    worth.reading(prices).close("ACME")
    worth.reading(rates).convert(Decimal(5), "USD", "EUR")

    assert prices.sources == ("file:shares",)
    assert rates.sources == ("file:EURUSD",)
    assert worth.close("EURUSD").fixing == "end of the source's own day"


def test_an_adjusted_series_pays_nothing_twice(room: DataRoom, tmp_path: Path):
    a_share(room, tmp_path)
    a_share(room, tmp_path, "KEPT", price_basis="adjusted")
    rows = [f"{name},2026-01-28,dividend,,2.5" for name in ("ACME", "KEPT")]
    (tmp_path / "paid.csv").write_text("\n".join(["symbol,ex_date,kind,split_ratio,dividend", *rows]))
    room.actions(tmp_path / "paid.csv")
    worth, days = sealed(room).valuation(), [date(2026, 1, 27), date(2026, 1, 28), date(2026, 1, 29)]

    paid, kept = worth.total_returns("ACME", days), worth.total_returns("KEPT", days)

    before = worth.close_array("ACME", days)[0]
    assert np.isnan(paid[0])
    assert paid[1] - kept[1] == pytest.approx(2.5 / before)
    assert paid[2] == kept[2]


def test_the_policy_says_on_which_days_is_valued(room: DataRoom, tmp_path: Path):
    a_share(room, tmp_path)
    session, every = sealed(room).valuation(), sealed(room, LAST, "UTC").valuation()

    assert session.trading_days(date(2026, 1, 16), date(2026, 1, 20)) == [date(2026, 1, 16), date(2026, 1, 20)]
    assert len(every.trading_days(date(2026, 1, 16), date(2026, 1, 20))) == 5
    assert (session.days_per_year, every.days_per_year) == (252, 365)
    with pytest.raises(Refused) as caught:
        sealed(room, LAST, "TEST").valuation()
    assert caught.value.code == "not_a_valuation_policy"


@given(st.floats(min_value=1e-7, max_value=1e9))
def test_an_exact_close_gives_the_stored_number_back_within_ten_places(value: float):
    found = exact_close(value)

    assert -found.as_tuple().exponent <= 10  # type: ignore[operator]
    assert abs(found - Decimal(value)) <= Decimal("0.5e-10") + Decimal(value) * Decimal("1e-16")
    if -Decimal(repr(value)).as_tuple().exponent <= 10:  # type: ignore[operator]
        assert float(found) == value


amounts = st.decimals(min_value="-1e12", max_value="1e12", places=8)
closes = st.decimals(min_value="0.0001", max_value="20000", places=6)


@given(amounts, closes)
def test_a_conversion_there_and_back_is_the_amount_but_for_its_last_places(amount: Decimal, close: Decimal):
    there = through(amount, [Leg("EURUSD", False)], [close])

    back = through(there, [Leg("EURUSD", True)], [close])

    assert abs(back - amount) <= Decimal("0.5e-10") / close + Decimal("1e-10")


@given(amounts, closes, closes)
def test_a_cross_is_rounded_once(amount: Decimal, first: Decimal, second: Decimal):
    found = through(amount, [Leg("EURUSD", False), Leg("GBPUSD", True)], [first, second])

    with localcontext(prec=90):
        assert abs(found - amount * first / second) <= Decimal("0.5000001e-10")


def test_a_pair_has_the_name_the_market_gives_it():
    assert [pair_name(*pair) for pair in (("USD", "EUR"), ("USD", "JPY"), ("CHF", "USD"), ("GBP", "EUR"))] == [
        "EURUSD", "USDJPY", "USDCHF", "EURGBP",
    ]  # fmt: skip
