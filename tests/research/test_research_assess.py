"""The rubric, its ceiling, and the words of an assessment."""

import re

import pytest

from mintmark.research.assess import Evidence, capped, ceiling, judge, rubric
from mintmark.research.gates import Limits
from mintmark.research.wording import hypotheses, strengths, suggestions, weaknesses

TRAINING = {
    "accuracy": 0.70, "majority_accuracy": 0.60, "shuffled_accuracy": 0.62, "validation_accuracy": 0.72,
    "test_loss": 0.55, "prior_loss": 0.65, "feature_count": 8, "model_kind": "gbdt", "best_round": 40,
    "rounds_trained": 60, "samples": {"train": 2000, "validation": 400, "test": 400}, "calibration_error": 0.04,
}  # fmt: skip
BACKTEST = {
    "sharpe_ratio": 1.2, "max_drawdown": 0.15, "total_trades": 40, "dsr": 0.96, "pbo": 0.3, "out_of_sample": True,
    "benchmark_sharpe": 0.6, "bars": 1200, "dsr_trials": 9, "turnover": 20.0, "undefined": {},
    "fees": {"amount": "-100.5", "currency": "USD"},
}  # fmt: skip
REJECTED = {"gate": "backtest", "code": "too_few_trades", "reason": "too_few_trades (3 < 10)"}


def evidence(training=None, backtest=None, rejection=None, **limits):
    return Evidence({**TRAINING, **(training or {})}, {**BACKTEST, **(backtest or {})}, rejection, Limits(**limits))


def test_strong_figures_that_meet_every_condition_are_promising():
    assert judge(evidence()).verdict == "promising"
    assert judge(evidence()).capped_by == ()


@pytest.mark.parametrize(
    "backtest, cap",
    [
        ({"dsr": 0.94}, "dsr"),
        ({"dsr": None}, "dsr"),
        ({"pbo": 0.5}, "pbo"),
        ({"pbo": None}, "pbo"),
        ({"out_of_sample": False}, "in_sample"),
        ({"dsr": None, "undefined": {"dsr": "trials_unknown"}}, "trials_unknown"),
    ],
)
def test_promising_without_one_of_the_four_is_mediocre(backtest, cap):
    judgement = judge(evidence(backtest=backtest))

    assert judgement.verdict == "mediocre"
    assert judgement.capped_by == (cap,)


def test_wider_limits_than_the_defaults_cap_the_verdict():
    assert judge(evidence(min_accuracy=0.0)).capped_by == ("limits",)
    assert judge(evidence(min_accuracy=0.5)).verdict == "promising"


def test_no_assessor_gets_past_the_ceiling():
    refused = evidence(rejection=REJECTED)

    assert capped("promising", refused).verdict == "poor"
    assert "gate" in ceiling(refused)
    assert capped("poor", evidence()).verdict == "poor"


@pytest.mark.parametrize(
    "training, backtest",
    [
        ({}, {"sharpe_ratio": -0.01}),
        ({}, {"sharpe_ratio": None}),
        ({}, {"max_drawdown": 0.301}),
        ({}, {"total_trades": 19}),
        ({"validation_accuracy": 0.801}, {}),
        ({"test_loss": 0.65}, {}),
    ],
)
def test_what_makes_a_verdict_poor(training, backtest):
    assert rubric(evidence(training, backtest)) == "poor"


@pytest.mark.parametrize(
    "backtest", [{"sharpe_ratio": 0.99}, {"max_drawdown": 0.201}, {"total_trades": 29}, {"sharpe_ratio": 0.0}]
)
def test_what_is_neither_poor_nor_promising_is_mediocre(backtest):
    assert rubric(evidence(backtest=backtest)) == "mediocre"


def test_a_refused_training_is_poor_without_a_backtest():
    rejection = {"gate": "training", "code": "x", "reason": "accuracy_below_threshold (40.0% < 45%)"}

    judgement = judge(Evidence(TRAINING, None, rejection, Limits()))

    assert (judgement.verdict, judgement.capped_by) == ("poor", ("gate",))


@pytest.mark.parametrize("name", ["majority_accuracy", "shuffled_accuracy"])
def test_an_accuracy_that_chance_reaches_is_always_a_weakness(name):
    found = weaknesses(evidence({name: 0.70}))

    assert found[0].startswith("accuracy 70.0% is not above")


def test_a_regression_is_measured_by_its_directions():
    regression = {"accuracy": None, "directional_accuracy": 0.51, "majority_accuracy": 0.55}

    assert weaknesses(evidence(regression))[0].startswith("accuracy 51.0% is not above")


CASES = [
    evidence(),
    evidence(rejection=REJECTED),
    evidence(backtest={"total_trades": 0, "sharpe_ratio": None, "win_rate": None, "dsr": None, "pbo": None}),
    evidence({"accuracy": 0.1, "test_loss": 2.0}, {"max_drawdown": 0.9, "sharpe_ratio": -3.0, "turnover": 400.0}),
    Evidence(TRAINING, None, {"gate": "training", "code": "x", "reason": "loss_too_high (0.950 > 0.8)"}, Limits()),
    Evidence({}, None, {"gate": "training", "code": "x", "reason": "loss_too_high (missing > 0.8)"}, Limits()),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("say", [strengths, weaknesses, suggestions])
def test_each_list_has_two_to_four_entries_that_name_figures(case, say):
    found = say(case)

    assert 2 <= len(found) <= 4
    assert len(set(found)) == len(found)
    assert all(re.search(r"\d", sentence) for sentence in found)


def test_hypotheses_are_made_of_training_evidence_and_say_what_to_change():
    found = hypotheses({"model": {"kind": "gbdt"}, "labels": {"kind": "zigzag"}}, {**TRAINING, "accuracy": 0.55})

    assert 1 <= len(found) <= 2
    assert all(claim.change and re.search(r"\d", claim.text) for claim in found)
