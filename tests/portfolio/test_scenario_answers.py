"""Scenarios asked of the executor over positions and betas that are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from portfolio_house import GROWTH, OWNER, Number, Played, a_pattern, an_executor, loaded

from mintmark.domain import MintmarkError, Money, canonical_json
from mintmark.portfolio import Agent, Agents, pattern_texts
from mintmark.portfolio.capabilities import known_agents
from mintmark.portfolio.capability import Reading
from mintmark.portfolio.macro_shapes import FactorBeta, FactorExposures, Fit, PositionFit
from mintmark.portfolio.operations.executing import Executor
from mintmark.portfolio.pattern_files import load_patterns
from mintmark.portfolio.question import Question
from mintmark.portfolio.replays import REPLAYS
from mintmark.portfolio.scenarios import FACTORS, SCENARIOS
from mintmark.portfolio.shapes import PricedHolding, Valued
from mintmark.store import Database

DAY = date(2025, 10, 21)
BETAS = dict(zip(FACTORS, (-5.0, -3.0, -2.0, 0.0, 1.0), strict=True))


def valued(base: str, worth: Mapping[str, int]) -> Valued:
    nav, none, price = Money(Decimal(sum(worth.values())), base), Money(Decimal(0), base), Money(Decimal(1), "USD")
    return Valued(
        base_currency=base, asof=DAY, nav=nav, invested=nav, cash=none, money=[],
        positions=[
            PricedHolding(
                symbol=symbol, security_id=symbol, units=Decimal(value), price=price, price_date=DAY,
                value=Money(Decimal(value), "USD"), value_base=Money(Decimal(value), base), weight=value / nav.amount,
                cost_base=none, unrealized=none, margin=False,
            )
            for symbol, value in worth.items()
        ],
    )  # fmt: skip


def exposures(*known: str, unknown: str | None = None) -> FactorExposures:
    betas = [FactorBeta(factor=name, beta=beta, error=0.1, t=beta / 0.1) for name, beta in BETAS.items()]
    fit = Fit(betas=betas, intercept=0.0, r2=0.5, residual_volatility=0.1, n=60)
    fits = [PositionFit(symbol=one, fit=fit) for one in known]
    return FactorExposures(
        set="macro5_daily", frequency="daily", factors=list(FACTORS), first=DAY, last=DAY, portfolio=fit,
        positions=[*fits, *([PositionFit(symbol=unknown, fit=None)] if unknown else [])],
    )  # fmt: skip


def an_executor_over(database: Database, worth: Valued, moves: FactorExposures) -> Executor:
    """Return an executor whose pattern runs real scenarios over what a test holds."""
    played = Played()

    def told(answer: Any) -> Any:
        def run(reading: Reading, _: Number) -> Any:
            reading.reads.note("ledger")
            return answer

        return run

    played.answers.update({"given.valued": told(worth), "given.exposures": told(moves)})
    given = Agent(
        "given",
        (
            played.capability("given.valued", result=Valued),
            played.capability("given.exposures", result=FactorExposures),
        ),
        10.0,
    )
    real = Agent("macro_hound", (known_agents()["macro.run_scenario"],), 10.0)
    agents = Agents([given, real])
    pattern = a_pattern(
        {"capability": "given.valued", "as": "valued", "args": {"value": 1}},
        {"capability": "given.exposures", "as": "exposures", "args": {"value": 1}},
        {"capability": "macro.run_scenario", "as": "table", "args": {
            "valued": "{{state.valued}}", "exposures": "{{state.exposures}}", "scenario_id": "{{inputs.scenario_id}}"}},
        id="shocks", inputs={"portfolio_id": {"type": "uuid", "required": True}, "scenario_id": {"type": "string"}},
        outputs=["table"],
    )  # fmt: skip
    return an_executor(database, agents, loaded(agents, pattern))


def asked(executor: Executor, scenario: str) -> dict[str, Any]:
    question = Question(pattern_id="shocks", portfolio_id=GROWTH, inputs={"scenario_id": scenario})
    answer = executor.execute(OWNER, question, request_id="00000000-0000-4000-8000-000000000001", trace_id="1" * 32)
    body: dict[str, Any] = json.loads(canonical_json(dict(answer.body)))
    return body


@pytest.mark.parametrize(("base", "total"), [("USD", "-10000"), ("CAD", "-8200")])
def test_rising_rates_cost_a_dollar_position_ten_thousand_and_less_where_the_dollar_is_foreign(
    one_database: Database, base: str, total: str
):
    executor = an_executor_over(one_database, valued(base, {"ACME": 100_000}), exposures("ACME"))

    body = asked(executor, "rates_up")

    table = body["result"]["table"]
    assert table["total"] == table["deltas"][0]["change"] == {"amount": total, "currency": base}
    assert (table["legs_uncovered"], body["warnings"]) == ([], [])
    assert [one["symbol"] for one in table["losers"]] == ["ACME"]
    assert table["winners"] == []


def test_betas_for_seventy_percent_of_the_value_refuse_the_question_with_limit_and_observed(one_database: Database):
    executor = an_executor_over(one_database, valued("USD", {"ACME": 70, "NEW": 30}), exposures("ACME", unknown="NEW"))

    with pytest.raises(MintmarkError) as caught:
        asked(executor, "rates_up")

    assert caught.value.code == "scenario_coverage_low"
    assert {name: caught.value.details[name] for name in ("limit", "observed", "uncovered")} == {
        "limit": Decimal("0.8"), "observed": Decimal("0.7"), "uncovered": ["NEW"],
    }  # fmt: skip


def test_a_position_without_betas_is_null_with_its_reason_and_out_of_the_total(one_database: Database):
    executor = an_executor_over(one_database, valued("USD", {"ACME": 90, "NEW": 10}), exposures("ACME", unknown="NEW"))

    body = asked(executor, "rates_up")

    table = body["result"]["table"]
    assert (table["total"]["amount"], table["uncovered"]) == ("-9", ["NEW"])
    assert body["undefined"]["table.deltas.1.change"] == "no_betas"


def test_the_pattern_offers_every_scenario_and_every_replay():
    patterns = load_patterns(pattern_texts(), known_agents())

    assert patterns["portfolio_scenario_analysis"].inputs["scenario_id"].enum == [*SCENARIOS, *REPLAYS]
