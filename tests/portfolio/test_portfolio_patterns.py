"""Pattern files: everything wrong is said at once, and nothing starts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from portfolio_house import Number, Played, Steps, a_pattern, a_step, an_agent

from mintmark.portfolio import Agent, Agents, Capability
from mintmark.portfolio.pattern_files import PatternsInvalid, load_patterns


def agents() -> Agents:
    played = Played()
    more = (
        played.capability("add.with_effect", effects=True),
        Capability("add.many", Number, Steps, lambda *_: Steps(items=[], by_name={}), "Add many."),
    )
    one = an_agent(played, "add.one", "add.two")
    return Agents([Agent("adder", (*one.capabilities, *more), 10.0)])


def problems(pattern: dict[str, Any], name: str = "x.json") -> list[str]:
    with pytest.raises(PatternsInvalid) as raised:
        load_patterns({name: json.dumps(pattern)}, agents())
    return list(raised.value.problems)


def x(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return a_pattern(*steps, id="x", **more)


def test_an_unknown_capability_and_a_missing_key_are_named_with_their_places_and_nothing_starts():
    steps = (
        a_step("a"),
        a_step("b", args={"value": "{{state.typo}}"}),
        a_step("c", "add.nothing"),
    )

    found = problems(x(*steps))

    assert found == [
        "x.json:$.steps[1].args.value: no earlier step is kept as typo",
        "x.json:$.steps[2].capability: no agent has add.nothing",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (x(a_step("a", condition="__import__('os').system('id')")), "$.steps[0].condition: expected a condition"),
        (x(a_step("a", condition="inputs.on == true")), "$.steps[0].condition: there is no input on"),
        (x(a_step("a", args={"value": "{{ctx.secret}}"})), "$.steps[0].args.value: the context has no secret"),
        (x(a_step("a", args={"value": "{{inputs.x}}"})), "$.steps[0].args.value: there is no input x"),
        (x(a_step("a", args={"value": "{{state.a.total}}"})), "$.steps[0].args.value: no earlier step is kept as a"),
        (
            x(a_step("a"), a_step("b", args={"value": "{{state.a.sum}}"})),
            "$.steps[1].args.value: add.one returns no sum",
        ),
        (
            x(a_step("a", "add.many"), a_step("b", args={"value": "{{state.a.items.0.totl}}"})),
            "$.steps[1].args.value: add.many returns no items.0.totl",
        ),
        (
            x(a_step("a", on_refusal=None), a_step("b", args={"value": "{{state.a.total}}"})),
            "$.steps[1].args.value: a may be null: write state.a.total?",
        ),
        (
            x(a_step("a", condition="1 == 1"), a_step("b", condition="state.a.total > 1")),
            "$.steps[1].condition: a may be null: write state.a.total?",
        ),
        (x(a_step("a", args={"value": "seven"})), "$.steps[0].args.value: input should be a valid integer"),
        (x(a_step("a", args={"value": 1, "valu": 1})), "$.steps[0].args.valu: add.one takes no valu"),
        (x(a_step("a", args={})), "$.steps[0].args: add.one needs value"),
        (x(a_step("a", args={"value": "{{state.a"})), "$.steps[0].args.value: expected }}"),
        (x(a_step("a"), a_step("a"), outputs=["a"]), "$.steps[1].as: a is the key of an earlier step"),
        (x(a_step("a"), outputs=["a", "b"]), "$.outputs[1]: no step is kept as b"),
        (x(a_step("a", "add.with_effect")), "$.steps[0].capability: add.with_effect has effects"),
        (x(a_step("a", depends_on=["b"]), a_step("b", depends_on=["a"])), "$.steps: a circle of steps: a -> b -> a"),
        (x(a_step("a", depends_on=["b"]), a_step("b")), "$.steps[0].depends_on: b is no earlier step"),
        (x(a_step("a", depends_on=["zz"])), "$.steps[0].depends_on: no step is kept as zz"),
        (x(a_step("a", on_refusal="go")), "$.steps[0].on_refusal: input should be 'fail'"),
        (x(a_step("a"), extra=1), "$.extra: extra inputs are not permitted"),
        (x(a_step("a"), inputs={"n": {"type": "integer", "default": 1.5}}), "$.inputs.n.default: n: expected a whole"),
        (x(a_step("a"), inputs={"n": {"type": "int"}}), "$.inputs.n.type: input should be"),
        (
            x(a_step("a"), panels=[{"id": "p", "title": "P", "type": "card", "ttl": 60, "from": "b.total"}]),
            "$.panels[0].from: b is no output",
        ),
        (a_pattern(a_step("a"), id="other"), "$.id: expected the name of its file"),
    ],
)
def test_each_rule_names_its_place(pattern: dict[str, Any], expected: str):
    found = problems(pattern)

    assert len(found) == 1
    assert found[0].startswith(f"x.json:{expected}")


def test_errors_of_all_files_come_together_and_a_key_twice_is_one():
    text = json.dumps(x(a_step("a"))).replace('"category"', '"name": "again", "category"')
    files = {"x.json": text, "y.json": "{", "z.json": json.dumps(a_pattern(a_step("a", "add.nope"), id="z"))}

    with pytest.raises(PatternsInvalid) as raised:
        load_patterns(files, agents())

    told = [one.split(" ")[0] for one in raised.value.problems]
    assert told == ["x.json:$.name:", "y.json:$:", "z.json:$.steps[0].capability:"]
    assert "the patterns cannot run" in raised.value.message


def test_optional_paths_to_uncertain_steps_load():
    steps = (
        a_step("a", on_refusal=None),
        a_step("b", "add.many", args={"value": "{{state.a.total?}}"}),
        a_step("c", args={"value": "{{state.b.by_name.AAPL.total}}"}, condition="state.a? != null"),
    )

    found = load_patterns({"x.json": json.dumps(x(*steps))}, agents())

    assert [step.key for step in found["x"].steps] == ["a", "b", "c"]
    assert len(found["x"].sha256) == 64


def test_two_agents_with_one_capability_are_refused():
    played = Played()

    with pytest.raises(ValueError, match=r"each capability once, found add\.one"):
        Agents([an_agent(played, "add.one"), an_agent(played, "add.one", name="other")])
    with pytest.raises(ValueError, match="each agent once, found adder"):
        Agents([an_agent(played, "add.one"), an_agent(played, "add.two")])
