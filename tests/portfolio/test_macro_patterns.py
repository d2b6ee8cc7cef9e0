"""What can hurt the sample portfolio, asked of the executor over real series."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from mintmark.app import App, local_owner
from mintmark.domain import MintmarkError, canonical_json
from mintmark.portfolio import Question
from mintmark.portfolio.alerts import Condition, Standing
from mintmark.portfolio.operations.alert_rows import Alert
from mintmark.portfolio.operations.observing import Observer
from mintmark.portfolio.playbooks import DRAWDOWN_AT_RISK, REGIME

# Two packs of real series are sealed first.
pytestmark = pytest.mark.long


def asked(app: App, pattern: str, day: str = "2009-06-30", **inputs: Any) -> dict[str, Any]:
    """The body of the answer about the sample portfolio on ``day``, as it goes over the wire."""
    owner = local_owner()
    portfolio = app.portfolio.portfolio(owner, "SAMPLE").portfolio_id
    question = Question(pattern_id=pattern, portfolio_id=portfolio, asof_date=day, inputs=inputs, require_fresh=False)
    answer = app.portfolio.execute(owner, question, request_id="00000000-0000-4000-8000-000000000001")
    body: dict[str, Any] = json.loads(canonical_json(dict(answer.body)))
    return body


def amount(money: dict[str, str]) -> Decimal:
    return Decimal(money["amount"])


def test_the_macro_overview_tells_regime_betas_and_depth_where_alerts_look_for_them(fresh_sample: App):
    body = asked(fresh_sample, "portfolio_macro_overview")
    again = asked(fresh_sample, "portfolio_macro_overview")

    found = body["result"]
    assert found == again["result"]
    assert found["regime_card"]["regime"] == found["regime_card"]["phase"] == "DEEP_CONTRACTION"
    assert len(found["regime_card"]["indicators"]) == 3
    assert found["factor_bars"]["set"] == "macro3_monthly"
    assert [one["factor"] for one in found["factor_bars"]["portfolio"]["betas"]] == ["inflation", "credit", "equity"]
    assert body["metadata"]["sources"] == ["ledger", "sample:arch", "sample:skfolio", "sample:statsmodels"]


def test_alerts_on_depth_and_regime_see_what_the_overview_tells(fresh_sample: App):
    owner, portfolio = local_owner(), fresh_sample.portfolio.portfolio(local_owner(), "SAMPLE").portfolio_id
    state = fresh_sample.data.states.choose("EOD", "PP_2009-06-30_EOD_v1")

    def ask(actor: Any, question: Question, request_id: str) -> Any:
        return fresh_sample.portfolio.execute(actor, question, request_id=request_id).body

    def an_alert(condition: Condition) -> Alert:
        began = datetime(2009, 6, 30, tzinfo=UTC)
        return Alert("a", owner.user_id, portfolio, "x", condition, 15, (), "", True, began, Standing(), None)

    observer = Observer(state, fresh_sample.data.states.view(state.pack_id), ask)
    depth = observer.see(an_alert(Condition("metric", "SAMPLE", DRAWDOWN_AT_RISK, ">", Decimal("0.1"))))
    regime = observer.see(an_alert(Condition("macro", "US", REGIME, "!=", "MID_EXPANSION")))

    told = asked(fresh_sample, "portfolio_macro_overview")["result"]
    assert depth == (Decimal(repr(told["dar_widget"]["at_risk"])), None)
    assert regime == ("DEEP_CONTRACTION", None)


def test_what_a_night_computes_ahead_is_answered_again_without_an_agent(fresh_sample: App):
    owner, portfolio = local_owner(), fresh_sample.portfolio.portfolio(local_owner(), "SAMPLE").portfolio_id
    question = Question("portfolio_macro_overview", portfolio_id=portfolio, asof_date="2009-06-30",
                        inputs={"confidence": 0.9})  # fmt: skip
    ahead = fresh_sample.portfolio.ask_ahead(owner, question, "00000000-0000-4000-8000-000000000002")

    body = fresh_sample.portfolio.execute(owner, question, request_id="00000000-0000-4000-8000-000000000003").body

    assert canonical_json(body["result"]) == canonical_json(ahead["result"])
    assert canonical_json(body["undefined"]) == canonical_json(ahead["undefined"])
    took = {one["capability"]: one["duration_ms"] for one in body["metadata"]["trace"]["steps"]}
    assert took["macro.compute_dar"] == took["risk.compute_factor_exposures"] == took["macro.detect_regime"] == 0


def test_the_depth_at_risk_is_money_of_the_value_and_shared_out_among_holdings(fresh_sample: App):
    widget = asked(fresh_sample, "portfolio_macro_overview")["result"]["dar_widget"]
    worth = asked(fresh_sample, "portfolio_overview")["result"]["valued"]["nav"]

    assert 0 < widget["median"] < widget["at_risk"] < widget["tail_mean"] < widget["worst"] < 1
    assert float(amount(widget["at_risk_amount"])) == pytest.approx(widget["at_risk"] * float(amount(worth)), abs=0.01)
    assert sum(one["share"] for one in widget["tail"]) == pytest.approx(widget["tail_mean"])
    assert (widget["paths"], widget["days"], widget["rows"], widget["conditional"]) == (10_000, 30, 1_260, False)


def test_a_higher_confidence_is_deeper(fresh_sample: App):
    usual, deep = (
        asked(fresh_sample, "portfolio_macro_overview", confidence=one)["result"]["dar_widget"]["at_risk"]
        for one in (0.95, 0.99)
    )

    assert deep > usual


def test_a_scenario_moves_each_position_by_its_betas_and_names_the_shocks_it_leaves_out(fresh_sample: App):
    body = asked(fresh_sample, "portfolio_scenario_analysis", scenario_id="equity_selloff")
    betas = asked(fresh_sample, "portfolio_macro_overview")["result"]["factor_bars"]["positions"]

    table = body["result"]["delta_table"]
    assert table["legs_uncovered"] == ["real_rate", "usd"]
    assert "scenario_partial" in {one["code"] for one in body["warnings"]}
    apple = next(one for one in table["deltas"] if one["symbol"] == "AAPL")
    fit = {one["factor"]: one["beta"] for one in next(one for one in betas if one["symbol"] == "AAPL")["fit"]["betas"]}
    assert float(apple["fraction"]) == pytest.approx(fit["credit"] * 0.01 + fit["equity"] * -0.20)
    assert sum(amount(one["change"]) for one in table["deltas"]) == amount(table["total"])
    assert next(one for one in table["deltas"] if one["symbol"] == "cash:USD")["fraction"] == "0"
    assert body["result"]["charts"]["deltas"][0]["name"] == table["losers"][0]["symbol"] == "AAPL"


def test_a_hedge_is_told_with_the_scenario_after_it_and_one_that_is_not_there_with_its_reason(fresh_sample: App):
    found = asked(fresh_sample, "portfolio_scenario_analysis", scenario_id="equity_selloff")["result"]

    total = amount(found["delta_table"]["total"])
    assert found["hedges"]["dropped"] == {"NOPE": "price_missing"}
    assert [one["symbol"] for one in found["hedges"]["hedges"]] == ["KO", "JNJ"]
    for one in found["hedges"]["hedges"]:
        assert amount(one["notional"]) < 0
        assert amount(one["total_after"]) == total + amount(one["change"]) - amount(one["cost"]) > total


def test_the_crisis_of_2008_is_played_again_with_the_returns_the_holdings_had(fresh_sample: App):
    table = asked(fresh_sample, "portfolio_scenario_analysis", scenario_id="gfc")["result"]["delta_table"]

    falls = {one["symbol"]: one["fraction"] for one in table["deltas"]}
    # Closes of 2007-10-09 and 2009-03-09 in the file, adjusted.
    assert falls["BAC"] == "-0.921516419424"
    assert falls["JNJ"] == "-0.265806420723"
    assert (table["kind"], table["through_index"], table["uncovered"]) == ("replay", [], [])


def test_a_fall_after_the_day_of_the_pack_cannot_be_played_again(fresh_sample: App):
    with pytest.raises(MintmarkError) as caught:
        asked(fresh_sample, "portfolio_scenario_analysis", scenario_id="covid")

    assert caught.value.code == "history_too_short"


@pytest.mark.parametrize("inputs", [{}, {"scenario_id": "usd_up", "custom_shocks": {"equity": "-0.1"}}])
def test_a_scenario_is_named_or_given_and_never_both(fresh_sample: App, inputs: dict[str, Any]):
    with pytest.raises(MintmarkError) as caught:
        asked(fresh_sample, "portfolio_scenario_analysis", **inputs)

    assert caught.value.code == "input_invalid"


def test_shocks_of_ones_own_are_taken_as_written(fresh_sample: App):
    table = asked(fresh_sample, "portfolio_scenario_analysis", custom_shocks={"equity": -0.1})["result"]["delta_table"]

    assert (table["scenario"], table["shocks"]["equity"], table["legs_uncovered"]) == ("custom", "-0.1", [])


def test_the_trend_monitor_tells_when_the_crisis_came_and_proposes_an_alert_on_it(fresh_sample: App):
    body = asked(fresh_sample, "macro_trend_monitor")

    found = body["result"]
    turned = {one["kind"]: one for one in found["shifts"]["shifts"]}
    assert (turned["regime"]["day"], turned["regime"]["after"]) == ("2008-10-31", "DEEP_CONTRACTION")
    assert (turned["beta"]["subject"], turned["beta"]["day"]) == ("equity", "2009-05-31")
    assert [(one["metric"], one["op"], one["value"]) for one in found["presets"]["presets"]] == [
        ("regime", "!=", "DEEP_CONTRACTION")
    ]
    assert len(found["history"]["months"]) == len(found["exposures"]["months"]) == 12


def test_cycle_risk_lays_betas_over_the_phase_and_says_that_its_days_are_too_few(fresh_sample: App):
    body = asked(fresh_sample, "portfolio_cycle_risk")

    overlay = body["result"]["overlay"]
    assert overlay["short_term"]["phase"] == body["result"]["phases"]["phase"] == "DEEP_CONTRACTION"
    assert overlay["short_term"]["periods"] > 0
    rows = overlay["short_term"]["rows"]
    assert [one["contribution"] for one in rows] == [one["beta"] * one["mean_move"] for one in rows]
    assert overlay["short_term"]["expected"] == pytest.approx(sum(one["contribution"] for one in rows))
    assert body["undefined"]["overlay.long_term"] == "macro_inputs_missing"
    assert "regime_days_too_few" in {one["code"] for one in body["warnings"]}


def test_where_the_regime_is_long_known_the_depth_is_drawn_from_its_days_alone(fresh_sample: App):
    # The regime of June 2008 was in force on over 400 of the 1,260 days before.
    fresh_sample.data.build(date(2008, 6, 30), "EOD")

    body = asked(fresh_sample, "portfolio_cycle_risk", "2008-06-30")
    usual = asked(fresh_sample, "portfolio_macro_overview", "2008-06-30")

    assert body["result"]["phases"]["phase"] == "EARLY_CONTRACTION"
    assert body["result"]["dar_widget"]["conditional"] is True
    assert "regime_days_too_few" not in {one["code"] for one in body["warnings"]}
    assert body["result"]["dar_widget"]["at_risk"] != usual["result"]["dar_widget"]["at_risk"]


def test_three_ways_out_of_debt_stand_side_by_side_with_what_softens_each(fresh_sample: App):
    found = asked(fresh_sample, "cycle_deleveraging_scenarios")["result"]

    totals = {way: amount(found[way]["total"]) for way in ("money_printing", "austerity", "default")}
    assert totals["default"] < totals["austerity"] < 0 < totals["money_printing"]
    for way, total in totals.items():
        assert found["hedges"][way]["scenario"] == f"deleveraging_{way}"
        assert all(amount(one["total_after"]) > total for one in found["hedges"][way]["hedges"])


@pytest.mark.parametrize("pattern", ["portfolio_macro_overview", "portfolio_cycle_risk"])
def test_in_2018_what_asks_for_the_regime_refuses_with_the_slots_it_lacks(fresh_sample: App, pattern: str):
    with pytest.raises(MintmarkError) as caught:
        asked(fresh_sample, pattern, "2018-11-30")

    assert caught.value.code == "macro_inputs_missing"
    assert caught.value.details["missing"] == {"curve": "series_missing", "unemployment": "value_stale"}


def test_in_2018_the_months_without_a_regime_are_null_with_their_reason(fresh_sample: App):
    body = asked(fresh_sample, "macro_trend_monitor", "2018-11-30")

    assert body["undefined"]["shifts.regime"] == "macro_inputs_missing"
    assert {one["reason"] for one in body["result"]["history"]["months"]} == {"macro_inputs_missing"}
    assert all(one["fit"] is not None for one in body["result"]["exposures"]["months"])
    assert asked(fresh_sample, "cycle_deleveraging_scenarios", "2018-11-30")["result"]["default"]["coverage"] == "1"
