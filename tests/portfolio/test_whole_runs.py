"""What ran ahead of the question is the answer that running it now would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portfolio_house import (
    Allowed,
    HandClock,
    Number,
    Played,
    Sum,
    a_context,
    a_pattern,
    a_portfolio,
    a_step,
    an_agent,
    loaded,
)

from mintmark.domain import MintmarkError, Refusal
from mintmark.portfolio import Agents, Reading
from mintmark.portfolio.answer import Executed, Timing, answer_body
from mintmark.portfolio.capability import Services
from mintmark.portfolio.operations.orchestrating import Orchestrator
from mintmark.portfolio.operations.running import Ground, Runtime
from mintmark.portfolio.operations.whole_runs import WholeRuns
from mintmark.store import Database

PATTERN = a_pattern(
    a_step("first", "metrics.compute", args={"value": "{{inputs.value}}"}),
    a_step("second", "charts.overview", args={"value": "{{state.first.total}}"}),
    a_step("rated", "ratings.aggregate", args={"value": "{{inputs.value}}"}, on_refusal=None),
    a_step("seldom", "ledger.positions", condition="inputs.value > 1"),
    inputs={"value": {"type": "integer", "required": True}},
)


@dataclass(frozen=True)
class Moment:
    """All that an answer may depend on, and whether a night runs before the question."""

    pack: str
    entry: str
    value: int
    currency: str
    code: str
    shown: bool
    night: bool


MOMENTS = st.builds(
    Moment,
    pack=st.sampled_from("ab"),
    entry=st.sampled_from("01"),
    value=st.integers(1, 3),
    currency=st.sampled_from(["EUR", "USD"]),
    code=st.sampled_from(["1.0", "1.1"]),
    shown=st.booleans(),
    night=st.booleans(),
)


@dataclass(frozen=True)
class Book:
    entry: str

    def portfolio_hash(self, _code: str) -> str:
        return self.entry * 64


def compute(reading: Reading, given: Number) -> Sum:
    """Answer with all that may differ, a warning and a null among it."""
    reading.reads.note("fred")
    seen = [reading.ctx.pack_sha256[0], reading.ledger.entry, reading.owned.base_currency]
    if given.value == 2:
        reading.notes.warn("negative_cash", f"below zero in {seen[0]}")
        reading.notes.undefined("text", "rf_missing")
        reading.notes.inputs(1, 3)
    return Sum(total=given.value + 1, text=" ".join(seen))


def rate(_reading: Reading, given: Number) -> Sum | Refusal:
    return Sum(total=9) if given.value == 3 else Refusal("fundamentals_missing", "none", observed=given.value, limit=3)


class House:
    """Agents, and the rows of one database."""

    def __init__(self, database: Database) -> None:
        names = ("metrics.compute", "charts.overview", "ratings.aggregate", "ledger.positions")
        self.played = Played(answers={name: compute for name in names} | {"ratings.aggregate": rate})
        self._agents = Agents([an_agent(self.played, *names)])
        self._pattern = loaded(self._agents, PATTERN)["sums"]
        self._database = database

    def ask(self, now: Moment, *, ahead: bool = True, keeps: bool = False) -> Executed | str:
        """Return the answer, or the code of its refusal."""

        def display(_ctx: Any, sources: Sequence[str]) -> Allowed:
            return Allowed(now.shown or "fred" not in sources, ("fred",), ("Source: FRED",))

        runtime = Runtime(self._agents, display=display, jitter=lambda: 0.0)
        rows = WholeRuns(self._agents, self._database, HandClock(), now.code, keeps=keeps)
        portfolio = a_portfolio(base_currency=now.currency)
        ctx = a_context(pack_sha256=now.pack * 64, ledger_commit_hash=now.entry * 64).with_portfolio(portfolio)
        ground = Ground(ctx, lambda _: None, lambda _: Book(now.entry), Services(HandClock()), portfolio)
        try:
            ended = Orchestrator(runtime, ahead=rows if ahead else None).run(
                self._pattern, {"value": now.value}, ground
            )
        except MintmarkError as error:
            return error.code
        return answer_body(ended, ctx, [], Timing(0.0, now.code, "fresh"))


def timeless(answer: Executed | str) -> Any:
    """Return the answer without the time its steps took."""
    if isinstance(answer, str):
        return answer
    for step in answer.around["metadata"]["trace"]["steps"]:
        step["duration_ms"] = 0.0
    return answer.written()


@given(moments=st.lists(MOMENTS, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_booked_sealed_or_asked_an_answer_from_ahead_has_the_bytes_of_one_computed_now(
    one_database: Database, moments: list[Moment]
):
    house = House(one_database)

    for now in moments:
        if now.night:
            house.ask(now, keeps=True)
        assert timeless(house.ask(now)) == timeless(house.ask(now, ahead=False))


def test_a_run_made_ahead_is_answered_without_an_agent_while_its_sources_may_be_shown(one_database: Database):
    house = House(one_database)
    now = Moment("a", "0", 2, "EUR", "1.0", shown=True, night=True)
    computed = house.ask(now, keeps=True)
    house.played.calls.clear()

    found = house.ask(now)
    called = list(house.played.calls)
    hidden = house.ask(Moment("a", "0", 2, "EUR", "1.0", shown=False, night=False))

    assert timeless(found) == timeless(computed)
    assert isinstance(found, Executed)
    assert found.around["refusals"][0]["observed"] == 2
    assert found.around["undefined"]["first.text"] == "rf_missing"
    assert hidden == "display_not_permitted"
    assert called == []
