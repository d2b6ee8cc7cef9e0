"""Decisions: entries, exits, weights, and the last bar alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_builders import a_spec, a_walk, trained

from mintmark.domain import Bars, Refused
from mintmark.strategy import (
    Held,
    Signals,
    StrategySpec,
    Targets,
    build_training_set,
    decide,
    decisions,
    fit_whole,
    signals,
    targets,
    variation,
)

NAN = float("nan")


def answers(ups: list[float] | np.ndarray, downs: list[float] | None = None, volatility: float = NAN) -> Signals:
    """Signals of one symbol, or of several as columns."""
    up = np.array(ups, dtype=float).reshape(len(ups), -1)
    down = 1.0 - up if downs is None else np.array(downs, dtype=float).reshape(up.shape)
    symbols = tuple("XYZ"[: up.shape[1]])
    return Signals(symbols, np.arange(len(up), dtype=np.int64), up, down, np.full(up.shape, volatility))


def weights(found: Signals, cost: float = 0.0, **changes: Any) -> list[float]:
    return made(found, cost, **changes).weights[:, 0].tolist()


def made(found: Signals, cost: float = 0.0, **changes: Any) -> Targets:
    changes.setdefault("universe", {"symbols": list(found.symbols), "timeframe": "1d"})
    return targets(a_spec(**changes), found, dict.fromkeys(found.symbols, cost))


def test_a_position_is_entered_at_the_threshold_and_kept_until_the_exit():
    found = answers([0.54, 0.55, 0.51, 0.50, 0.49, 0.54])

    assert weights(found) == [0.0, 0.25, 0.25, 0.25, 0.0, 0.0]


def test_shorts_need_leave():
    found = answers([0.40, 0.40, 0.60])

    assert weights(found) == [0.0, 0.0, 0.25]
    assert weights(found, decisions={"allow_short": True}) == [-0.25, -0.25, 0.25]


def test_a_short_signal_ends_a_long_where_shorts_are_not_allowed():
    assert weights(answers([0.60, 0.40])) == [0.25, 0.0]


def test_of_two_signals_the_larger_wins_and_equal_ones_are_none():
    found = answers([0.40, 0.36, 0.38], [0.36, 0.40, 0.38])

    assert weights(found, decisions={"enter_at": 0.35, "exit_at": 0.34, "allow_short": True}) == [0.25, -0.25, -0.25]
    assert made(found, decisions={"enter_at": 0.35, "exit_at": 0.34, "allow_short": True}).counts == {
        "long": 1, "short": 1, "flat": 0, "below_threshold": 1,
    }  # fmt: skip


def test_entries_keep_their_distance_and_exits_do_not_wait():
    found = answers([0.6, 0.6, 0.6, 0.4, 0.6, 0.6, 0.6])

    assert weights(found, decisions={"min_bars_between": 3}) == [0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.25]


def test_a_return_enters_above_the_edge_and_leaves_when_its_sign_turns():
    moves = [0.003, 0.0031, 0.001, -0.0001, -0.004, 0.001]
    regression = {
        "labels": {"kind": "forward_return"},
        "model": {"kind": "logistic", "output": "regression"},
        "decisions": {"edge_multiple": 1.5, "allow_short": True},
    }
    found = answers(moves, [-move for move in moves])

    assert weights(found, 0.002, **regression) == [0.0, 0.25, 0.25, 0.0, -0.25, 0.0]
    assert made(found, 0.002, **regression).highest_probability is None


@pytest.mark.parametrize(
    "risk, volatility, weight",
    [
        ({"sizing": {"fraction": 0.5}}, NAN, 0.5),
        ({"stop_loss": 0.05, "sizing": {"method": "risk", "risk": 0.01}}, NAN, 0.2),
        ({"stop_loss": 0.001, "sizing": {"method": "risk", "risk": 0.05}}, NAN, 1.0),
        ({"sizing": {"method": "volatility_target", "target_volatility": 0.1}}, 0.4, 0.25),
        ({"sizing": {"method": "volatility_target", "target_volatility": 0.1}}, 0.0, 1.0),
    ],
)
def test_the_weight_follows_the_sizing_and_is_at_most_one(risk: dict[str, Any], volatility: float, weight: float):
    assert weights(answers([0.6, 0.6], volatility=volatility), risk=risk) == pytest.approx([weight, weight])


def test_the_weight_is_set_at_entry_and_kept():
    found = answers([0.6, 0.6, 0.4, 0.6], volatility=0.2)
    found.volatility[1:] = [[0.4], [0.4], [0.4]]

    kept = weights(found, risk={"sizing": {"method": "volatility_target", "target_volatility": 0.1}})

    assert kept == [0.5, 0.5, 0.0, 0.25]


def test_a_fraction_is_split_over_the_symbols_and_the_gross_sum_is_held_down_together():
    found = answers(np.array([[0.6, 0.5, NAN], [0.5, 0.6, 0.6], [0.4, 0.5, 0.5]]))

    plain = made(found, risk={"sizing": {"fraction": 0.9}})
    bound = made(found, risk={"sizing": {"fraction": 0.9}, "max_gross": 0.6})

    np.testing.assert_allclose(plain.weights, [[0.3, 0.0, NAN], [0.3, 0.3, 0.3], [0.0, 0.3, 0.3]])
    np.testing.assert_allclose(bound.weights, [[0.3, 0.0, NAN], [0.2, 0.2, 0.2], [0.0, 0.2, 0.2]])


def test_every_bar_is_counted_once_and_the_highest_probability_is_kept():
    found = made(answers([0.6, 0.6, 0.46, 0.46, 0.4, 0.3]))

    assert found.counts == {"long": 2, "short": 2, "flat": 1, "below_threshold": 1}
    assert sum(found.counts.values()) == 6
    assert found.highest_probability == pytest.approx(0.7)
    assert found.no_trade_reason is None


@pytest.mark.parametrize(
    "ups, changes, reason",
    [
        ([0.5, 0.52], {}, "never_confident"),
        ([0.4, 0.45], {}, "only_shorts_signalled"),
        ([0.6, 0.6], {"min_bars_between": 5}, "blocked_by_min_bars"),
    ],
)
def test_a_strategy_that_never_trades_says_why(ups: list[float], changes: dict[str, Any], reason: str):
    assert made(answers(ups), decisions=changes).no_trade_reason == reason


def test_a_variation_lowers_the_exit_with_the_entry():
    spec = a_spec(decisions={"enter_at": 0.6, "exit_at": 0.58})

    found = variation(spec, enter_at=0.5, allow_short=True, max_holding_bars=20)

    assert (found.decisions.enter_at, found.decisions.exit_at, found.decisions.allow_short) == (0.5, 0.5, True)
    assert found.risk.max_holding_bars == 20
    assert spec.decisions.exit_at == 0.58


YEARS, COSTS = {"X": 252, "Y": 252}, {"X": 0.0001, "Y": 0.0001}
TWO = {"universe": {"symbols": ["X", "Y"], "timeframe": "1d"}}
DECIDERS = [
    {
        "model": {"kind": "mlp", "params": {"hidden": [3], "epochs": 5}},
        "decisions": {"enter_at": 0.5, "exit_at": 0.48, "allow_short": True},
    },
    {
        "model": {"kind": "gbdt", "params": {"rounds": 20, "leaves": 4}},
        "risk": {"sizing": {"method": "volatility_target"}, "max_gross": 0.5},
        "decisions": {"enter_at": 0.5, "exit_at": 0.5, "min_bars_between": 2},
    },
    {
        "model": {
            "kind": "mlp",
            "output": "regression",
            "params": {"hidden": [3], "epochs": 10, "learning_rate": 0.02},
        },
        "labels": {"kind": "forward_return", "horizon": 1},
        "decisions": {"edge_multiple": 0.5, "allow_short": True},
    },
]


def two_walks(count: int = 500) -> dict[str, Bars]:
    """Two symbols; the second misses every fifth bar."""
    second = a_walk(count, seed=8, symbol="Y")
    kept = np.arange(count) % 5 != 3
    columns = (second.stamps, second.open, second.high, second.low, second.close, second.volume)
    holed = Bars("Y", second.timeframe, *(column[kept] for column in columns))
    return {"X": a_walk(count, seed=7), "Y": holed}


@pytest.mark.parametrize("changes", DECIDERS, ids=["mlp", "gbdt", "ridge"])
def test_the_last_bar_of_every_window_decides_as_all_bars_do(changes: dict[str, Any]):
    spec, bars = a_spec(**TWO, **changes), two_walks()
    model = fit_whole(spec, build_training_set(spec, bars, stop=int(bars["X"].stamps[400])), 1).model
    start = int(bars["X"].stamps[400])

    whole = decisions(spec, model, bars, YEARS, COSTS, start=start)

    assert whole.entries > 2
    held = Held.nothing(2)
    for at, stamp in enumerate(whole.stamps):
        window = {
            name: each.part(0, int(np.searchsorted(each.stamps, stamp, side="right"))) for name, each in bars.items()
        }
        found = decide(spec, model, window, YEARS, COSTS, held)
        held = found.held
        row = dict(zip(whole.symbols, whole.weights[at], strict=True))
        assert found.stamp == stamp
        assert {name: np.float64(value).tobytes() for name, value in found.weights.items()} == {
            name: value.tobytes() for name, value in row.items() if not np.isnan(value)
        }
    assert held.weights.tobytes() == whole.held.weights.tobytes()


@settings(max_examples=15, deadline=None)
@given(
    ups=st.lists(st.floats(0, 1), min_size=2, max_size=40), cut=st.integers(1, 39), short=st.booleans(),
    enter=st.floats(0.34, 0.99), bars=st.integers(0, 5),
)  # fmt: skip
def test_a_run_cut_in_two_goes_on_where_it_stood(ups: list[float], cut: int, short: bool, enter: float, bars: int):
    spec = a_spec(decisions={"enter_at": enter, "exit_at": 0.34, "allow_short": short, "min_bars_between": bars})
    cut, costs = min(cut, len(ups) - 1), {"X": 0.0}

    whole = targets(spec, answers(ups), costs)
    first = targets(spec, answers(ups[:cut]), costs)
    second = targets(spec, answers(ups[cut:]), costs, first.held)

    assert [*first.weights[:, 0], *second.weights[:, 0]] == whole.weights[:, 0].tolist()
    assert np.abs(whole.weights).max() <= 1.0


def test_decisions_start_flat_inside_their_window():
    spec: StrategySpec = a_spec(decisions={"enter_at": 0.5, "exit_at": 0.34})
    model, _ = trained(spec)
    bars = a_walk(700)

    found = decisions(spec, model, {"X": bars}, YEARS, COSTS, start=int(bars.stamps[500]), stop=int(bars.stamps[600]))

    assert found.stamps.tolist() == bars.stamps[500:600].tolist()
    assert not np.isnan(found.weights).any()


def test_no_decision_is_made_before_the_warm_up():
    spec = a_spec(risk={"sizing": {"method": "volatility_target"}})
    model, _ = trained(spec)

    found = signals(spec, model, {"X": a_walk(100)}, YEARS)

    assert np.isnan(found.up[:60]).all()
    assert np.isfinite(found.up[60:]).all()
    close = a_walk(100).close
    moves = close[1:] / close[:-1] - 1
    assert found.volatility[80, 0] == pytest.approx(moves[20:80].std(ddof=1) * np.sqrt(252))


def test_a_model_of_other_columns_decides_nothing():
    model, _ = trained(a_spec())

    with pytest.raises(Refused) as caught:
        decisions(a_spec(features=[{"price": "gap"}]), model, {"X": a_walk(100)}, YEARS, COSTS)

    assert caught.value.code == "feature_mismatch"
