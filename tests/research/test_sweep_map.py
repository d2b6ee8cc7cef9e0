"""A sweep over two of its parameters: the best of each pair, and what chance makes of the best."""

from __future__ import annotations

import numpy as np
import pytest

from mintmark.domain import Refused
from mintmark.research.drawing import Words
from mintmark.research.simulation_charts import map_drawing, runs_drawing, stress_drawing
from mintmark.research.simulation_sheets import sweep_map_body, swept
from mintmark.research.sweep_map import MOST_SIDE, map_of

TABLE = {
    "number": [0, 1, 2, 3, 4, 5],
    "fast": [5, 5, 10, 10, 5, 10],
    "slow": [40, 50, 40, 50, 40, 50],
    "stop": [0.1, 0.1, 0.1, 0.1, 0.2, 0.2],
    "sharpe_ratio": [0.1, -0.2, 0.5, None, 0.4, -0.9],
    "max_drawdown": [0.3, 0.2, 0.4, None, 0.5, 0.6],
    "code": [None, None, None, "no_money", None, None],
}
KEYS = ["fast", "slow", "stop"]


def words_of(drawing) -> list[str]:
    return [shape.said for shape in drawing.shapes if isinstance(shape, Words)]


def test_a_cell_holds_the_best_of_what_it_stands_for_and_a_refused_try_is_a_try():
    found = map_of(TABLE, KEYS, "sharpe_ratio", ("fast", "slow"))

    assert (found.across.tolist(), found.down.tolist()) == ([5.0, 10.0], [40.0, 50.0])
    assert found.values.tolist() == [[0.4, 0.5], [-0.2, -0.9]]
    assert (found.best, found.tries, found.folded) == ((0, 1), 6, True)
    assert "◂ best of 6 tries" in words_of(map_drawing(found))


def test_of_a_drawdown_the_least_is_the_best():
    found = map_of(TABLE, KEYS, "max_drawdown", ("fast", "slow"))

    assert found.values.tolist() == [[0.3, 0.4], [0.2, 0.6]]
    assert found.best == (1, 0)


def test_more_values_than_a_map_can_tell_apart_share_cells():
    count = 3 * MOST_SIDE
    table = {"number": list(range(count)), "a": list(range(count)), "b": [1] * count, "sharpe_ratio": [*range(count)]}

    found = map_of(table, ["a", "b"], "sharpe_ratio")

    assert found.values.shape == (1, MOST_SIDE)
    assert found.across[:2].tolist() == [0.0, 3.0]
    assert found.values[0, :2].tolist() == [2.0, 5.0]


def test_what_is_not_swept_or_measured_is_refused_by_its_name():
    for metric, pair in (("fame", ("fast", "slow")), ("sharpe_ratio", ("fast", "luck"))):
        with pytest.raises(Refused) as refused:
            map_of(TABLE, KEYS, metric, pair)
        assert refused.value.code == "unknown_name"

    with pytest.raises(Refused) as refused:
        sweep_map_body(TABLE, "sharpe_ratio", ("fast", "fast"))
    assert refused.value.code == "bad_value"


def test_the_parameters_are_the_columns_before_the_metrics():
    assert swept(TABLE) == KEYS
    body = sweep_map_body(TABLE, "sharpe_ratio", ("slow", "stop"))
    assert body["values"] == [[0.5, -0.2], [0.4, -0.9]]
    assert body["svg"].startswith("<svg")


def test_nothing_that_ran_leaves_a_map_without_a_best():
    found = map_of({**TABLE, "sharpe_ratio": [None] * 6}, KEYS, "sharpe_ratio", ("fast", "slow"))

    assert found.best is None
    assert not any("◂" in said for said in words_of(map_drawing(found)))


def test_the_real_result_stands_among_the_runs_and_the_break_even_on_its_line():
    assert "real +0.30" in words_of(runs_drawing(np.linspace(-1.0, 1.0, 50), 0.3, "sharpe_ratio"))
    assert not any("real" in said for said in words_of(runs_drawing(np.linspace(0.0, 1.0, 50), None, "max_drawdown")))
    stressed = words_of(stress_drawing((0.0, 1.0, 2.0), (10.0, -5.0, -20.0), 0.5, "USD"))
    assert "nothing left at 0.5" in stressed
