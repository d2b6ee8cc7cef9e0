"""Regimes and cycles asked at the door, over the sample of real series."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from portfolio_house import HandClock
from test_portfolio_answers import Doors

from mintmark.app import open_app

LATE = datetime(2018, 12, 3, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """The sample of portfolios with its two packs, both fresh."""
    clock = HandClock(LATE)
    app = open_app(home=tmp_path_factory.mktemp("macro") / "home", clock=clock)
    doors = Doors(app, clock)
    for pack_id in app.data.portfolio_sample()["packs"]:
        doors.make_fresh(pack_id)
    yield doors
    app.close()


def asked(doors: Doors, day: str) -> dict[str, Any]:
    answer = doors.ask("POST", "/execute", json={"pattern_id": "macro_cycles_overview", "asof_date": day})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_in_the_middle_of_2009_three_slots_of_the_sample_tell_a_deep_contraction(sample: Doors):
    body = asked(sample, "2009-06-30")

    card = body["result"]["stdc"]
    assert card["phase"] == "DEEP_CONTRACTION" == body["result"]["overview"]["short_term"]
    assert card["missing"] == {"curve": "series_missing"}
    assert {one["slot"]: one["period_end"] for one in card["indicators"]} == {
        "unemployment": "2009-03-31", "inflation": "2009-05-31", "credit": "2009-05-31",
    }  # fmt: skip
    assert sum(card["shares"].values()) == pytest.approx(1)
    assert "revised_macro" in {one["code"] for one in body["warnings"]}
    assert body["metadata"]["sources"] == ["sample:arch", "sample:statsmodels"]


def test_what_the_sample_lacks_of_cycles_is_refused_by_name_and_the_rest_answers(sample: Doors):
    body = asked(sample, "2009-06-30")

    assert body["result"]["empire"] is None
    assert body["undefined"]["empire"] == "inputs_missing"
    assert {one["code"] for one in body["refusals"]} == {"inputs_missing", "macro_inputs_missing"}
    assert body["result"]["overview"]["told"] == 1


def test_in_2018_unemployment_has_ended_and_no_cycle_can_be_told(sample: Doors):
    answer = sample.ask("POST", "/execute", json={"pattern_id": "macro_cycles_overview", "asof_date": "2018-11-30"})

    assert answer.status_code == 422
    assert answer.json()["error"] == "macro_inputs_missing"
