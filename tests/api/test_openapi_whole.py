"""The whole document, thousands of requests: whatever is sent to a house that has something, it never breaks."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import schemathesis
from doors import Door
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error

from mintmark.api import create_api
from mintmark.app import App, Settings, ledger_answers, local_owner, open_app, portfolio_answers
from mintmark.data import PREWARM_STEPS
from mintmark.measures import compile_kernels
from mintmark.portfolio import Pattern, security_id

RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
EACH = 19
LEAST = 2_000
TRIES = 12


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A house with the sample portfolio over fresh packs, and no limit on requests."""
    compile_kernels()
    app = open_app(Settings(home=tmp_path_factory.mktemp("whole") / "home", access={"requests_per_minute": 1_000_000}))
    portfolio_answers.sample(app, local_owner())
    # Without a pack to value by its health is 503, as it should be.
    one = app.data.build(date(2018, 11, 30), "UTC")["pack_id"]
    app.data.states.reconciled(one, passed=True)
    for step in PREWARM_STEPS:
        app.data.states.prewarmed(one, step)
    app.data.states.mark_fresh(one)
    yield app
    app.close()


def things_of(app: App) -> dict[str, list[Any]]:
    """Return what is there under each name that a request may say: asked for by chance, nothing would be found."""
    portfolio = app.portfolio.portfolios(local_owner())[0]
    packs = [one["pack_id"] for one in app.data.packs()]
    return {
        "portfolio_id": [str(portfolio.portfolio_id)],
        "portfolio": [portfolio.code],
        "pack_id": packs,
        "pattern_id": sorted(app.portfolio.patterns),
        "entry_id": [one["id"] for one in ledger_answers.entries(app, local_owner(), None, limit=20)["data"]],
        "security_id": [str(security_id("JNJ")), str(security_id("KO"))],
        "inputs": [{}],
    }


def filled(case: Case, things: dict[str, list[Any]], chance: random.Random) -> Case:
    """Return ``case`` with some of its names replaced by names of things that exist."""
    for part in ("path_parameters", "query", "body"):
        said = getattr(case, part)
        if isinstance(said, dict):
            known = {name: chance.choice(things[name]) for name in sorted(things) if name in said}
            setattr(case, part, {**said, **(known if chance.random() < 0.6 else {})})
    return case


def takes_something(operation: Any) -> bool:
    """Return whether a request of the route can be wrong in shape."""
    return bool(operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"))


def send(operation: Any, mode: GenerationMode, things: dict[str, list[Any]], shown: dict[str, str]) -> int:
    """Send requests of one route, right or wrong in shape, and return how many; fail when one breaks the house."""
    sent = 0

    @settings(
        max_examples=EACH, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode), chance=st.randoms(use_true_random=False))
    def survives(case: Case, chance: random.Random) -> None:
        nonlocal sent
        filled(case, things, chance).call_and_validate(headers=shown, checks=[not_a_server_error])
        sent += 1

    survives()
    return sent


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_thousand_requests_of_the_whole_document_never_break_the_house(living: App):
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_api(living))
    shown = {"Authorization": f"Bearer {living.access.open_local()}"}
    things, counted = things_of(living), Counter[str]()

    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (RIGHT, WRONG) if takes_something(operation) else (RIGHT,):
            counted[f"{operation.method.upper()} {operation.path}"] += send(operation, mode, things, shown)

    assert set(counted) == {
        f"{method.upper()} {path}" for path, one in schema.raw_schema["paths"].items() for method in one
    }
    assert counted.total() >= LEAST, counted


WORDS = st.sampled_from(["", "x", "{{ctx.user_id}}", "2014-13-01", "NaN", "1e400", "-1", "0", "\0", "é" * 600])
NUMBERS = st.sampled_from([-1, 0, 1, 2, 3, 0.5, 0.95, 5.5, 10**9, 10**30, -(10**30), 1e-320, 3000, 9999])
SCALARS = st.one_of(NUMBERS, WORDS, st.none(), st.booleans())
SHOCKS = st.dictionaries(
    st.sampled_from(["equity", "usd", "real_rate", "inflation", "credit", "x"]), SCALARS, max_size=3
)
LIMITS = st.dictionaries(
    st.sampled_from(["max_te", "max_turnover", "max_single_position", "max_sector", "min_trade_value", "invested"]),
    SCALARS,
    max_size=3,
)
RULES = {
    "metric": st.sampled_from(["weight", "rating", "x"]),
    "op": st.sampled_from(["<", ">=", "in"]),
    "value": SCALARS,
}
ACTIONS = st.dictionaries(st.sampled_from(["cap_weight", "min_weight_total"]), SCALARS, max_size=2)
POLICIES = st.fixed_dictionaries({"rule": st.fixed_dictionaries(RULES), "action": ACTIONS})
ANYTHING = st.one_of(SCALARS, SHOCKS, LIMITS, st.lists(st.one_of(SCALARS, POLICIES), max_size=3))
OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.sampled_from([0, 1, 2, 30, 252, 520, 3000, 9999, 87_600]),
    "number": st.sampled_from([0, 0.05, 0.5, 0.95, 0.999, 1, 5, 1e9]),
    "boolean": st.booleans(),
    "string": WORDS,
    "array": st.lists(POLICIES, max_size=2),
    "object": st.one_of(SHOCKS, LIMITS),
}


def inputs_of(pattern: Pattern) -> st.SearchStrategy[dict[str, Any]]:
    """Give inputs that ``pattern`` declares: most of them of its types, some of values it may never have thought of."""
    named = {name: one for name, one in pattern.inputs.items() if name not in ("portfolio_id", "security_id")}
    likely = {name: st.sampled_from(list(one.enum)) if one.enum else OF_TYPE[one.type] for name, one in named.items()}
    needed = {name: likely[name] for name, one in named.items() if one.required}
    optional = {name: one for name, one in likely.items() if name not in needed}
    right = st.fixed_dictionaries(needed, optional=optional)
    return st.one_of(right, right, st.fixed_dictionaries({}, optional=dict.fromkeys(named, ANYTHING)))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_whatever_a_pattern_is_given_it_answers_or_refuses(living: App):
    door, things = Door(create_api(living)), things_of(living)
    answered = Counter[int]()

    def ask(pattern: Pattern) -> None:
        @settings(max_examples=TRIES, deadline=None, derandomize=True, database=None)
        @given(inputs=inputs_of(pattern), security=st.sampled_from(things["security_id"]))
        def survives(inputs: dict[str, Any], security: str) -> None:
            whole = {"portfolio_id": things["portfolio_id"][0], "security_id": security}
            named = {name: one for name, one in whole.items() if name in pattern.inputs}
            asked = {"pattern_id": pattern.id, "inputs": inputs, **named}
            answer = door.post("/api/v1/execute", json=asked)
            answered[answer.status_code] += 1
            # A busy machine makes an answer late, not wrong.
            late = answer.status_code >= 500 and answer.json()["error"] in ("capability_timeout", "circuit_open")
            assert late or answer.status_code < 500, (asked, answer.text)

        survives()

    for _, pattern in sorted(living.portfolio.patterns.items()):
        ask(pattern)

    assert answered[200] > 20, answered
    assert answered[400] > 10, answered
