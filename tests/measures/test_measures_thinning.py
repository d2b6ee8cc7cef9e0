"""A thinned line keeps its ends, its order and its extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mintmark.measures import outlined, thinned

lines = arrays(np.float64, st.integers(3, 400), elements=st.floats(-1e6, 1e6))


@given(lines, st.integers(3, 100))
def test_positions_rise_from_the_first_to_the_last_and_are_as_many_as_asked(values, points):
    kept = thinned(values, points)

    assert len(kept) == min(points, len(values))
    assert kept[0] == 0
    assert kept[-1] == len(values) - 1
    assert (np.diff(kept) > 0).all()


def test_a_line_that_fits_is_kept_whole():
    assert thinned(np.arange(5.0), 5).tolist() == [0, 1, 2, 3, 4]


def test_a_lone_spike_survives():
    values = np.zeros(100_000)
    values[61_803] = 1.0

    assert 61_803 in thinned(values, 50)


def test_the_largest_triangle_is_chosen_by_hand():
    # Stretches [1, 2], [3, 4]; triangle areas from (0, 0) over each to the mean of the next stretch.
    values = np.array([0.0, 5.0, 1.0, -1.0, -8.0, 0.0])

    assert thinned(values, 4).tolist() == [0, 1, 4, 5]


def test_fewer_than_three_points_are_no_line():
    with pytest.raises(ValueError, match="at least 3 points, found 2"):
        thinned(np.arange(9.0), 2)


def test_an_outline_keeps_every_extreme_of_the_screen():
    values = np.cumsum(np.random.default_rng(9).normal(size=10_007))

    kept = outlined(values, 800)

    assert len(kept) <= 800
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0
    assert kept[-1] == len(values) - 1
    assert {int(values.argmin()), int(values.argmax())} <= set(kept.tolist())


def test_an_outline_of_few_values_is_all_of_them():
    assert outlined(np.arange(5.0), 5).tolist() == [0, 1, 2, 3, 4]
