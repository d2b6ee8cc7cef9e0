"""The bundled sample: real series, offline, the same every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from data_builders import NOW, FixedClock, a_file, bars, bring_in, hours

from mintmark.data import DataRoom
from mintmark.domain import Refused, stamp_of
from mintmark.store import Blobs, migrate, open_database


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataRoom, dict]:
    folder = tmp_path_factory.mktemp("sample")
    database = open_database(f"sqlite:///{folder / 'mintmark.db'}")
    migrate(database)
    room = DataRoom(database, Blobs(folder / "blobs", database), FixedClock(NOW))
    return room, room.sample()


def test_the_sample_holds_the_series_it_promises(sampled: tuple[DataRoom, dict]):
    _, found = sampled

    assert (found["pack_id"], found["new"]) == ("PP_2018-12-31_SAMPLE_v1", True)
    assert found["series"] == [
        {"symbol": symbol, "timeframe": "1d", "rows": 5_031,
         "first": "1999-01-04T00:00:00Z", "last": "2018-12-31T00:00:00Z"}
        for symbol in ("SP500", "NASDAQ")
    ]  # fmt: skip
    assert {
        one["name"]: (one["rows"], one["first"][:10], one["last"][:10], one["dropped"]) for one in found["macro"]
    } == {
        "AAA": (1_199, "1919-01-01", "2018-11-01", 0),
        "BAA": (1_199, "1919-01-01", "2018-11-01", 0),
        "CORE_CPI": (743, "1957-01-01", "2018-11-01", 0),
        "HML": (1_109, "1926-07-01", "2018-11-01", 0),
        "MKT_RF": (1_109, "1926-07-01", "2018-11-01", 0),
        "RF": (1_109, "1926-07-01", "2018-11-01", 0),
        "SMB": (1_109, "1926-07-01", "2018-11-01", 0),
        "VIX": (1_256, "2014-01-03", "2018-12-28", 46),
        "WTI": (8_319, "1986-01-02", "2018-12-28", 290),
    }


def test_the_sample_twice_changes_nothing(sampled: tuple[DataRoom, dict]):
    room, first = sampled

    again = room.sample()

    assert again == {**first, "new": False, "partitions_new": 0}
    assert len(room.packs()) == 1
    assert room.verify(first["pack_id"])["macro_values"] == 2 * 1_199 + 743 + 4 * 1_109 + 1_256 + 8_319


def test_the_sample_opens_with_volume_costs_and_a_full_calendar(sampled: tuple[DataRoom, dict]):
    room, found = sampled
    pack = room.open(found["pack_id"])

    bars_ = pack.bars("SP500", "1d")
    fact = pack.facts().symbols["SP500"]

    assert (bars_.close[0], bars_.close[-1]) == (1228.099976, 2506.850098)
    assert pack.volume_known("SP500")
    assert (fact.completeness, fact.bars, fact.shortable, fact.jump_unexplained) == (1.0, 5_031, True, ())
    assert (pack.bars_per_year("SP500", "1d"), str(pack.instrument("SP500").costs.fee_bps)) == (252, "2")
    assert (pack.sources, pack.cost_profile("SP500")) == (("sample:arch",), "class:index")
    assert len(pack.bars("NASDAQ", "1w")) == 1_043


def test_macro_values_are_fractions_and_known_when_released(sampled: tuple[DataRoom, dict]):
    room, found = sampled
    pack = room.open(found["pack_id"])

    yields, prices, factors = pack.macro("BAA"), pack.macro("CORE_CPI"), pack.macro("RF")

    assert yields.values[-1] == 0.0522
    assert yields.known_at[-1] == stamp_of(datetime(2018, 12, 1, tzinfo=UTC))
    assert prices.values[-1] == 259.481
    assert prices.known_at[-1] == stamp_of(datetime(2018, 12, 15, tzinfo=UTC))
    assert factors.values[0] == 0.0022
    assert factors.stamps[0] == stamp_of(datetime(1926, 7, 1, tzinfo=UTC))
    assert (yields.known_at > yields.stamps).all()
    with pytest.raises(Refused, match="VIX, WTI"):
        pack.macro("GDP")


def test_the_sample_equals_the_same_series_from_elsewhere(sampled: tuple[DataRoom, dict], shared_data: Path):
    room, found = sampled
    other = pl.read_parquet(shared_data / "macro" / "sp500_index_daily.parquet")

    bars_ = room.open(found["pack_id"]).bars("SP500")

    assert bars_.close.tolist() == other["close"].to_list()
    assert bars_.volume is not None
    assert bars_.volume.tolist() == other["volume"].to_list()


def test_what_else_is_imported_stays_out_of_the_sample_pack(room: DataRoom, tmp_path: Path):
    bring_in(room, a_file(tmp_path, bars(hours(48, datetime(2018, 1, 1, tzinfo=UTC)))))

    pack = room.open(room.sample()["pack_id"])

    assert pack.symbols() == ["NASDAQ", "SP500"]


def test_the_sample_replaces_no_series_of_another_source(room: DataRoom, tmp_path: Path):
    days = hours(31, datetime(2018, 1, 1, tzinfo=UTC), timedelta(days=1))
    bring_in(room, a_file(tmp_path, bars(days)), symbol="SP500", timeframe="1d", asset_class="index")

    with pytest.raises(Refused) as caught:
        room.sample()

    assert caught.value.code == "series_exists"
    assert room.packs() == []
