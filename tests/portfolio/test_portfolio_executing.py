"""The executor: every no before any capability, in one order; equal questions, equal bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from portfolio_house import (
    GROWTH,
    NOBODYS,
    OWNER,
    PACK,
    STRANGER,
    PackShelf,
    PackStanding,
    Played,
    a_pattern,
    a_step,
    an_agent,
    an_executor,
    broken,
    loaded,
    refusing,
)

from mintmark.domain import MintmarkError, Refused, canonical_json, outcome_of
from mintmark.portfolio import Actor, Agents
from mintmark.portfolio.operations.executing import Executor
from mintmark.portfolio.question import Question
from mintmark.runtime import Meters
from mintmark.store import Database

OF_PORTFOLIO = {"portfolio_id": {"type": "uuid", "required": True}}


@pytest.fixture
def played() -> Played:
    return Played(answers={"add.no": refusing, "add.broken": broken})


@pytest.fixture
def packs() -> PackShelf:
    return PackShelf()


@pytest.fixture
def executor(one_database: Database, played: Played, packs: PackShelf) -> Executor:
    agents = Agents([an_agent(played, "add.one", "add.two", "add.no", "add.broken")])
    worth = a_pattern(
        a_step("first"),
        a_step("twice", "add.two", args={"value": "{{state.first.total}}"}),
        a_step("rating", "add.no", on_refusal=None),
        a_step("again"),
        id="worth",
        inputs=OF_PORTFOLIO,
        outputs=["twice", "rating"],
        panels=[{"id": "worth", "title": "Worth", "type": "card", "ttl": 60, "from": "twice.total"}],
    )
    breaks = a_pattern(a_step("a"), a_step("b", "add.broken", depends_on=["a"]), id="breaks")
    admins = a_pattern(a_step("a"), id="admins", min_role="admin")
    return an_executor(one_database, agents, loaded(agents, worth, breaks, admins), packs)


def ask(executor: Executor, actor: Actor = OWNER, number: int = 1, **question: Any) -> Any:
    asked = Question(**{"pattern_id": "worth", "portfolio_id": GROWTH, **question})
    request_id = f"00000000-0000-4000-8000-{number:012d}"
    return executor.execute(actor, asked, request_id=request_id, trace_id=f"{number:032x}")


def refused(executor: Executor, actor: Actor = OWNER, **question: Any) -> MintmarkError:
    with pytest.raises(MintmarkError) as raised:
        ask(executor, actor, **question)
    return raised.value


def test_an_answer_has_every_field_and_its_steps_stand_in_the_order_of_the_file(executor: Executor):
    body = ask(executor).body

    assert set(body) == {"result", "undefined", "refusals", "warnings", "metadata", "trace_id", "request_id"}
    assert body["result"] == {"twice": {"total": 3, "text": ""}, "rating": None}
    assert body["undefined"] == {"rating": "too_few_returns"}
    assert body["refusals"] == [
        {
            "step": "rating",
            "capability": "add.no",
            "code": "too_few_returns",
            "message": "30 are needed",
            "observed": 3,
            "limit": 30,
            "details": {},
        }
    ]
    metadata = body["metadata"]
    assert set(metadata) == {
        "pricing_pack_id", "pack_sha256", "pack_state", "ledger_commit_hash", "pattern_id", "pattern_sha256",
        "asof_date", "code_version", "timestamp", "duration_ms", "sources", "attributions", "watermarks", "trace",
    }  # fmt: skip
    assert (metadata["pricing_pack_id"], metadata["pack_state"], metadata["sources"]) == (PACK, "fresh", ["ledger"])
    trace = metadata["trace"]
    assert trace["cache"] == {"hits": 1, "misses": 2}
    assert trace["panels"] == [{"id": "worth", "asof": "2025-10-21", "ttl": 60}]
    assert [(one["index"], one["as"], one["status"]) for one in trace["steps"]] == [
        (0, "first", "ok"),
        (1, "twice", "ok"),
        (2, "rating", "refused"),
        (3, "again", "cached"),
    ]
    assert json.loads(canonical_json(body)) == body


def test_the_same_question_twice_gives_equal_bytes_of_its_result(executor: Executor):
    first, second = ask(executor, number=1), ask(executor, number=2)

    assert first.result_bytes == second.result_bytes
    assert first.body["request_id"] != second.body["request_id"]


def test_what_capabilities_call_is_brought_up_before_the_first_of_them_and_for_no_bad_request(
    one_database: Database, played: Played
):
    before: list[int] = []
    agents = Agents([an_agent(played, "add.one")])
    patterns = loaded(agents, a_pattern(a_step("first"), id="worth", inputs=OF_PORTFOLIO))
    executor = an_executor(one_database, agents, patterns, bring_up=lambda: before.append(len(played.calls)))

    refused(executor, asof_date="2025-13-01")
    ask(executor)

    assert before == [0]
    assert len(played.calls) == 1


@pytest.mark.parametrize(
    ("question", "code", "status"),
    [
        ({"pattern_id": "nope"}, "pattern_not_found", 404),
        ({"asof_date": "2025-13-01"}, "invalid_asof_date", 400),
        ({"asof_date": "20251021"}, "invalid_asof_date", 400),
        ({"asof_date": "2025-10-20", "pack_id": PACK}, "invalid_asof_date", 400),
        ({"inputs": {"what": 1}}, "input_invalid", 400),
        ({"portfolio_id": None, "inputs": {"portfolio_id": "abc"}}, "input_invalid", 400),
        ({"portfolio_id": None}, "input_invalid", 400),
        ({"inputs": {"portfolio_id": str(NOBODYS)}}, "input_invalid", 400),
        ({"security_id": NOBODYS}, "input_invalid", 400),
        ({"format": "xlsx"}, "export_not_permitted", 403),
        ({"asof_date": "2025-10-20"}, "pricing_pack_not_found", 404),
        ({"ledger_commit_hash": "f" * 64}, "ledger_commit_not_found", 404),
    ],
)
def test_a_bad_request_is_told_by_its_code_and_calls_nothing(
    executor: Executor, played: Played, question: dict[str, Any], code: str, status: int
):
    error = refused(executor, **question)

    assert (error.code, outcome_of(error.code).http) == (code, status)
    assert played.calls == []


def test_another_users_portfolio_and_an_unknown_one_cannot_be_told_apart(executor: Executor):
    strangers = refused(executor, STRANGER)
    unknown = refused(executor, portfolio_id=NOBODYS)

    assert strangers.code == unknown.code == "portfolio_not_found"
    assert (strangers.message, strangers.details) == (unknown.message, unknown.details)


def test_the_first_no_wins_in_the_order_of_checks(executor: Executor, packs: PackShelf):
    viewer = replace(OWNER, role="viewer")
    everything = {"pattern_id": "admins", "inputs": {"x": 1}, "portfolio_id": None, "format": "xlsx"}
    packs.standing[0] = replace(packs.standing[0], failed=True, status="warming")

    codes = [
        refused(executor, viewer, **everything, asof_date="x").code,
        refused(executor, viewer, **{**everything, "pattern_id": "nope"}).code,
        refused(executor, viewer, **everything).code,
        refused(executor, OWNER, **everything).code,
        refused(executor, STRANGER, format="xlsx").code,
        refused(executor, OWNER, format="xlsx", asof_date="2025-10-20").code,
        refused(executor, OWNER, asof_date="2025-10-20").code,
        refused(executor, OWNER, ledger_commit_hash="f" * 64).code,
    ]

    assert codes == [
        "invalid_asof_date", "pattern_not_found", "forbidden", "input_invalid", "portfolio_not_found",
        "export_not_permitted", "pricing_pack_not_found", "pricing_pack_error",
    ]  # fmt: skip


def test_a_warming_pack_answers_nobody_unless_asked_to_and_never_an_export(
    executor: Executor, packs: PackShelf, played: Played
):
    packs.standing[0] = replace(packs.standing[0], status="warming")

    warming = refused(executor)
    export = refused(executor, require_fresh=False, format="pdf")
    called = list(played.calls)
    body = ask(executor, require_fresh=False).body

    assert warming.code == export.code == "pricing_pack_warming"
    assert called == []
    assert body["warnings"] == [{"code": "pack_not_fresh", "message": "warming"}]


def test_a_failed_reconciliation_stops_everybody(executor: Executor, packs: PackShelf):
    packs.standing[0] = replace(packs.standing[0], failed=True)

    assert refused(executor).code == "pricing_pack_error"
    assert refused(executor, require_fresh=False).code == "pricing_pack_error"


def test_a_viewer_may_ask_but_take_nothing_along(executor: Executor):
    viewer = replace(OWNER, role="viewer")

    assert ask(executor, viewer).body["result"]["twice"]["total"] == 3
    assert refused(executor, viewer, format="pdf").code == "forbidden"


def test_a_day_asks_for_its_own_pack_and_none_for_the_newest(executor: Executor, packs: PackShelf):
    packs.standing = [PackStanding(f"PP_{day}_EOD_v1", as_of=day) for day in (date(2014, 6, 6), date(2014, 6, 9))]

    asked = [
        ask(executor, **given).body["metadata"]["pricing_pack_id"]
        for given in ({"asof_date": "2014-06-06"}, {}, {"pack_id": "PP_2014-06-06_EOD_v1"})
    ]

    assert asked == ["PP_2014-06-06_EOD_v1", "PP_2014-06-09_EOD_v1", "PP_2014-06-06_EOD_v1"]


def test_a_step_that_breaks_gives_no_partial_answer_and_its_words_go_to_the_log(
    executor: Executor, caplog: pytest.LogCaptureFixture
):
    error = refused(executor, pattern_id="breaks", portfolio_id=None)

    assert error.code == "pattern_execution_error"
    assert error.details == {"step": "b", "capability": "add.broken", "trace_id": f"{1:032x}"}
    assert "secret" not in error.message
    assert "secret" in caplog.text


def test_what_breaks_in_the_third_of_five_steps_is_counted_and_the_later_steps_do_not_run(
    one_database: Database, played: Played
):
    agents = Agents([an_agent(played, "add.one", "add.two", "add.broken", "add.fourth", "add.fifth")])
    chain = [
        a_step(key, name, depends_on=before)
        for key, name, before in (
            ("a", "add.one", []), ("b", "add.two", ["a"]), ("c", "add.broken", ["b"]),
            ("d", "add.fourth", ["c"]), ("e", "add.fifth", ["d"]),
        )
    ]  # fmt: skip
    five = an_executor(one_database, agents, loaded(agents, a_pattern(*chain, id="five")))
    meters = Meters({"pattern_id": ("five",)})

    def counted() -> None:
        with meters.answering("five"):
            ask(five, pattern_id="five", portfolio_id=None)

    with pytest.raises(MintmarkError) as broke:
        counted()

    assert played.calls == ["add.one", "add.two", "add.broken"]
    assert outcome_of(broke.value.code).http == 500
    assert broke.value.details == {"step": "c", "capability": "add.broken", "trace_id": f"{1:032x}"}
    assert "secret" not in str(broke.value)
    told = meters.exposition().decode()
    assert 'mintmark_request_errors_total{error="pattern_execution_error",pattern_id="five"} 1.0' in told


def test_the_context_can_hold_no_empty_id():
    from portfolio_house import a_context

    with pytest.raises(ValueError, match="expected a trace_id"):
        a_context(trace_id="")
    assert a_context().as_root()["asof_date"] == date(2025, 10, 21)
    assert isinstance(a_context().user_id, UUID)
    assert issubclass(Refused, MintmarkError)
