"""The gates of a cycle: scenarios, equality, missing values, reason texts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.research.gates import Limits, backtest_gate, training_gate


def a_training(**changes):
    return {"accuracy": 0.60, "initial_loss": 1.0, "final_loss": 0.5, **changes}


def a_backtest(**changes):
    return {"total_trades": 40, "win_rate": 0.55, "max_drawdown": 0.10, "sharpe_ratio": 0.8, **changes}


def test_an_accuracy_of_40_percent_is_refused_with_its_figures():
    verdict = training_gate(a_training(accuracy=0.40), Limits())

    assert not verdict.passed
    assert verdict.decisive.reason == "accuracy_below_threshold (40.0% < 45%)"
    assert [answer.decisive for answer in verdict.answers] == [True, False, False]


@pytest.mark.parametrize(
    "accuracy, initial, final, reason",
    [
        (0.40, 1.0, 0.95, "accuracy_below_threshold (40.0% < 45%)"),
        (0.60, 1.0, 0.95, "loss_too_high (0.950 > 0.8)"),
        (0.60, 0.60, 0.57, "insufficient_loss_decrease (5.0% < 20%)"),
    ],
)
def test_the_first_failing_check_decides_in_the_fixed_order(accuracy, initial, final, reason):
    verdict = training_gate({"accuracy": accuracy, "initial_loss": initial, "final_loss": final}, Limits())

    assert verdict.decisive.reason == reason
    assert len(verdict.answers) == 3
    assert sum(answer.decisive for answer in verdict.answers) == 1


def test_equality_passes_every_check():
    training = training_gate({"accuracy": 0.45, "initial_loss": 1.25, "final_loss": 0.8}, Limits())
    backtest = backtest_gate(
        {"total_trades": 10, "win_rate": 0.45, "max_drawdown": 0.40, "sharpe_ratio": -0.5}, Limits()
    )

    assert training.passed
    assert backtest.passed


def test_nine_trades_are_too_few_before_a_low_win_rate_is_looked_at():
    verdict = backtest_gate(a_backtest(total_trades=9, win_rate=0.1), Limits())

    assert verdict.decisive.reason == "too_few_trades (9 < 10)"


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"total_trades": 3}, "too_few_trades (3 < 10)"),
        ({"max_drawdown": 0.45}, "drawdown_too_high (45.0% > 40%)"),
        ({"sharpe_ratio": -0.80}, "sharpe_too_low (-0.80 < -0.5)"),
        ({"win_rate": None}, "win_rate_too_low (missing < 45%)"),
        ({"max_drawdown": math.nan}, "drawdown_too_high (missing > 40%)"),
    ],
)
def test_a_reason_names_observed_and_limit(changes, reason):
    assert backtest_gate(a_backtest(**changes), Limits()).decisive.reason == reason


@pytest.mark.parametrize(
    "accuracy, reason",
    [
        (0.4499, "accuracy_below_threshold (44.99% < 45%)"),
        (0.449999, "accuracy_below_threshold (44.9999% < 45%)"),
        (0.44999999, "accuracy_below_threshold (44.999999% < 45%)"),
    ],
)
def test_more_decimals_are_shown_until_observed_and_limit_read_differently(accuracy, reason):
    assert training_gate(a_training(accuracy=accuracy), Limits()).decisive.reason == reason


def test_a_difference_below_the_tolerance_passes():
    assert training_gate(a_training(accuracy=0.45 - 5e-10), Limits()).passed


def test_the_larger_of_train_and_test_loss_is_judged():
    verdict = training_gate(a_training(test_loss=0.9), Limits())

    assert verdict.decisive.reason == "loss_too_high (0.900 > 0.8)"
    assert training_gate(a_training(test_loss=None), Limits()).passed


def test_a_test_loss_that_is_not_finite_is_missing():
    verdict = training_gate(a_training(test_loss=math.inf), Limits())

    assert verdict.decisive.observed is None
    assert "missing" in verdict.decisive.reason


@pytest.mark.parametrize("initial", [0.0, -1.0])
def test_an_initial_loss_that_is_not_positive_fails_the_decrease(initial):
    verdict = training_gate(a_training(initial_loss=initial, final_loss=-2.0), Limits())

    assert verdict.decisive.code == "insufficient_loss_decrease"
    assert verdict.decisive.observed is None


def test_a_regression_at_exactly_half_direction_is_refused():
    result = {"output": "regression", "directional_accuracy": 0.50, "final_loss": 0.4}

    verdict = training_gate(result, Limits())

    assert verdict.decisive.reason == "directional_accuracy_below_threshold (50.0% <= 50%)"
    assert training_gate({**result, "directional_accuracy": 0.51}, Limits()).passed
    assert len(verdict.answers) == 2


def test_a_regression_backtest_is_judged_by_its_net_return():
    result = {"total_trades": 12, "total_return": -0.012, "max_drawdown": 0.1}

    verdict = backtest_gate(result, Limits(), "regression")

    assert verdict.decisive.reason == "net_return_negative (-1.2% < 0%)"
    assert backtest_gate({**result, "total_return": 0.0}, Limits(), "regression").passed


def test_limits_wider_than_the_defaults_are_named():
    assert Limits().wider_than_default() == ()
    assert Limits(min_accuracy=0.0, max_loss=99.0, min_trades=20).wider_than_default() == ("min_accuracy", "max_loss")


def test_an_empty_result_fails_every_check():
    assert all(not answer.passed for answer in training_gate({}, Limits()).answers)
    assert all(not answer.passed for answer in backtest_gate({}, Limits()).answers)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_refused_share_never_reads_like_its_limit(observed, limit):
    verdict = training_gate(a_training(accuracy=observed), Limits(min_accuracy=limit))

    first = verdict.answers[0]
    assert first.passed == (observed >= limit - 1e-9)
    assert first.reason.startswith("accuracy_below_threshold (")
