"""The OpenAPI document: it tells the truth about every route, whatever is sent."""

from __future__ import annotations

import re
from datetime import date

import pytest
import schemathesis
from doors import ERROR_FIELDS
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from mintmark.api import create_api
from mintmark.app import App

ROUTES = {
    "POST /api/v1/agent/trigger",
    "GET /api/v1/agent/status",
    "GET /api/v1/agent/budget",
    "DELETE /api/v1/agent/cancel",
    "DELETE /api/v1/agent/cancel/{operation_id}",
    "GET /api/v1/operations",
    "GET /api/v1/operations/{operation_id}",
    "GET /api/v1/operations/{operation_id}/children",
    "GET /api/v1/operations/{operation_id}/gates",
    "GET /api/v1/operations/{operation_id}/events",
    "GET /api/v1/operations/{operation_id}/metrics",
    "GET /api/v1/operations/{operation_id}/equity",
    "GET /api/v1/operations/{operation_id}/report",
    "GET /api/v1/operations/{operation_id}/sheet",
    "GET /api/v1/operations/{operation_id}/rows",
    "GET /api/v1/operations/{operation_id}/map",
    "DELETE /api/v1/operations/{operation_id}",
    "POST /api/v1/operations/{operation_id}/resume",
    "GET /api/v1/strategies",
    "GET /api/v1/strategies/{name}",
    "POST /api/v1/strategies/validate",
    "POST /api/v1/trainings",
    "POST /api/v1/backtests",
    "POST /api/v1/montecarlo",
    "POST /api/v1/sweeps",
    "POST /api/v1/walkforwards",
    "POST /api/v1/crossvalidations",
    "POST /api/v1/selftests",
    "GET /api/v1/packs",
    "GET /api/v1/packs/{pack_id}",
    "GET /api/v1/packs/{pack_id}/quality",
    "GET /api/v1/packs/{pack_id}/bars",
    "POST /api/v1/execute",
    "GET /api/v1/patterns",
    "GET /api/v1/patterns/{pattern_id}",
    "GET /api/v1/portfolios",
    "POST /api/v1/portfolios",
    "GET /api/v1/portfolios/{portfolio_id}",
    "GET /api/v1/ledger/entries",
    "POST /api/v1/ledger/entries",
    "GET /api/v1/ledger/entries/{entry_id}",
    "POST /api/v1/ledger/entries/{entry_id}/reverse",
    "POST /api/v1/ledger/import",
    "GET /api/v1/ledger/balances",
    "GET /api/v1/ledger/lots",
    "GET /api/v1/ledger/positions",
    "GET /api/v1/ledger/verify",
    "GET /api/v1/ledger/verify/{run}",
    "DELETE /api/v1/ledger/verify/{run}",
    "GET /api/v1/alerts",
    "POST /api/v1/alerts",
    "POST /api/v1/alerts/{alert_id}/pause",
    "POST /api/v1/alerts/{alert_id}/resume",
    "DELETE /api/v1/alerts/{alert_id}",
    "GET /api/v1/notifications",
    "POST /api/v1/notifications/{notification_id}/read",
    "GET /api/v1/workers",
    "POST /api/v1/tokens",
    "DELETE /api/v1/tokens/{token_id}",
    "GET /api/v1/artifacts/{artifact_id}",
    "GET /health",
    "GET /health/pack",
    "GET /metrics",
}


@pytest.fixture(scope="module")
def schema(shared_app: App):
    # Without a pack to value by its health is 503, as it should be.
    for policy in ("EOD", "UTC"):
        shared_app.data.build(date(2018, 12, 28), policy)
    return schemathesis.openapi.from_asgi("/openapi.json", create_api(shared_app))


@pytest.fixture(scope="module")
def shown(shared_app: App) -> dict[str, str]:
    """What a caller shows: a secret of the local owner."""
    return {"Authorization": f"Bearer {shared_app.access.open_local()}"}


def test_the_document_has_every_route(schema):
    found = {f"{method.upper()} {path}" for path, one in schema.raw_schema["paths"].items() for method in one}

    assert found == ROUTES


def test_every_route_tells_its_answer_and_the_one_error_body(schema):
    for path, methods in schema.raw_schema["paths"].items():
        for route in methods.values():
            successes = [status for status in route["responses"] if status.startswith("2")]
            assert len(successes) == 1, path
            for status, answer in route["responses"].items():
                if not status.startswith("2"):
                    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorBody"), (
                        path,
                        status,
                    )


def test_the_error_body_has_its_five_fields(schema):
    assert set(schema.raw_schema["components"]["schemas"]["ErrorBody"]["properties"]) == ERROR_FIELDS


def test_no_model_of_the_framework_is_left(schema):
    names = set(schema.raw_schema["components"]["schemas"])

    assert {name for name in names if re.search("HTTPValidationError|ValidationError", name)} == set()


BODIES = (
    "POST /api/v1/agent/trigger",
    "POST /api/v1/strategies/validate",
    "POST /api/v1/trainings",
    "POST /api/v1/backtests",
    "POST /api/v1/montecarlo",
    "POST /api/v1/sweeps",
    "POST /api/v1/walkforwards",
    "POST /api/v1/crossvalidations",
    "POST /api/v1/selftests",
    "POST /api/v1/execute",
    "POST /api/v1/portfolios",
    "POST /api/v1/ledger/entries",
    "POST /api/v1/ledger/import",
    "POST /api/v1/alerts",
)
QUERIES = (
    "GET /api/v1/operations",
    "GET /api/v1/notifications",
    *(f"GET /api/v1/ledger/{word}" for word in ("entries", "lots", "verify")),
)
WITH_INPUT = [route for route in ROUTES if "{" in route or route in (*BODIES, *QUERIES)]
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


@pytest.mark.parametrize(
    ("route", "mode"),
    [*((route, RIGHT) for route in sorted(ROUTES)), *((route, WRONG) for route in sorted(WITH_INPUT))],
)
def test_a_route_keeps_to_the_document(schema, shown: dict[str, str], route: str, mode: GenerationMode):
    method, path = route.split(" ")
    cases = schema[path][method].as_strategy(generation_mode=mode)

    @settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def holds(case) -> None:
        answer = case.call_and_validate(headers=shown, excluded_checks=[positive_data_acceptance])
        # A request of the right shape may be refused for what it asks, never for its shape.
        assert mode is WRONG or answer.status_code != 400, answer.text

    holds()
