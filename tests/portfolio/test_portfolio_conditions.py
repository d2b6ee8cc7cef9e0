"""Conditions: a grammar without calls, whose every word is checked before a pattern runs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.portfolio.comparing import equal, relation
from mintmark.portfolio.conditions import read_condition
from mintmark.portfolio.paths import PatternFault

ROOTS: dict[str, Any] = {
    "inputs": {"on": True, "off": False, "n": 5, "half": 0.1, "name": "GROWTH", "none": None, "day": date(2014, 6, 6)},
    "state": {"list": [1, 2, 3], "held": {"AAPL": {}}, "own": {"length": 9}, "money": Decimal("0.10"), "empty": []},
    "ctx": {"policy": "EOD"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{inputs.on}} == true", True),
        ("{{inputs.off}} == true", False),
        ("inputs.n > 4 and inputs.n <= 5", True),
        ("inputs.off or inputs.on and not inputs.off", True),
        ("not not inputs.on", True),
        ("not inputs.n == 5", False),
        ("(inputs.off or inputs.on) and (inputs.off)", False),
        ("inputs.half == 0.1", True),
        ("state.money == inputs.half", True),
        ("inputs.n == '5'", False),
        ("inputs.on == 1", False),
        ("inputs.none == null", True),
        ("inputs.none == false", False),
        ("inputs.name in ['GROWTH', \"VALUE\"]", True),
        ("'ROW' in inputs.name", True),
        ("'AAPL' in state.held", True),
        ("2 in state.list", True),
        ("'2' in state.list", False),
        ("state.list.length == 3", True),
        ("state.held.length == 1", True),
        ("inputs.name.length >= 6", True),
        ("state.own.length == 9", True),
        ("state.list == [1, 2, 3]", True),
        ("inputs.day == '2014-06-06'", True),
        ("inputs.day < '2014-06-09'", True),
        ("state.gone? == null", True),
        ("state.gone? != null and state.gone.x > 1", False),
        ("state.empty", False),
        ("inputs.name", True),
        ("-1 < 0", True),
        (r"'it\'s' == \"it's\"".replace('\\"', '"'), True),
        ("ctx.policy != 'UTC'", True),
    ],
)
def test_a_condition_says_what_it_reads_like(text: str, expected: bool):
    assert read_condition(text).holds(ROOTS) is expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')",
        "inputs.name.upper()",
        "inputs.n + 1 > 2",
        "inputs",
        "env.x",
        "1 < 2 < 3",
        "inputs.on ==",
        "inputs.on or",
        "and inputs.on",
        "(inputs.on",
        "[1, inputs.n] == 1",
        "lambda: 1",
        "inputs.on; inputs.off",
        "1e5 > 2",
        "'open",
        "",
        "   ",
        "not",
        "(" * 30 + "inputs.on" + ")" * 30,
        "not " * 30 + "inputs.on",
        "[" * 30 + "]" * 30 + " == 1",
        "inputs.on or " * 60 + "inputs.on",
    ],
)
def test_what_the_grammar_does_not_know_is_refused_when_read(text: str):
    with pytest.raises(PatternFault):
        read_condition(text)


@pytest.mark.parametrize(
    "text",
    ["inputs.name > 1", "inputs.none < 1", "inputs.on > false", "state.list > 1", "1 in inputs.n", "state.gone == 1"],
)
def test_an_order_across_types_or_with_null_is_a_fault_not_false(text: str):
    condition = read_condition(text)

    with pytest.raises(PatternFault):
        condition.holds(ROOTS)


def test_the_paths_of_a_condition_are_known_before_it_runs():
    found = read_condition("{{ inputs.on }} and state.list.length > 2 or not state.gone?")

    assert [str(ref) for ref in found.refs] == ["inputs.on", "state.list.length", "state.gone"]


WORDS = [
    "and", "or", "not", "in", "==", "!=", "<", "<=", ">", ">=", "(", ")", "[", "]", ",", "true", "null", "1", "-2.5",
    "'a'", "inputs.n", "{{state.list}}", "state.list.length", "ctx.policy", "inputs.none?", "state.nope",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=80))
def test_any_text_is_a_condition_or_the_one_error(text: str):
    try:
        found = read_condition(text).holds(ROOTS)
    except PatternFault:
        return

    assert found in (True, False)


@given(VALUES, VALUES)
def test_equality_is_symmetric_and_order_holds_within_one_type_only(left: Any, right: Any):
    assert equal(left, right) == equal(right, left)
    assert relation("!=", left, right) != relation("==", left, right)
    try:
        below = relation("<", left, right)
    except PatternFault:
        return

    assert below + relation(">", left, right) + relation("==", left, right) == 1


@given(VALUES)
def test_a_value_equals_itself(value: Any):
    assert equal(value, value)
