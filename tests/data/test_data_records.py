"""Macro series, fundamentals, news and dated actions: in a pack once they were known."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from data_builders import a_file, bars, bring_in
from hypothesis import given
from hypothesis import strategies as st

from mintmark.data import DataRoom, MacroColumns, MacroDeclared, Pack, Reads, release_days_of
from mintmark.data.calendars import trading_days
from mintmark.data.macro import known_by, macro_frame, release_date
from mintmark.data.macro_files import read_macro
from mintmark.domain import Damaged, Refused

DAY = date(2026, 1, 30)


def a_share(room: DataRoom, folder: Path) -> None:
    days = trading_days("XNYS", DAY - timedelta(days=40), DAY)
    stamps = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    path = a_file(folder, bars(stamps))
    bring_in(room, path, symbol="ACME", timeframe="1d", asset_class="equity", source="file:shares")


def sealed(room: DataRoom, folder: Path, day: date = DAY) -> Pack:
    a_share(room, folder)
    return room.open(room.seal(day, "EOD")["pack_id"])


def declared(name: str, frequency: str = "monthly", days: int = 15, scale: str = "1", **more: bool) -> MacroDeclared:
    return MacroDeclared(name, "index", frequency, days, "file:m", "research_only", "m.csv", Decimal(scale), **more)  # type: ignore[arg-type]


def a_csv(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def columns(name: str, column: str, **more: object) -> MacroColumns:
    return MacroColumns({name: column}, "date", more.pop("where", {}), **more)  # type: ignore[arg-type]


def test_each_macro_series_beside_the_checkout_comes_in_with_its_unit_and_scale(room: DataRoom, shared_data: Path):
    macro, percent = shared_data / "macro", "0.01"

    def bring(name: str, dates: str, series: dict[str, str], one: MacroDeclared, **more: object) -> dict[str, dict]:
        given = MacroColumns(series, dates, more.pop("where", {}), **more)  # type: ignore[arg-type]
        found = room.import_macro(
            macro / name if name.startswith(("us", "vix", "sp", "fama")) else shared_data / name, given, one
        )
        return {each["name"]: each for each in found}

    cpi = bring("us_cpi_monthly.csv", "Date", {"CPI": "Index"}, declared(""))
    curve = bring("us_treasury_curve_daily.csv", "date", {"DGS10": "10year", "DGS2": "2year"}, declared("", "daily", 1))
    moody = bring(
        "us_moody_yields_monthly.csv", "date", {"AAA": "AAA", "BAA": "BAA"}, declared("", days=1, scale=percent)
    )
    work = bring("us_macro_quarterly.csv", "quarter_start", {"UNRATE": "unemp"}, declared("", "quarterly", 10, percent))
    vix = bring("vix_daily.csv", "DATE", {"VIX": "CLOSE"}, declared("", "daily", 1))
    shiller = bring("sp500_shiller_monthly.csv", "Date", {"CAPE": "PE10"}, declared(""), zero_is_missing=True)
    french = bring("fama_french_3_monthly.csv", "month", {"RF": "RF"}, declared("", days=30, scale=percent))
    yen = bring(
        "fx/fx_monthly_h10.csv", "Date", {"USDJPY": "Exchange rate"}, declared("", days=1, average=True),
        where={"Country": "Japan"},
    )  # fmt: skip

    assert (cpi["CPI"]["rows"], cpi["CPI"]["dropped"]) == (1360, 0)
    assert curve["DGS2"]["rows"] == 6816 - curve["DGS2"]["dropped"]
    assert moody["BAA"]["rows"] == 1200
    assert (work["UNRATE"]["rows"], work["UNRATE"]["last"]) == (203, "2009-07-01T00:00:00Z")
    assert vix["VIX"]["rows"] == 9235
    assert shiller["CAPE"]["dropped"] > 100
    assert french["RF"]["first"] == "1926-07-01T00:00:00Z"
    assert yen["USDJPY"]["average"] is True


def test_a_value_is_in_a_pack_from_its_release_on(room: DataRoom, tmp_path: Path):
    rows = "".join(f"2025-{month:02}-01,{100 + month}\n" for month in range(1, 13))
    room.import_macro(a_csv(tmp_path, "date,cpi\n" + rows), columns("CPI", "cpi"), declared("CPI"))
    a_share(room, tmp_path)

    before, after = (room.open(room.seal(date(2026, 1, day), "EOD")["pack_id"]) for day in (14, 15))

    assert before.macro("CPI").values[-1] == 111
    assert after.macro("CPI").values[-1] == 112
    assert after.valuation().revised("CPI")


def test_a_release_in_the_data_wins_and_of_vintages_the_last_known_counts(room: DataRoom, tmp_path: Path):
    text = "date,known,gdp\n2025-07-01,2025-10-30,2.0\n2025-07-01,2025-12-23,2.5\n2025-07-01,2026-02-20,3\n"
    given = columns("GDP", "gdp", released="known")
    room.import_macro(a_csv(tmp_path, text), given, declared("GDP", "quarterly", 0, vintages=True))

    pack = sealed(room, tmp_path)

    assert pack.macro("GDP").values.tolist() == [2.5]
    assert not pack.valuation().revised("GDP")


def test_without_a_rule_a_release_must_be_said():
    assert (release_days_of("daily", None), release_days_of("quarterly", None)) == (1, 30)
    with pytest.raises(Refused) as caught:
        release_days_of("monthly", None)
    assert caught.value.code == "release_required"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("day,cpi\n2025-01-01,1\n", "layout_unknown"),
        ("date,cpi\nsoon,1\n", "wrong_type"),
        ("date,cpi\n2025-01-01,one\n", "wrong_type"),
        ("date,cpi\n2025-01-01,inf\n", "wrong_type"),
        ("date,cpi\n2025-01-01,1\n2025-01-15,2\n", "duplicate_period"),
        ("date,cpi\n2025-01-01,.\n", "no_values"),
    ],
)
def test_a_macro_file_with_one_bad_row_stores_nothing(room: DataRoom, tmp_path: Path, text: str, code: str):
    with pytest.raises(Refused) as caught:
        room.import_macro(a_csv(tmp_path, text), columns("CPI", "cpi"), declared("CPI"))

    assert caught.value.code == code
    assert sealed(room, tmp_path).macro_names() == []


def test_an_average_is_no_rate(room: DataRoom, tmp_path: Path):
    one = declared("USDJPY", days=1, average=True)
    room.import_macro(a_csv(tmp_path, "date,yen\n2025-12-01,156.1\n"), columns("USDJPY", "yen"), one)
    worth = sealed(room, tmp_path).valuation()

    with pytest.raises(Refused) as caught:
        worth.convert(Decimal(100), "JPY", "USD")

    assert (caught.value.code, caught.value.details["pairs"]) == ("rate_is_average", ["USDJPY"])


days = st.dates(date(1990, 1, 1), date(2030, 12, 31))


@given(st.lists(days, min_size=1, max_size=30, unique=True), days, st.sampled_from(["daily", "monthly", "quarterly"]))
def test_nothing_is_known_before_it_was_released(periods: list[date], as_of: date, frequency: str):
    one = declared("X", frequency, 15)
    frame, _ = macro_frame(one, [(period, "1") for period in sorted(periods)])

    known = known_by(frame, as_of)

    released = [release_date(period, one.frequency, 15) for period in periods]
    assert len(known) == sum(day <= as_of for day in released)
    assert all(moment.date() <= as_of for moment in known["known_at"])


FIGURES = """symbol,period_end,frequency,item,value,unit,released
ACME,2024-12-31,annual,net_income,123.5,,2025-02-20
ACME,2024-12-31,annual,payout,0.4,fraction,2025-02-20
ACME,2025-09-30,quarterly,net_income,31.25,,
ACME,2025-12-31,annual,net_income,150,,2026-02-20
"""


def test_figures_are_exact_scaled_and_in_a_pack_once_released(room: DataRoom, tmp_path: Path):
    path = a_csv(tmp_path, FIGURES)
    room.import_fundamentals(path, source="file:f", rights="research_only", currency="USD", scale=Decimal(1_000_000))
    worth, reads = sealed(room, tmp_path).valuation(), Reads()

    found = {(one.item, one.period_end): one for one in worth.reading(reads).fundamentals("ACME")}

    assert found["net_income", date(2024, 12, 31)].value == Decimal("123500000")
    assert found["payout", date(2024, 12, 31)].value == Decimal("0.4")
    assert found["net_income", date(2025, 9, 30)].released == date(2025, 10, 30)
    assert ("net_income", date(2025, 12, 31)) not in found
    assert reads.sources == ("file:f",)
    assert worth.fundamentals("NONE") == ()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("ACME,2024-12-31,annual,net_income,1,,", "release_required"),
        ("ACME,2024-12-31,yearly,net_income,1,,2025-02-20", "wrong_type"),
        ("ACME,2024-12-31,annual,Net Income,1,,2025-02-20", "wrong_type"),
        ("ACME,2024-12-31,annual,net_income,NaN,,2025-02-20", "wrong_type"),
        ("ACME,2024-12-31,annual,net_income,1,,2024-11-20", "wrong_type"),
        ("ACME,2024-12-31,annual,net_income,123.5,,2025-02-20", "duplicate_figure"),
    ],
)
def test_a_file_of_figures_with_one_bad_row_stores_nothing(room: DataRoom, tmp_path: Path, row: str, code: str):
    with pytest.raises(Refused) as caught:
        room.records.fundamentals(
            (FIGURES + row + "\n").encode(), source="file:f", rights="research_only", currency="USD"
        )

    assert caught.value.code == code
    assert sealed(room, tmp_path).documents() == []


def headlines(*published: str) -> bytes:
    rows = [
        {"published": at, "title": f"At {at}", "url": f"https://news.example/{at}", "publisher": "Example",
         "symbols": ["ACME"], "content": "not kept"}
        for at in published
    ]  # fmt: skip
    return json.dumps(rows).encode()


def test_news_joins_what_was_held_and_leaves_its_text_behind(room: DataRoom, tmp_path: Path):
    room.records.news(
        headlines("2026-01-28T10:00:00Z", "2026-01-29T10:00:00Z"), source="file:n", rights="research_only"
    )
    second = room.records.news(headlines("2026-01-29T10:00:00Z", "2026-01-31T10:00:00Z"), source="file:n", rights="x")

    pack = sealed(room, tmp_path)

    assert second["held"] == 3
    assert [item.title for item in pack.valuation().news(["ACME"])] == [
        f"At 2026-01-{day}T10:00:00Z" for day in (28, 29)
    ]
    assert pack.valuation().news(["OTHER"]) == ()
    assert "not kept" not in repr(pack.news)
    assert [(one["rows"], one["last"]) for one in pack.documents("news")] == [(2, "2026-01-29T10:00:00Z")]


def test_a_pack_without_documents_does_not_speak_of_them_and_a_changed_one_does_not_open(
    room: DataRoom, tmp_path: Path
):
    plain = sealed(room, tmp_path)
    room.records.news(headlines("2026-01-28T10:00:00Z"), source="file:n", rights="research_only")
    told = room.restate(DAY, "EOD", reason="price_correction", text="news came in", actor="ada")["pack_id"]
    name = room.open(told).documents()[0]["sha256"]
    path = tmp_path / "home" / "blobs" / name[:2] / name

    path.write_bytes(path.read_bytes() + b" ")

    assert not {"news", "fundamentals"} & set(plain.manifest)
    with pytest.raises(Damaged, match=name):
        room.open(told)


def test_an_action_is_known_when_it_was_announced_else_on_its_ex_day_or_as_long_before_as_was_said(
    room: DataRoom, tmp_path: Path
):
    head = "symbol,ex_date,kind,split_ratio,dividend,pay_date,announced\n"
    said = "ACME,2026-02-10,dividend,,0.24,2026-02-20,2026-01-20\nACME,2026-02-12,dividend,,0.1,,\n"
    room.actions(a_csv(tmp_path, head + said))
    first = sealed(room, tmp_path).valuation().upcoming_actions("ACME")
    room.actions(tmp_path / "rows.csv", announce_lead_days=30)
    room.restate(DAY, "EOD", reason="late_corporate_action", text="announced days assumed", actor="ada")

    assumed = room.opened(f"PP_{DAY}_EOD_v2").valuation().upcoming_actions("ACME")

    assert [(one.ex_date, one.pay_date, one.lead_days) for one in first] == [
        (date(2026, 2, 10), date(2026, 2, 20), None)
    ]
    assert [(one.ex_date.day, one.lead_days) for one in assumed] == [(10, None), (12, 30)]
    assert room.opened(f"PP_{DAY}_EOD_v2").actions("ACME") == []
    with pytest.raises(Refused, match="in this order"):
        room.actions(a_csv(tmp_path, head + "ACME,2026-02-10,dividend,,0.24,2026-02-01,\n"))


def test_a_macro_file_may_hold_its_dates_as_months_and_its_cells_as_json():
    frame, empty = read_macro(
        b'[{"date": "2025-01", "v": 1.10}, {"date": "2025-02", "v": null}]', columns("V", "v"), declared("V")
    )

    assert (frame["value"].to_list(), empty) == ([1.1], 1)
