"""Rates between currencies: direct, inverse, through one between; never an old one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from data_builders import MONDAY, a_file, bars, bring_in, hours

from mintmark.data import DataRoom
from mintmark.data.currencies import Quotes, convert, pair_of, quote_currency
from mintmark.domain import Refused, stamp_of

HOUR = 3_600 * 10**9


def quotes(pair: str, *closes: float, start: int = 0) -> Quotes:
    return Quotes(pair, pair[:3], pair[3:], (start + np.arange(len(closes))) * HOUR, np.array(closes))


def at(*moments: float) -> np.ndarray:
    return np.array([int(moment * HOUR) for moment in moments])


def test_the_same_currency_is_worth_one():
    assert convert([], "USD", "USD", at(0, 1)).values.tolist() == [1, 1]


def test_the_last_close_known_at_the_moment_counts():
    found = convert([quotes("EURUSD", 1.1, 1.2, 1.3)], "EUR", "USD", at(0, 0.99, 1, 2, 50))

    assert found.values.tolist() == [1.1, 1.1, 1.2, 1.3, 1.3]
    assert found.age_hours.tolist() == pytest.approx([0, 0.99, 0, 0, 48])
    assert found.paths == ("EURUSD",)


def test_an_inverse_pair_serves_when_there_is_no_direct_one():
    found = convert([quotes("USDJPY", 150.0)], "JPY", "USD", at(1))

    assert found.values.tolist() == [1 / 150]
    assert found.paths == ("1/USDJPY",)


def test_one_currency_between_serves_when_there_is_neither():
    found = convert([quotes("EURUSD", 1.2), quotes("USDJPY", 150.0), quotes("GBPUSD", 1.5)], "EUR", "JPY", at(1))
    crossed = convert([quotes("EURUSD", 1.2), quotes("GBPUSD", 1.5)], "EUR", "GBP", at(1))

    assert found.values.tolist() == [pytest.approx(180)]
    assert crossed.values.tolist() == [pytest.approx(0.8)]
    assert (found.paths, crossed.paths) == (("EURUSD * USDJPY",), ("EURUSD * 1/GBPUSD",))


def test_the_dollar_is_preferred_between_two():
    through = [quotes("EURCHF", 2.0), quotes("CHFJPY", 2.0), quotes("EURUSD", 1.2), quotes("USDJPY", 150.0)]

    assert convert(through, "EUR", "JPY", at(1)).values.tolist() == [pytest.approx(180)]


def test_a_rate_is_taken_up_to_96_hours_old_and_no_older():
    assert convert([quotes("EURUSD", 1.1)], "EUR", "USD", at(96)).values.tolist() == [1.1]

    with pytest.raises(Refused) as caught:
        convert([quotes("EURUSD", 1.1)], "EUR", "USD", at(1, 96.001))

    assert caught.value.code == "missing_rate"
    assert caught.value.details["pair"] == "EUR/USD"
    assert caught.value.details["time"] == "1970-01-05T00:00:03.600000Z"


def test_there_is_no_rate_before_the_first_close():
    with pytest.raises(Refused) as caught:
        convert([quotes("EURUSD", 1.1, start=5)], "EUR", "USD", at(4.9))

    assert caught.value.code == "missing_rate"


def test_where_the_direct_pair_is_too_old_the_next_path_takes_over():
    found = convert([quotes("EURGBP", 0.9), quotes("EURUSD", 1.2, start=100), quotes("GBPUSD", 1.5, start=100)],
                    "EUR", "GBP", at(1, 101))  # fmt: skip

    assert found.values.tolist() == [0.9, pytest.approx(0.8)]
    assert [found.paths[n] for n in found.path] == ["EURGBP", "EURUSD * 1/GBPUSD"]


def test_two_currencies_between_are_one_too_many():
    with pytest.raises(Refused):
        convert([quotes("EURUSD", 1.2), quotes("USDJPY", 150.0), quotes("AUDJPY", 90.0)], "EUR", "AUD", at(1))


def test_pairs_and_quote_currencies_are_read_from_symbols():
    assert pair_of("ETH/BTC", "crypto", "BTC") == ("ETH", "BTC")
    assert pair_of("BTCUSDT", "crypto", "USD") is None
    assert pair_of("XAUUSD", "commodity", "USD") is None
    assert quote_currency("EURJPY", "fx") == "JPY"
    assert quote_currency("BTC/USD:USD", "crypto") == "USD"
    assert quote_currency("BTCUSDT", "crypto") == "USD"


def test_a_pack_converts_by_the_closes_it_holds(room: DataRoom, tmp_path: Path):
    path = a_file(tmp_path, bars(hours(24), close=1.0 + np.arange(24) / 100))
    bring_in(room, path, symbol="EURUSD", asset_class="fx")
    pack = room.open(room.seal(MONDAY.date(), "TEST")["pack_id"])
    moments = np.array([stamp_of(moment) for moment in hours(3, datetime(2024, 1, 8, 1, tzinfo=UTC))])

    # The bar of midnight is known at one o'clock.
    assert pack.rates("EUR", "USD", moments).tolist() == [1.0, 1.01, 1.02]
    assert pack.rates("USD", "EUR", moments).tolist() == pytest.approx([1.0, 1 / 1.01, 1 / 1.02])
    assert pack.manifest["fx"] == [{"symbol": "EURUSD", "timeframe": "1h", "base": "EUR", "quote": "USD"}]


@pytest.mark.parametrize("as_usd", [True, False])
def test_stablecoins_are_dollars_only_while_the_setting_says_so(tmp_path: Path, as_usd: bool):
    from data_builders import NOW, FixedClock

    from mintmark.store import Blobs, migrate, open_database

    database = open_database(f"sqlite:///{tmp_path / 'mintmark.db'}")
    migrate(database)
    room = DataRoom(database, Blobs(tmp_path / "blobs", database), FixedClock(NOW), stablecoins_as_usd=as_usd)
    bring_in(room, a_file(tmp_path, bars(hours(24))), symbol="BTC/USDT")

    pack = room.open(room.seal(date(2024, 1, 8), "TEST")["pack_id"])
    moments = np.array([stamp_of(hours(24)[-1])])

    assert pack.instrument("BTC/USDT").currency == ("USD" if as_usd else "USDT")
    assert pack.currencies_taken_as == ({"USDT": "USD"} if as_usd else {})
    assert pack.manifest["fx"][0]["quote"] == ("USD" if as_usd else "USDT")
    if as_usd:
        assert pack.rates("USDT", "USD", moments).tolist() == [1.0]
        assert pack.rates("BTC", "USD", moments)[0] > 0
    else:
        with pytest.raises(Refused, match="USDT to USD"):
            pack.rates("USDT", "USD", moments)
    database.close()


def test_real_rates_through_the_dollar_agree_with_the_direct_pair(room: DataRoom, shared_data: Path):
    for symbol in ("EURUSD", "GBPUSD", "EURGBP"):
        path = shared_data / "bars" / f"{symbol}_1d.parquet"
        bring_in(room, path, symbol=symbol, timeframe="1d", asset_class="fx")
    pack = room.open(room.seal(date(2018, 12, 31), "UTC")["pack_id"])
    bars_ = pack.bars("EURGBP", "1d")

    direct = pack.rate_paths("EUR", "GBP", bars_.closes_at)
    crossed = pack.rates("EUR", "USD", bars_.closes_at) * pack.rates("USD", "GBP", bars_.closes_at)

    assert direct.paths == ("EURGBP",)
    assert np.array_equal(direct.values, bars_.close)
    assert np.quantile(np.abs(direct.values / crossed - 1), 0.99) < 0.001
