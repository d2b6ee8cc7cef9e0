"""Counted shares against scipy's own exact interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from mintmark.measures import proportion_interval


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.9, 0.95]))
def test_the_interval_is_that_of_scipy(counted: tuple[int, int], confidence: float):
    successes, n = counted

    found = proportion_interval(successes, n, confidence)

    expected = binomtest(successes, n).proportion_ci(confidence, method="exact")
    assert found == pytest.approx((expected.low, expected.high), abs=1e-7)


@pytest.mark.parametrize("successes, n", [(0, 0), (-1, 3), (4, 3)])
def test_a_share_that_cannot_be_is_refused(successes: int, n: int):
    with pytest.raises(ValueError, match="successes"):
        proportion_interval(successes, n)
