"""The sample of portfolios: real shares and macro series, offline, sealed into two packs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mintmark.data import DataRoom, Needs

WANTED = Needs(base="USD", symbols=frozenset({"AAPL", "XOM"}), benchmark="SP500")


@pytest.mark.long
def test_the_sample_seals_two_days_and_a_second_time_changes_nothing(room: DataRoom):
    first = room.portfolio_sample()

    again = room.portfolio_sample()

    assert first == again
    assert first["packs"] == ["PP_2009-06-30_EOD_v1", "PP_2018-11-30_EOD_v1"]
    crisis, later = (room.opened(name).valuation() for name in first["packs"])
    assert crisis.missing([WANTED]) == later.missing([WANTED]) == ()
    assert crisis.close("SP500").amount == Decimal("919.320007")
    assert crisis.series("AAPL").price_basis == "adjusted"
    assert set(crisis.pack.macro_names()) >= {"AAA", "BAA", "CORE_CPI", "MKT_RF", "RF", "unemployment"}
    # The quarter that ends with June was not out on its last day.
    assert crisis.macro("unemployment").values[-1] == 0.081
    assert len(later.macro("unemployment").values) == 203
    assert {"VIX", "WTI"} <= set(later.pack.macro_names())
    assert {source["name"] for source in later.pack.manifest["sources"]} == {
        "sample:arch", "sample:skfolio", "sample:statsmodels",
    }  # fmt: skip


@pytest.mark.long
def test_the_sample_of_research_is_the_same_pack_with_and_without_that_of_portfolios(room: DataRoom):
    alone = room.sample()

    room.portfolio_sample()

    assert room.sample()["pack_sha256"] == alone["pack_sha256"]
