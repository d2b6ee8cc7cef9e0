"""Templates keep types, embed texts, and resolve nothing twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.portfolio.paths import PatternFault, read_ref
from mintmark.portfolio.templates import read_template, references, resolve

ROOTS = {
    "inputs": {"name": "Growth", "none": None, "evil": "{{ctx.user_id}} {{{{"},
    "state": {"valued": {"positions": [{"units": Decimal("7.50")}, {"units": Decimal(1)}]}, "empty": None},
    "ctx": {"user_id": "me", "asof_date": date(2014, 6, 6)},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
PIECES = st.sampled_from(
    ["{{", "}}", "{{{{", "{", "}", "state.", "inputs.name", "ctx.user_id", "?", ".", " ", "x", "é"]
)


def test_a_whole_template_keeps_the_type_of_its_value():
    found = resolve({"of": ["{{state.valued.positions}}", "{{ state.valued.positions.0.units }}"]}, ROOTS)

    assert found == {"of": [ROOTS["state"]["valued"]["positions"], Decimal("7.50")]}
    assert isinstance(found["of"][1], Decimal)


def test_an_embedded_template_becomes_text():
    assert resolve("{{inputs.name}} on {{ctx.asof_date}}: {{state.valued.positions.0.units}}", ROOTS) == (
        "Growth on 2014-06-06: 7.5"
    )


@pytest.mark.parametrize("text", ["a {{inputs.none}}", "a {{state.valued}}", "a {{state.valued.positions}}"])
def test_null_objects_and_lists_have_no_place_inside_a_text(text: str):
    with pytest.raises(PatternFault) as raised:
        resolve(text, ROOTS)

    assert raised.value.code == "pattern_execution_error"


def test_a_path_that_leads_nowhere_is_named_and_an_optional_one_gives_null():
    with pytest.raises(PatternFault) as raised:
        resolve("{{state.valued.nope}}", ROOTS)

    assert raised.value.details == {"path": "state.valued.nope"}
    assert resolve("{{state.valued.nope?}}", ROOTS) is None
    assert resolve("{{state.empty.deep.down?}}", ROOTS) is None


def test_four_braces_write_two_and_what_was_resolved_stays_text():
    assert resolve("{{{{inputs.name}}", ROOTS) == "{{inputs.name}}"
    assert resolve("{{inputs.evil}}", ROOTS) == "{{ctx.user_id}} {{{{"
    assert resolve("Report for {{inputs.evil}}", ROOTS) == "Report for {{ctx.user_id}} {{{{"


@pytest.mark.parametrize("text", ["{{env.HOME}}", "{{state}}", "{{inputs.__class__.x y}}", "{{inputs.name", "{{}}"])
def test_only_paths_below_inputs_state_and_ctx_are_read(text: str):
    with pytest.raises(PatternFault):
        resolve(text, ROOTS)


def test_attributes_of_values_cannot_be_reached():
    with pytest.raises(PatternFault):
        resolve("{{state.valued.__class__}}", ROOTS)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60))
def test_any_text_resolves_or_is_refused_by_the_one_error(text: str):
    try:
        read_template(text)
        found = resolve(text, ROOTS)
    except PatternFault:
        return

    assert "{{" in text or found == text


@given(JSON)
def test_a_value_an_input_holds_comes_out_as_it_went_in(value: Any):
    roots = {"inputs": {"x": value}, "state": {}, "ctx": {}}

    assert resolve({"a": ["{{inputs.x}}"]}, roots) == {"a": [value]}


@given(st.text())
def test_an_input_is_never_read_as_a_template(text: str):
    roots = {"inputs": {"x": text}, "state": {"x": text}, "ctx": {"x": text}}

    assert resolve("<{{inputs.x}}|{{state.x}}|{{ctx.x}}>", roots) == f"<{text}|{text}|{text}>"


def test_nesting_over_twenty_is_refused():
    value: Any = "x"
    for _ in range(25):
        value = [value]

    with pytest.raises(PatternFault):
        resolve(value, ROOTS)


def test_references_say_where_they_stand():
    found = list(references({"a": ["{{state.x.y}} {{inputs.z?}}"], "b": {"c": 1}}, "$.args"))

    assert found == [("$.args.a[0]", read_ref("state.x.y")), ("$.args.a[0]", read_ref("inputs.z?"))]
