"""Equal values have equal bytes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.domain import Money, canonical_json, plain_decimal

TEXTS = st.text(max_size=5)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.decimals(allow_nan=False, allow_infinity=False, places=8),
        TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=10,
)


def test_every_kind_of_value_has_its_form():
    moment = datetime(2014, 5, 30, 13, 30, tzinfo=UTC)
    given_value = {
        "when": moment,
        "day": date(2014, 5, 30),
        "ü": [1.5, None, True],
        "m": Money(Decimal("10.50"), "EUR"),
    }

    found = canonical_json(given_value)

    assert found.decode() == (
        '{"day":"2014-05-30","m":{"amount":"10.5","currency":"EUR"},"when":"2014-05-30T13:30:00Z","ü":[1.5,null,true]}'
    )


@given(VALUES)
def test_the_bytes_read_back_and_write_the_same_again(value: Any):
    content = canonical_json(value)

    assert canonical_json(json.loads(content)) == content


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=18))
def test_a_plain_decimal_is_the_same_number_in_its_shortest_form(number: Decimal):
    text = plain_decimal(number)

    assert Decimal(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")])
def test_what_is_no_number_has_no_form(value: object):
    with pytest.raises(ValueError, match="expected a finite number"):
        canonical_json({"a": [value]})


@pytest.mark.parametrize("value", [{1: "a"}, object(), {"a": {1, 2}}])
def test_what_has_no_form_is_no_json(value: object):
    with pytest.raises(TypeError):
        canonical_json(value)
