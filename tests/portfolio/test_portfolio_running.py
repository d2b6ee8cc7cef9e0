"""Steps run at once and answer as if they had not; faults stop everything; breakers spare a failing agent."""

from __future__ import annotations

import random
import threading
import time
from decimal import Decimal
from typing import Any

import pytest
from portfolio_house import (
    Exactly,
    Nothing,
    Played,
    Sum,
    a_ground,
    a_pattern,
    a_runtime,
    a_step,
    an_agent,
    broken,
    down,
    loaded,
    refusing,
)

from mintmark.domain import Fault, MintmarkError, ProviderFailed, Refusal
from mintmark.portfolio import Agent, Agents
from mintmark.portfolio.envelope import Envelope
from mintmark.portfolio.operations.orchestrating import Orchestrator
from mintmark.portfolio.operations.running import Call
from mintmark.portfolio.stepping import Ended, StepRefused


def ran(played: Played, *steps: dict[str, Any], given: dict[str, Any] | None = None, **more: Any) -> Ended:
    names = {step["capability"] for step in steps}
    agents = Agents(
        [Agent("adder", tuple(played.capability(one, effects="effect" in one) for one in sorted(names)), 5)]
    )
    pattern = loaded(agents, a_pattern(*steps, effects=True, **more))["sums"]
    return Orchestrator(a_runtime(agents)).run(pattern, given or {}, a_ground())


def statuses(ended: Ended) -> list[str]:
    return [end.status for end in ended.steps]


def test_a_step_sees_the_results_of_the_steps_it_names():
    ended = ran(Played(), a_step("a"), a_step("b", "add.two", args={"value": "{{state.a.total}}"}))

    assert ended.outputs() == {"a": {"total": 2, "text": ""}, "b": {"total": 3, "text": ""}}


def test_a_condition_runs_its_step_on_true_and_skips_it_on_false():
    step = a_step("a", condition="{{inputs.create_alert}} == true")
    declared = {"create_alert": {"type": "boolean", "default": False}}

    on = ran(Played(), step, given={"create_alert": True}, outputs=["a"], inputs=declared)
    off = ran(Played(), step, given={"create_alert": False}, outputs=["a"], inputs=declared)

    assert statuses(on) == ["ok"]
    assert (statuses(off), off.steps[0].reason, off.outputs()) == (["skipped"], "condition_not_met", {"a": None})


def test_a_template_in_an_input_stays_text():
    step = a_step("a", args={"value": 1, "note": "Report for {{inputs.name}}"})

    ended = ran(
        Played(), step, given={"name": "{{ctx.user_id}}"}, inputs={"name": {"type": "string", "required": True}}
    )

    assert ended.outputs()["a"]["text"] == "Report for {{ctx.user_id}}"


def test_independent_steps_run_at_once_but_four_at_most():
    played = Played(gates={"add.held": threading.Event()})
    steps = [a_step(f"s{number}", "add.held", args={"value": number}) for number in range(6)]
    seen: list[int] = []

    def let_go() -> None:
        deadline = time.monotonic() + 10
        while len(played.calls) < 4 and time.monotonic() < deadline:
            time.sleep(0.002)
        seen.append(len(played.calls))
        played.gates["add.held"].set()

    watcher = threading.Thread(target=let_go)
    watcher.start()
    ended = ran(played, *steps)
    watcher.join()

    assert seen == [4]
    assert [end.envelope.value["total"] for end in ended.steps if end.envelope] == [1, 2, 3, 4, 5, 6]


def test_equal_calls_run_once_and_the_first_in_the_file_counts_as_the_one_that_ran():
    played = Played()

    ended = ran(played, a_step("a"), a_step("b"), a_step("c", args={"value": 5}), a_step("d", args={"value": "1"}))

    assert played.calls == ["add.one", "add.one"]
    assert statuses(ended) == ["ok", "cached", "ok", "cached"]


def test_a_refusal_leaves_null_where_the_step_allows_it_and_is_the_answer_where_not():
    played = Played(answers={"add.no": refusing})

    ended = ran(played, a_step("a", "add.no", on_refusal=None), a_step("b", args={"value": 3}))
    with pytest.raises(StepRefused) as raised:
        ran(played, a_step("a", "add.no"), a_step("b", "add.two", depends_on=["a"]))

    assert statuses(ended) == ["refused", "ok"]
    assert ended.outputs()["a"] is None
    assert raised.value.code == "too_few_returns"
    assert raised.value.details == {"step": "a", "capability": "add.no", "observed": 3, "limit": 30}
    assert "add.two" not in played.calls


def test_effects_run_alone_after_what_is_independent_and_in_the_order_of_the_file():
    played = Played()
    steps = (
        a_step("e1", "add.effect_one"),
        a_step("e2", "add.effect_two"),
        a_step("a"),
        a_step("b", "add.two", args={"value": "{{state.e2.total}}"}),
    )

    ran(played, *steps)

    assert played.calls == ["add.one", "add.effect_one", "add.effect_two", "add.two"]


def test_no_effect_is_made_once_another_step_has_broken():
    played = Played(answers={"add.broken": broken})

    with pytest.raises(Fault):
        ran(played, a_step("e", "add.effect_one"), a_step("x", "add.broken"))

    assert played.calls == ["add.broken"]


def test_a_fault_names_its_step_and_hides_its_words():
    played = Played(answers={"add.broken": broken})
    steps = (
        a_step("a"),
        a_step("b", "add.two", args={"value": "{{state.a.total}}"}),
        a_step("c", "add.broken", args={"value": "{{state.b.total}}"}),
        a_step("d", "add.four", args={"value": "{{state.c.total}}"}),
        a_step("e", "add.five", args={"value": "{{state.d.total}}"}),
    )

    with pytest.raises(Fault) as raised:
        ran(played, *steps)

    assert raised.value.code == "pattern_execution_error"
    assert raised.value.details == {"step": "c", "capability": "add.broken", "trace_id": "t" * 32}
    assert "secret" not in raised.value.message
    assert played.calls == ["add.one", "add.two", "add.broken"]


def slowly(seconds: float) -> Any:
    def run(reading: Any, given: Any) -> Sum:
        time.sleep(seconds)
        reading.reads.note("ledger")
        return Sum(total=given.value)

    return run


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_timing_result_trace_and_reported_fault_are_the_same(seed: int):
    waits = random.Random(seed)
    played = Played()
    for name in ("add.one", "add.two", "add.three"):
        wait = waits.uniform(0, 0.02)
        played.answers[name] = slowly(wait)
    good = [a_step(f"s{index}", f"add.{name}") for index, name in enumerate(("one", "two", "three", "one"))]
    last = a_step("t", "add.two", args={"value": "{{state.s2.total}}"})

    ended = ran(played, *good, last)
    for name in ("add.two", "add.three"):
        wait = waits.uniform(0, 0.02)
        played.answers[name] = lambda *_, wait=wait: (time.sleep(wait), refusing(*_))[1]
    with pytest.raises(MintmarkError) as raised:
        ran(played, *good)

    assert statuses(ended) == ["ok", "ok", "ok", "cached", "cached"]
    assert raised.value.details["step"] == "s1"


def called(name: str, runtime: Any, value: int = 1) -> Envelope | Refusal:
    arguments = runtime.read_arguments(name, {"value": value})
    ground = a_ground()
    answer = runtime.call(Call(name, arguments, "a"), ground)
    return answer if isinstance(answer, Refusal) else runtime.released(answer, ground.ctx, ())


def test_five_faults_open_the_breaker_and_one_probe_after_a_minute_closes_it():
    now, played = [0.0], Played(answers={"add.one": lambda *_: (_ for _ in ()).throw(TimeoutError())})
    agents = Agents([an_agent(played, "add.one", "add.two")])
    runtime = a_runtime(agents, lambda: now[0])
    for _ in range(5):
        with pytest.raises(TimeoutError):
            called("add.one", runtime)

    with pytest.raises(Fault) as sixth:
        called("add.one", runtime)

    assert (sixth.value.code, len(played.calls)) == ("circuit_open", 5)
    assert sixth.value.details == {"agent": "adder", "capability": "add.one", "retry_after": 60}
    assert isinstance(called("add.two", runtime), Refusal | Envelope)
    now[0] = 59.0
    with pytest.raises(Fault) as still:
        called("add.one", runtime)
    assert still.value.details["retry_after"] == 1
    now[0] = 60.0
    del played.answers["add.one"]
    assert isinstance(called("add.one", runtime), Envelope)
    assert runtime.breakers.states()["add.one"] == "closed"


def test_a_probe_that_fails_opens_the_breaker_for_another_minute():
    now, played = [0.0], Played(answers={"add.one": lambda *_: (_ for _ in ()).throw(TimeoutError())})
    agents = Agents([an_agent(played, "add.one")])
    runtime = a_runtime(agents, lambda: now[0])
    for moment in (0, 0, 0, 0, 0, 60):
        now[0] = float(moment)
        with pytest.raises(TimeoutError):
            called("add.one", runtime)

    now[0] = 119.0
    with pytest.raises(Fault) as raised:
        called("add.one", runtime)

    assert (raised.value.code, len(played.calls)) == ("circuit_open", 6)


def test_bad_input_refusals_and_broken_code_do_not_open_the_breaker():
    played = Played(answers={"add.no": refusing, "add.broken": broken})
    agents = Agents([an_agent(played, "add.no", "add.broken")])
    runtime = a_runtime(agents)

    for _ in range(7):
        assert isinstance(runtime.read_arguments("add.no", {"value": "x"}), Refusal)
        assert isinstance(called("add.no", runtime), Refusal)
        with pytest.raises(RuntimeError):
            called("add.broken", runtime)

    assert set(runtime.breakers.states().values()) == {"closed"}


def test_only_faults_marked_retryable_are_tried_again_twice():
    played = Played(answers={"add.down": down, "add.broken": broken})
    agents = Agents([an_agent(played, "add.down", "add.broken")])
    runtime = a_runtime(agents)

    for name, error in (("add.down", Fault), ("add.broken", RuntimeError)):
        with pytest.raises(error):
            called(name, runtime)

    assert played.calls == ["add.down"] * 3 + ["add.broken"]
    assert ProviderFailed.retryable
    assert not Fault.retryable


def test_a_call_that_takes_too_long_is_left_behind():
    played = Played(gates={"add.slow": threading.Event()})
    agents = Agents([Agent("adder", (played.capability("add.slow", timeout=0.02),), 10.0)])

    with pytest.raises(Fault) as raised:
        called("add.slow", a_runtime(agents))
    played.gates["add.slow"].set()

    assert raised.value.code == "capability_timeout"
    assert raised.value.details == {"agent": "adder", "capability": "add.slow"}


@pytest.mark.parametrize(
    "result",
    [
        Exactly.model_construct(amount=1.5),
        Exactly.model_construct(amount=Decimal("NaN")),
        Exactly.model_construct(amount=Decimal(1), ratio=float("inf")),
        Sum(total=1),
        {"amount": Decimal(1)},
        None,
    ],
)
def test_a_result_that_is_not_what_was_declared_is_a_fault(result: Any):
    played = Played(answers={"add.exactly": lambda *_: result})
    capability = played.capability("add.exactly", arguments=Nothing, result=Exactly)
    runtime = a_runtime(Agents([Agent("adder", (capability,), 10.0)]))

    with pytest.raises(Fault) as raised:
        runtime.call(Call("add.exactly", Nothing(), "a"), a_ground())

    assert raised.value.code == "pattern_execution_error"


def test_a_result_says_what_was_read_and_is_withheld_without_the_right_to_show_it():
    def read(source: str | None) -> Any:
        def run(reading: Any, _given: Any) -> Sum:
            if source:
                reading.reads.note(source)
            reading.notes.inputs(3, 4)
            reading.notes.undefined("text", "rf_missing")
            return Sum(total=1)

        return run

    played = Played(answers={"add.fred": read("fred"), "add.acme": read("acme"), "add.none": read(None)})
    agents = Agents([an_agent(played, "add.fred", "add.acme", "add.none")])
    runtime = a_runtime(agents)

    shown, blocked, nobodys = (called(f"add.{name}", runtime) for name in ("fred", "acme", "none"))

    assert isinstance(shown, Envelope)
    assert (shown.sources, shown.attributions, shown.confidence) == (("fred",), ("Source: FRED",), 0.75)
    assert (shown.undefined, shown.ttl) == ({"text": "rf_missing"}, 23 * 3600 + 59 * 60)
    assert isinstance(blocked, Refusal)
    assert (blocked.code, blocked.details["blocked_sources"]) == ("display_not_permitted", ["acme"])
    assert isinstance(nobodys, Refusal)


def test_what_is_computed_from_a_result_keeps_its_sources():
    def read(reading: Any, _given: Any) -> Sum:
        reading.reads.note("fred")
        return Sum(total=1)

    played = Played(answers={"add.one": read, "add.two": lambda _reading, given: Sum(total=given.value)})

    ended = ran(played, a_step("a"), a_step("b", "add.two", args={"value": "{{state.a.total}}"}))

    assert [end.envelope.sources for end in ended.steps if end.envelope] == [("fred",), ("fred",)]
