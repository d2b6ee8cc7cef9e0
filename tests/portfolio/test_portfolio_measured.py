"""What an answer leaves in the metrics of the house."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mintmark.app import App, answers, local_owner, open_app, portfolio_answers
from mintmark.data import DeadLetters
from mintmark.domain import Refused
from mintmark.portfolio import Question

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def measured(app: App) -> Samples:
    """Return each sample of ``/metrics`` by its name and labels."""
    families = text_string_to_metric_families(answers.metrics(app).decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def grown(before: Samples, after: Samples, name: str, **labels: str) -> float:
    key = (f"mintmark_{name}", frozenset(labels.items()))
    return after.get(key, 0.0) - before.get(key, 0.0)


def test_an_answer_counts_itself_its_agents_its_steps_and_what_its_rights_said(fresh_sample: App):
    owner, app = local_owner(), fresh_sample
    portfolio = app.portfolio.portfolio(owner, "SAMPLE").portfolio_id
    question = Question("corporate_actions_upcoming", portfolio_id=portfolio)
    before = measured(app)

    app.portfolio.execute(owner, question, request_id=str(uuid4()))
    with pytest.raises(Refused):
        portfolio_answers.run(
            app, owner, "portfolio_overview", portfolio="SAMPLE", inputs=["lookback_days=0"], security=None, out=None
        )
    after = measured(app)

    pattern = {"pattern_id": "corporate_actions_upcoming"}
    called = {"agent_name": "financial_analyst", "capability": "ledger.positions"}
    assert grown(before, after, "requests_total", **pattern, status="ok") == 1
    assert grown(before, after, "api_request_seconds_count", **pattern, status="ok") == 1
    assert grown(before, after, "agent_invocations_total", **called, status="ok") == 1
    assert grown(before, after, "agent_latency_seconds_count", **called) == 1
    assert grown(before, after, "pattern_step_seconds_count", **pattern, capability="ledger.positions") == 1
    refused = {"pattern_id": "portfolio_overview", "error": "input_invalid"}
    assert grown(before, after, "request_errors_total", **refused) == 1
    assert after["mintmark_breaker_state", frozenset({("capability", "ledger.positions")})] == 0
    assert after["mintmark_pack_state", frozenset({("policy", "EOD")})] == 1
    assert after["mintmark_dlq_size", frozenset({("queue", "provider")})] == 0
    assert after["mintmark_ledger_entries_total", frozenset({("kind", "trade")})] > 0


def test_a_decision_about_rights_is_counted_by_its_outcome(fresh_sample: App):
    before = measured(fresh_sample)

    for source in ("ledger", "acme"):
        fresh_sample.rights.check([source], "export_pdf")

    after = measured(fresh_sample)
    for outcome in ("allowed", "refused"):
        assert grown(before, after, "rights_decisions_total", right="export_pdf", outcome=outcome) == 1


def test_a_queue_of_dead_letters_that_empties_is_told_to_be_empty(tmp_path: Path):
    app = open_app(home=tmp_path / "home")
    letters = DeadLetters(app.database, app.clock)
    letters.put("provider", "one", {"path": "/series"}, "http_500")
    held = measured(app)["mintmark_dlq_size", frozenset({("queue", "provider")})]

    letters.retry("one", lambda _letter: None, by_hand=True)
    emptied = measured(app)["mintmark_dlq_size", frozenset({("queue", "provider")})]

    app.close()
    assert (held, emptied) == (1, 0)
