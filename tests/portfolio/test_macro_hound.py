"""Regimes and cycles asked of the executor, over the sample of real series."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from portfolio_house import HandClock

from mintmark.app import App, local_owner, open_app
from mintmark.data import PREWARM_STEPS
from mintmark.domain import MintmarkError, canonical_json
from mintmark.measures import compile_kernels
from mintmark.portfolio import Question

# Two packs of real series are sealed first.
pytestmark = pytest.mark.long

LATE = datetime(2025, 10, 22, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The sample of portfolios with its two packs, both fresh."""
    compile_kernels()
    app = open_app(home=tmp_path_factory.mktemp("macro") / "home", clock=HandClock(LATE))
    for pack_id in app.data.portfolio_sample()["packs"]:
        app.data.states.reconciled(pack_id, passed=True)
        for step in PREWARM_STEPS:
            app.data.states.prewarmed(pack_id, step)
        app.data.states.mark_fresh(pack_id)
    yield app
    app.close()


def asked(app: App, day: str) -> dict[str, Any]:
    """The body of the answer about ``day``, as it goes over the wire."""
    question = Question(pattern_id="macro_cycles_overview", asof_date=day)
    answer = app.portfolio.execute(local_owner(), question, request_id="00000000-0000-4000-8000-000000000001")
    body: dict[str, Any] = json.loads(canonical_json(dict(answer.body)))
    return body


def test_in_the_middle_of_2009_three_slots_of_the_sample_tell_a_deep_contraction(sample: App):
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


def test_what_the_sample_lacks_of_cycles_is_refused_by_name_and_the_rest_answers(sample: App):
    body = asked(sample, "2009-06-30")

    assert body["result"]["empire"] is None
    assert body["undefined"]["empire"] == "inputs_missing"
    assert {one["code"] for one in body["refusals"]} == {"inputs_missing", "macro_inputs_missing"}
    assert body["result"]["overview"]["told"] == 1


def test_in_2018_unemployment_has_ended_and_no_cycle_can_be_told(sample: App):
    with pytest.raises(MintmarkError) as caught:
        asked(sample, "2018-11-30")

    assert caught.value.code == "macro_inputs_missing"
