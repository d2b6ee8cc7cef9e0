"""One table from code to HTTP status and exit code, the same at both doors."""

from __future__ import annotations

import pytest
from doors import Door, error_of

from mintmark.api import create_api
from mintmark.app import App, open_app
from mintmark.cli.program import run
from mintmark.domain import Fault, MintmarkError, Refused, outcome_of

TABLE = [
    ("internal", 500, 1),
    ("disk_full", 500, 1),
    ("not_writable", 500, 1),
    ("invalid_request", 400, 3),
    ("too_large", 413, 3),
    ("cross_site", 403, 3),
    ("method_not_allowed", 405, 3),
    ("not_found", 404, 4),
    ("no_active_cycle", 404, 4),
    ("at_capacity", 409, 5),
    ("not_cancellable", 409, 5),
    ("verify_cancelled", 409, 5),
    ("not_resumable", 409, 5),
    ("strategy_exists", 409, 5),
    ("several_active", 409, 5),
    ("not_research", 409, 5),
    ("provider_failed", 502, 6),
    ("provider_timeout", 504, 6),
    ("store_unavailable", 503, 6),
    ("budget_exhausted", 429, 7),
    ("unauthorized", 401, 10),
    ("forbidden", 403, 10),
    ("export_not_permitted", 403, 10),
    ("invalid_asof_date", 400, 3),
    ("input_invalid", 400, 3),
    ("pattern_not_found", 404, 4),
    ("instrument_not_found", 404, 4),
    ("ledger_commit_not_found", 404, 4),
    ("portfolio_not_found", 404, 4),
    ("pricing_pack_not_found", 404, 4),
    ("no_pricing_pack", 503, 6),
    ("pricing_pack_error", 500, 5),
    ("pricing_pack_warming", 503, 6),
    ("circuit_open", 503, 6),
    ("capability_timeout", 504, 6),
    ("pattern_execution_error", 500, 1),
    ("rate_limited", 429, 6),
    ("conflicting_fields", 422, 3),
    ("no_pack", 422, 3),
    ("not_enough_bars", 422, 3),
    ("too_incomplete", 422, 3),
    ("strategy_unreadable", 422, 3),
    ("strategy_invalid", 422, 3),
    ("path_refused", 422, 3),
    ("pack_damaged", 422, 3),
]


class Refusing:
    """Operations that say no, as they were told to."""

    error: MintmarkError

    def list(self, **_filters: object) -> dict[str, object]:
        raise self.error


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Door, Refusing]:
    app = open_app(home=tmp_path_factory.mktemp("refusing"))
    operations = vars(app)["operations"] = Refusing()
    return Door(create_api(app)), operations


@pytest.mark.parametrize(("code", "status", "exit_code"), TABLE)
def test_a_code_has_one_status_and_one_exit(code: str, status: int, exit_code: int):
    assert (outcome_of(code).http, outcome_of(code).exit) == (status, exit_code)


@pytest.mark.parametrize(("code", "status", "_exit"), TABLE)
def test_an_error_travels_to_the_http_door_with_its_code(
    refusing: tuple[Door, Refusing], code: str, status: int, _exit: int
):
    door, operations = refusing
    operations.error = (Fault if status >= 500 else Refused)("the message", code=code, limit=3)

    body = error_of(door.get("/api/v1/operations"), status)

    assert body["error"] == code
    told = code not in ("internal", "store_unavailable")
    assert (body["message"] == "the message") is told
    assert body["details"] == ({"limit": 3} if told else {})


@pytest.mark.parametrize(("code", "_status", "exit_code"), TABLE)
def test_an_error_travels_to_the_command_line_with_its_exit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str, _status: int, exit_code: int
):
    def refuse() -> App:
        raise MintmarkError("the message", code=code)

    monkeypatch.setattr("mintmark.app.open_app", refuse)

    left = run(["agent", "status"])

    assert left == exit_code
    assert capsys.readouterr().err.startswith(f"{code}  the message")
