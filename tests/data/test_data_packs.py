"""Packs: sealed once, never changed, opened as they were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from data_builders import MONDAY, NOW, FixedClock, a_file, bars, bring_in, hours
from hypothesis import given
from hypothesis import strategies as st

from mintmark.data import DataRoom
from mintmark.data.clocks import UTC_STAMPS
from mintmark.data.partitions import content_hash, cut, from_bytes, to_bytes
from mintmark.domain import Damaged, Refused, Timeframe
from mintmark.store import Blobs, Database

DAILY = timedelta(days=1)


def three_years() -> pl.DataFrame:
    return bars(hours(900, datetime(2022, 6, 1, tzinfo=UTC), DAILY))


def blobs_of(home: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (home / "blobs").glob("*/*")}


def sealed(room: DataRoom, folder: Path, frame: pl.DataFrame | None = None) -> str:
    frame = three_years() if frame is None else frame
    bring_in(room, a_file(folder, frame), timeframe="1d")
    return str(room.seal(date(2025, 12, 31), "TEST")["pack_id"])


def test_sealing_the_same_content_again_gives_the_same_pack_and_no_new_blob(room: DataRoom, tmp_path: Path):
    first = sealed(room, tmp_path)
    before = blobs_of(tmp_path / "home")

    again = room.seal(date(2025, 12, 31), "TEST")

    assert (again["pack_id"], again["new"]) == (first, False)
    assert again["pack_sha256"] == room.manifest(first)["pack_sha256"]
    assert blobs_of(tmp_path / "home") == before
    assert len(room.packs()) == 1


def test_one_close_changed_by_a_billionth_makes_a_new_version_and_one_new_partition(room: DataRoom, tmp_path: Path):
    first = sealed(room, tmp_path)
    before = blobs_of(tmp_path / "home")
    frame = three_years()
    close = frame["close"].to_list()
    close[300] += 1e-9

    second = sealed(room, tmp_path, frame.with_columns(pl.Series("close", close)))

    assert (first, second) == ("PP_2025-12-31_TEST_v1", "PP_2025-12-31_TEST_v2")
    assert [(pack["pack_id"], pack["superseded_by"]) for pack in room.packs()] == [(second, None), (first, second)]
    old, new = (partitions(room, name) for name in (first, second))
    assert {year for year in new if new[year] != old[year]} == {2023}
    # The other new blob is the manifest.
    assert set(blobs_of(tmp_path / "home")) - set(before) == {new[2023], room.manifest(second)["pack_sha256"]}
    assert room.open(first).bars("COIN").close[300] != room.open(second).bars("COIN").close[300]
    assert room.newest(["COIN"], "1d") == second


def partitions(room: DataRoom, pack_id: str) -> dict[int, str]:
    return {part["year"]: part["sha256"] for part in room.manifest(pack_id)["series"][0]["partitions"]}


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("place", [0, 100, -1, -30], ids=["first", "inside", "last", "footer"])
def test_a_changed_byte_of_any_blob_is_a_damaged_pack(room: DataRoom, tmp_path: Path, place: int):
    pack = sealed(room, tmp_path)
    names = [*partitions(room, pack).values(), room.manifest(pack)["pack_sha256"]]

    for name in names:
        path = tmp_path / "home" / "blobs" / name[:2] / name
        flip(path, place)
        for act in (room.verify, room.open):
            with pytest.raises(Damaged) as caught:
                act(pack)
            assert caught.value.code == "pack_damaged"
            assert name in caught.value.message or name == names[-1]
        flip(path, place)

    assert room.verify(pack)["verified"]


def test_a_missing_blob_is_a_damaged_pack(room: DataRoom, tmp_path: Path):
    pack = sealed(room, tmp_path)
    name = partitions(room, pack)[2023]
    (tmp_path / "home" / "blobs" / name[:2] / name).unlink()

    with pytest.raises(Damaged, match="is missing") as caught:
        room.open(pack)

    assert caught.value.code == "pack_damaged"


def test_a_damaged_partition_that_was_removed_comes_back_with_its_series(room: DataRoom, tmp_path: Path):
    pack = sealed(room, tmp_path)
    name = partitions(room, pack)[2023]
    (tmp_path / "home" / "blobs" / name[:2] / name).unlink()

    report = bring_in(room, a_file(tmp_path, three_years()), timeframe="1d")

    assert report["stored"] == "unchanged"
    assert room.verify(pack)["verified"]


def test_a_file_with_other_rows_under_the_right_hash_of_its_bytes_does_not_open():
    frame = bars(hours(5))

    with pytest.raises(Damaged):
        from_bytes(to_bytes(frame), content_hash(frame.head(4)))


def test_the_manifest_is_canonical_and_its_hash_is_the_packs(room: DataRoom, tmp_path: Path):
    pack = room.open(sealed(room, tmp_path))
    name = pack.sha256
    content = (tmp_path / "home" / "blobs" / name[:2] / name).read_bytes()

    assert hashlib.sha256(content).hexdigest() == name
    assert (
        json.dumps(json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == content
    )
    assert NOW.date().isoformat().encode() not in content


def test_the_time_of_sealing_plays_no_part(tmp_path: Path):
    from mintmark.store import migrate, open_database

    found = []
    for n, moment in enumerate((NOW, NOW + timedelta(days=300))):
        database = open_database(f"sqlite:///{tmp_path / str(n) / 'mintmark.db'}")
        migrate(database)
        room = DataRoom(database, Blobs(tmp_path / str(n) / "blobs", database), FixedClock(moment))
        found.append(room.manifest(sealed(room, tmp_path))["pack_sha256"])
        database.close()

    assert found[0] == found[1]


def test_only_bars_that_had_closed_by_the_as_of_are_in(room: DataRoom, tmp_path: Path):
    bring_in(room, a_file(tmp_path, bars(hours(72, MONDAY))))

    last = {
        policy: room.open(room.seal(MONDAY.date(), policy)["pack_id"]).bars("COIN").stamps[-1] // 10**9
        for policy in ("TEST", "UTC", "EOD")
    }

    start = int(MONDAY.timestamp())
    assert last["TEST"] == last["UTC"] == start + 23 * 3600
    # Five past midnight in New York is 05:05 UTC: the bar of four o'clock has closed.
    assert last["EOD"] == start + 28 * 3600


def test_a_pack_of_an_earlier_day_shares_its_whole_years(room: DataRoom, tmp_path: Path):
    later = sealed(room, tmp_path)

    earlier = str(room.seal(date(2024, 3, 1), "TEST")["pack_id"])

    old, new = partitions(room, earlier), partitions(room, later)
    assert (old[2022], old[2023]) == (new[2022], new[2023])
    assert old[2024] != new[2024]
    quality = room.pack_quality(earlier)[0]
    assert quality["last"] == "2024-03-01T00:00:00Z"
    assert quality["rows"] == sum(part["rows"] for part in room.manifest(earlier)["series"][0]["partitions"])


@pytest.mark.parametrize(
    "as_of, policy, code",
    [
        (date(2026, 3, 1), "TEST", "as_of_in_future"),
        (date(2020, 1, 1), "TEST", "nothing_to_seal"),
        (date(2025, 12, 31), "Test", "invalid_request"),
        (date(2025, 12, 25), "EOD", "not_a_trading_day"),
    ],
)
def test_a_pack_that_cannot_be_is_refused_and_leaves_nothing(
    room: DataRoom, tmp_path: Path, as_of: date, policy: str, code: str
):
    bring_in(room, a_file(tmp_path, three_years()), timeframe="1d")
    before = blobs_of(tmp_path / "home")

    with pytest.raises(Refused) as caught:
        room.seal(as_of, policy)

    assert caught.value.code == code
    assert (room.packs(), blobs_of(tmp_path / "home")) == ([], before)


@pytest.mark.parametrize("act", [DataRoom.open, DataRoom.manifest, DataRoom.verify])
def test_an_unknown_pack_is_not_found(room: DataRoom, act: Callable[[DataRoom, str], object]):
    with pytest.raises(Refused) as unknown:
        act(room, "PP_2018-12-31_SAMPLE_v9")
    with pytest.raises(Refused) as misspelt:
        act(room, "../secrets")

    assert (unknown.value.code, misspelt.value.code) == ("not_found", "invalid_request")


def test_coarser_bars_are_built_from_the_base(room: DataRoom, tmp_path: Path):
    bring_in(room, a_file(tmp_path, bars(hours(48))))
    pack = room.open(room.seal(date(2024, 1, 31), "TEST")["pack_id"])

    base, coarse = pack.bars("COIN"), pack.bars("COIN", "4h")

    assert (len(base), len(coarse)) == (48, 12)
    assert coarse.open[1] == base.open[4]
    assert coarse.close[1] == base.close[7]
    assert coarse.high[1] == base.high[4:8].max()
    assert pack.bars_per_year("COIN", "4h") == 2_190
    with pytest.raises(Refused) as finer:
        pack.bars("COIN", "1m")
    with pytest.raises(Refused) as unknown:
        pack.bars("NONE")
    assert (finer.value.code, unknown.value.code) == ("timeframe_unknown", "symbol_unknown")


def test_of_two_series_the_one_of_the_timeframe_serves_and_the_coarsest_below_it(room: DataRoom, tmp_path: Path):
    bring_in(room, a_file(tmp_path, bars(hours(96))))
    bring_in(room, a_file(tmp_path, bars(hours(30, step=DAILY)), "days.csv"), timeframe="1d")
    pack = room.open(room.seal(date(2024, 2, 28), "TEST")["pack_id"])

    facts = {name: pack.facts(name).symbols["COIN"] for name in ("1h", "4h", "1d", "1w")}

    assert {name: (fact.base_timeframe.value, fact.bars) for name, fact in facts.items()} == {
        "1h": ("1h", 96), "4h": ("1h", 96), "1d": ("1d", 30), "1w": ("1d", 30)
    }  # fmt: skip
    assert len(pack.bars("COIN", "1d")) == 30
    assert pack.base_timeframe("COIN") == "1h"
    assert len(pack.partition_hashes("COIN")) == 2


def test_the_newest_live_pack_that_gives_all_symbols_is_found(room: DataRoom, tmp_path: Path):
    bring_in(room, a_file(tmp_path, bars(hours(96))))
    early = room.seal(date(2024, 1, 10), "TEST")["pack_id"]
    bring_in(room, a_file(tmp_path, bars(hours(96))), symbol="OTHER")
    late = room.seal(date(2024, 1, 11), "TEST")["pack_id"]
    bring_in(room, a_file(tmp_path, bars(hours(30, step=DAILY))), symbol="OTHER", timeframe="1d")

    assert (early, late) == ("PP_2024-01-10_TEST_v1", "PP_2024-01-11_TEST_v1")
    assert room.newest() == late
    assert room.newest(["COIN", "OTHER"], "1d") == late
    assert room.newest(["COIN"], "1m") is None
    assert room.newest(["COIN", "NONE"]) is None


def test_facts_count_bars_and_completeness_of_any_span(room: DataRoom, tmp_path: Path):
    stamps = hours(96)
    bring_in(room, a_file(tmp_path, bars([*stamps[:10], *stamps[20:]])))
    fact = room.open(room.seal(date(2024, 1, 31), "TEST")["pack_id"]).facts().symbols["COIN"]
    start = int(MONDAY.timestamp()) * 10**9
    hour = 3600 * 10**9

    assert fact.within is not None
    assert fact.within(Timeframe.H1, start, start + 40 * hour) == (30, 0.75)
    assert fact.within(Timeframe.H1, start + 20 * hour, start + 40 * hour) == (20, 1.0)
    assert fact.within(Timeframe.H1, start - 40 * hour, start) == (0, 0.0)
    assert fact.completeness == pytest.approx(86 / 96)


def test_facts_count_a_whole_series_as_its_sealing_did_without_reading_it(
    room: DataRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stamps = hours(96)
    bring_in(room, a_file(tmp_path, bars([*stamps[:10], *stamps[20:]])))
    pack = room.open(room.seal(date(2024, 1, 31), "TEST")["pack_id"])
    fact = pack.facts().symbols["COIN"]
    assert fact.within is not None
    counted = fact.within(Timeframe.H1, fact.first, fact.last)
    monkeypatch.setattr(type(pack), "bars", lambda *_: pytest.fail("nothing need be read"))

    whole = fact.within(Timeframe.H1, fact.first - 1, fact.last + 1)

    assert whole == (fact.bars, fact.completeness) == (86, pytest.approx(86 / 96))
    assert counted[0] == 85


def test_facts_tell_of_jumps_until_actions_explain_them(room: DataRoom, tmp_path: Path):
    close = [100.0 + n % 3 for n in range(20)] + [50.0 + n % 3 for n in range(20)]
    path = a_file(tmp_path, bars(hours(40, step=DAILY), close=close))
    words = {"symbol": "ACME", "timeframe": "1d", "asset_class": "equity", "calendar": "24x7"}
    bring_in(room, path, **words)
    before = room.open(room.seal(date(2024, 3, 1), "TEST")["pack_id"])
    actions = tmp_path / "actions.csv"
    actions.write_text("symbol,ex_date,kind,split_ratio,dividend\nACME,2024-01-28,split,2,\n")
    room.actions(actions)
    after = room.open(room.seal(date(2024, 3, 1), "TEST")["pack_id"])
    bring_in(room, path, price_basis="adjusted", **words)
    declared = room.open(room.seal(date(2024, 3, 1), "TEST")["pack_id"])

    assert len(before.facts().symbols["ACME"].jump_unexplained) == 1
    assert after.facts().symbols["ACME"].jump_unexplained == ()
    assert after.bars("ACME").close[:3].tolist() == [50, 50.5, 51]
    assert declared.bars("ACME").close[:3].tolist() == [100, 101, 102]
    assert declared.facts().symbols["ACME"].jump_unexplained == ()
    assert (before.id[-2:], after.id[-2:], declared.id[-2:]) == ("v1", "v2", "v3")
    assert room.pack_quality(after.id)[0]["warnings"] == []


def test_packs_work_the_same_on_both_databases(database: Database, tmp_path: Path):
    room = DataRoom(database, Blobs(tmp_path / "blobs", database), FixedClock(NOW))

    pack = sealed(room, tmp_path)
    other = DataRoom(database, Blobs(tmp_path / "elsewhere", database), FixedClock(NOW))

    assert room.verify(pack)["bars"] == 900
    assert room.seal(date(2025, 12, 31), "TEST")["new"] is False
    if database.dialect == "postgresql":
        # Another machine shares nothing but the database.
        assert other.verify(pack)["bars"] == 900
    else:
        with pytest.raises(Damaged):
            other.open(pack)


def test_of_several_seals_at_once_one_makes_the_pack(database: Database, tmp_path: Path):
    rooms = [DataRoom(database, Blobs(tmp_path / "blobs", database), FixedClock(NOW)) for _ in range(3)]
    bring_in(rooms[0], a_file(tmp_path, three_years()), timeframe="1d")

    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda room: room.seal(date(2025, 12, 31), "TEST"), rooms))

    assert {one["pack_id"] for one in found} == {"PP_2025-12-31_TEST_v1"}
    assert [one["new"] for one in found].count(True) == 1
    assert rooms[0].verify("PP_2025-12-31_TEST_v1")["bars"] == 900


prices = st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=40)


@given(closes=prices, days=st.lists(st.integers(0, 2_000), min_size=40, max_size=40, unique=True))
def test_what_was_cut_and_written_opens_to_the_bit(closes: list[float], days: list[int]):
    stamps = [datetime(2020, 1, 1, tzinfo=UTC) + day * DAILY for day in sorted(days)[: len(closes)]]
    frame = bars(stamps, closes)

    pieces = [(part, from_bytes(to_bytes(rows), part.name)) for part, rows in cut(frame)]

    assert pl.concat([rows for _, rows in pieces]).equals(frame)
    assert all((rows["timestamp"].dt.year() == part.year).all() for part, rows in pieces)
    assert len({part.year for part, _ in pieces}) == len(pieces)


def test_the_hash_is_of_the_content_and_of_nothing_else():
    frame = bars(hours(3))

    wanted = hashlib.sha256(
        b"timestamp:datetime[us,UTC],open:float64,high:float64,low:float64,close:float64,volume:float64"
        + (frame["timestamp"].cast(UTC_STAMPS).to_physical().to_numpy().astype("<i8")).tobytes()
        + np.column_stack([frame[name].to_numpy() for name in frame.columns[1:]]).T.astype("<f8").tobytes()
    ).hexdigest()

    assert content_hash(frame) == wanted
    assert content_hash(pl.concat([frame.head(1), frame.tail(2)], rechunk=False)) == wanted
