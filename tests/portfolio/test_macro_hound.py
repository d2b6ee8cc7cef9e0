"""Regimes and cycles asked of the executor, over the sample of real series."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mintmark.app import App, local_owner
from mintmark.domain import MintmarkError, canonical_json
from mintmark.portfolio import Question

# Two packs of real series are sealed first.
pytestmark = pytest.mark.long


def asked(app: App, day: str) -> dict[str, Any]:
    """The body of the answer about ``day``, as it goes over the wire."""
    question = Question(pattern_id="macro_cycles_overview", asof_date=day)
    answer = app.portfolio.execute(local_owner(), question, request_id="00000000-0000-4000-8000-000000000001")
    body: dict[str, Any] = json.loads(canonical_json(dict(answer.body)))
    return body


def test_in_the_middle_of_2009_three_slots_of_the_sample_tell_a_deep_contraction(fresh_sample: App):
    body = asked(fresh_sample, "2009-06-30")

    card = body["result"]["stdc"]
    assert card["phase"] == "DEEP_CONTRACTION" == body["result"]["overview"]["short_term"]
    assert card["missing"] == {"curve": "series_missing"}
    assert {one["slot"]: one["period_end"] for one in card["indicators"]} == {
        "unemployment": "2009-03-31", "inflation": "2009-05-31", "credit": "2009-05-31",
    }  # fmt: skip
    assert sum(card["shares"].values()) == pytest.approx(1)
    assert "revised_macro" in {one["code"] for one in body["warnings"]}
    assert body["metadata"]["sources"] == ["sample:arch", "sample:statsmodels"]


def test_what_the_sample_lacks_of_cycles_is_refused_by_name_and_the_rest_answers(fresh_sample: App):
    body = asked(fresh_sample, "2009-06-30")

    assert body["result"]["empire"] is None
    assert body["undefined"]["empire"] == "inputs_missing"
    assert {one["code"] for one in body["refusals"]} == {"inputs_missing", "macro_inputs_missing"}
    assert body["result"]["overview"]["told"] == 1


def test_in_2018_unemployment_has_ended_and_no_cycle_can_be_told(fresh_sample: App):
    with pytest.raises(MintmarkError) as caught:
        asked(fresh_sample, "2018-11-30")

    assert caught.value.code == "macro_inputs_missing"
