"""Parts that never touch, trainings that end in the same bytes, evidence that adds up."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from strategy_builders import a_spec, a_walk, bars_of, sp500, trained

from mintmark.domain import Bars, Damaged, Refused
from mintmark.strategy import (
    Fitted,
    Model,
    StrategySpec,
    build_training_set,
    evaluate,
    fit,
    fit_whole,
    periods,
)
from mintmark.strategy.evidence import calibration_error

GBDT = {"kind": "gbdt", "params": {"rounds": 60, "leaves": 4, "min_leaf": 20}}
MLP = {"kind": "mlp", "params": {"hidden": [4], "epochs": 4}}
LOGISTIC = {"kind": "logistic"}
REGRESSION = {"labels": {"kind": "forward_return", "horizon": 3}}


def a_case(model: dict[str, Any], *, regression: bool = False, **changes: Any) -> StrategySpec:
    if not regression:
        return a_spec(model=model, **changes)
    return a_spec(model={**model, "output": "regression"}, **REGRESSION, **changes)


EAGER = {
    "logistic": LOGISTIC,
    "gbdt": GBDT,
    "mlp": {"kind": "mlp", "params": {"hidden": [4], "epochs": 40, "learning_rate": 0.02}},
}
CASES = [(model, regression) for model in (LOGISTIC, GBDT, MLP) for regression in (False, True)]


@pytest.mark.parametrize("model, regression", CASES)
def test_the_same_training_twice_ends_in_the_same_model(model: dict[str, Any], regression: bool):
    spec = a_case(model, regression=regression)

    first, second, other = (trained(spec, random_state=state)[0] for state in (5, 5, 6))

    assert first.model_hash == second.model_hash
    assert (other.model_hash == first.model_hash) is (model is LOGISTIC)


@pytest.mark.parametrize("model, regression", CASES)
def test_a_training_resumed_from_any_checkpoint_ends_in_the_same_model(model: dict[str, Any], regression: bool):
    spec = a_case(model, regression=regression, training={"patience": 500})
    given = build_training_set(spec, {"X": a_walk(600)})
    blocks = list(fit(spec, given, 9))

    for block in blocks:
        rest = list(fit(spec, given, 9, restored=block.state))

        assert rest[-1].fitted is not None
        assert blocks[-1].fitted is not None
        assert rest[-1].fitted.model.model_hash == blocks[-1].fitted.model.model_hash
        assert rest[-1].fitted.history == blocks[-1].fitted.history


def test_blocks_are_25_rounds_of_trees_and_one_epoch_of_a_network():
    counts = {}
    for model in (LOGISTIC, GBDT, MLP):
        spec = a_case(model, training={"patience": 500})
        counts[model["kind"]] = [block.round for block in fit(spec, build_training_set(spec, {"X": a_walk(500)}), 1)]

    assert counts == {"logistic": [1], "gbdt": [25, 50, 60], "mlp": [1, 2, 3, 4]}


@pytest.mark.parametrize("changed", ["strategy", "random_state", "pack", "code"])
def test_a_checkpoint_of_another_training_is_a_mismatch(changed: str):
    spec = a_case(MLP)
    given = build_training_set(spec, {"X": a_walk(500)})
    identity = {"pack": "a", "code": "b"}
    state = next(fit(spec, given, 1, identity=identity)).state

    other = a_case(MLP, decisions={"enter_at": 0.6}) if changed == "strategy" else spec
    held = {**identity, changed: "else"} if changed in identity else identity
    with pytest.raises(Damaged) as caught:
        next(fit(other, given, 2 if changed == "random_state" else 1, identity=held, restored=state))

    assert caught.value.code == "checkpoint_mismatch"
    assert caught.value.details["differing"] == [changed]


def test_a_checkpoint_that_does_not_read_is_a_mismatch():
    spec = a_case(MLP)
    given = build_training_set(spec, {"X": a_walk(500)})
    state = next(fit(spec, given, 1)).state

    for damaged in (b"", b"PK", state[:-200], b"\x93NUMPY" + state):
        with pytest.raises(Damaged) as caught:
            next(fit(spec, given, 1, restored=damaged))

        assert caught.value.code == "checkpoint_mismatch"


def test_a_training_stops_when_patience_runs_out_and_keeps_the_best_round():
    spec = a_spec(model={"kind": "gbdt", "params": {"rounds": 400, "min_leaf": 5}}, training={"patience": 7})
    given = build_training_set(spec, {"X": a_walk(700)})

    fitted = fit_whole(spec, given, 1)

    losses = fitted.history["validation_loss"]
    assert fitted.stopped_early
    assert fitted.rounds_trained == len(losses) - 1 == fitted.best_round + 7
    assert losses[fitted.best_round] == min(losses[1:])
    assert evaluate(fitted, given)["validation_loss"] == pytest.approx(losses[fitted.best_round], abs=1e-9)


def test_trees_that_sample_less_than_one_row_read_them_all():
    def fitted(subsample: float) -> Fitted:
        params = {"rounds": 10, "leaves": 4, "min_leaf": 5, "subsample": subsample}
        spec = a_spec(model={"kind": "gbdt", "params": params})
        whole = build_training_set(spec, {"X": a_walk(500)})
        few = [at for at, label in enumerate(whole.targets) if label != whole.targets[0]][:1]
        return fit_whole(spec, replace(whole, train=np.array([0, *few])), 1)

    assert fitted(0.3).history == fitted(1.0).history


@pytest.mark.parametrize("model, regression", CASES)
def test_the_untrained_model_is_the_first_entry_of_the_history(model: dict[str, Any], regression: bool):
    spec = a_case(model, regression=regression)
    given = build_training_set(spec, {"X": a_walk(500)})

    fitted = fit_whole(spec, given, 1)

    if regression:
        standard = given.targets[given.train] - given.targets[given.train].mean()
        standard /= given.targets[given.train].std()
        off = np.abs(standard)
        expected = np.where(off <= 1, off**2 / 2, off - 0.5).mean()
    else:
        expected = math.log(2)
    assert fitted.history["train_loss"][0] == pytest.approx(expected, rel=1e-12)
    assert len({len(values) for values in fitted.history.values()}) == 1


@pytest.mark.parametrize("model, regression", CASES)
def test_a_model_learns_a_rule_that_is_there(model: dict[str, Any], regression: bool):
    # Returns repeat their sign: what moved yesterday moves on.
    draws = np.random.default_rng(1)
    signs = np.cumprod(np.where(draws.random(1_500) < 0.1, -1.0, 1.0))
    opens = 100.0 * np.exp(np.cumsum(signs * 0.01 + draws.normal(0, 0.001, 1_500)))
    bars = bars_of([*opens[1:], opens[-1]], opens=list(opens), spread=0.01)
    spec = a_spec(
        labels={"kind": "forward_return", "horizon": 1},
        model={**EAGER[model["kind"]], "output": "regression" if regression else "classification"},
        features=[{"price": "return_1", "transform": "zscore"}],
    )  # fmt: skip
    given = build_training_set(spec, {"X": bars})

    evidence = evaluate(fit_whole(spec, given, 1), given)

    assert evidence["directional_accuracy" if regression else "accuracy"] > 0.85
    assert evidence["test_loss"] < 0.8 * evidence["prior_loss"]
    assert evidence["loss_decrease"] > 0.2


@pytest.mark.parametrize("model, regression", CASES)
def test_a_model_read_back_from_its_files_says_the_same(model: dict[str, Any], regression: bool):
    made, given = trained(a_case(model, regression=regression))

    read = Model.from_files(made.to_files())

    assert read.model_hash == made.model_hash
    assert read.predict(given.matrix).tobytes() == made.predict(given.matrix).tobytes()
    assert read.to_files() == made.to_files()


@pytest.mark.parametrize("model, regression", CASES)
def test_a_row_alone_gets_the_answer_it_gets_among_many(model: dict[str, Any], regression: bool):
    made, given = trained(a_case(model, regression=regression))

    together = made.predict(given.matrix)

    for at in (0, 7, len(together) - 1):
        assert made.predict(given.matrix[at : at + 1]).tobytes() == together[at : at + 1].tobytes()


@pytest.mark.parametrize("model", [LOGISTIC, GBDT])
def test_a_changed_byte_of_a_model_is_damage(model: dict[str, Any]):
    files = trained(a_case(model))[0].to_files()
    weights = next(name for name in files if name != "model.json")
    flipped = bytearray(files[weights])
    flipped[len(flipped) // 2] ^= 1

    for damaged in (
        {**files, weights: bytes(flipped)},
        {**files, "model.json": files["model.json"].replace(b'"centre": [\n  ', b'"centre": [\n  1')},
        {**files, "model.json": b"{}"},
        {"model.json": files["model.json"]},
    ):
        with pytest.raises(Damaged) as caught:
            Model.from_files(damaged)

        assert caught.value.code == "model_damaged"


def test_a_model_knows_the_columns_it_was_trained_on():
    made = trained(a_spec())[0]
    made.require_features(a_spec(decisions={"enter_at": 0.7}))

    with pytest.raises(Refused) as caught:
        made.require_features(a_spec(features=[{"indicator": "rsi"}, {"price": "gap"}]))
    assert caught.value.code == "feature_mismatch"
    assert caught.value.details == {"position": 1, "expected": "1d_return_1", "found": "1d_gap"}

    with pytest.raises(Refused, match="indicator parameters"):
        made.require_features(a_spec(indicators={"rsi": {"type": "rsi", "period": 15}}))


def test_the_model_hash_covers_the_weights_and_not_the_pack():
    made, given = trained(a_spec())

    moved = build_training_set(a_spec(), {"X": replace(a_walk(700), symbol="Y")})

    assert fit_whole(a_spec(), moved, 1).model.model_hash == made.model_hash
    assert replace(made, arrays={**made.arrays, "b0": made.arrays["b0"] + 1e-12}).model_hash != made.model_hash
    assert given.names == made.names


def test_evidence_of_classes_is_complete():
    spec = a_spec(labels={"kind": "triple_barrier", "take": 2.0, "stop": 1.0})
    given = build_training_set(spec, {"X": a_walk(900)})

    evidence = evaluate(fit_whole(spec, given, 1), given)

    truths = given.targets[given.test]
    shares = np.bincount(given.targets[given.train].astype(int), minlength=3) / len(given.train)
    assert evidence["initial_loss"] == pytest.approx(math.log(3))
    assert evidence["majority_accuracy"] == pytest.approx((truths == shares.argmax()).mean())
    assert evidence["prior_loss"] == pytest.approx(-np.log(np.maximum(shares, 1e-15))[truths.astype(int)].mean())
    assert evidence["loss_decrease"] == pytest.approx(1 - evidence["final_loss"] / math.log(3))
    assert sum(evidence["label_counts"].values()) == sum(
        evidence["samples"][p] for p in ("train", "validation", "test")
    )
    assert evidence["undefined"] == {"directional_accuracy": "classification", "mae": "classification"}
    assert {name for name, value in evidence.items() if value is None} == set(evidence["undefined"])


def test_evidence_of_returns_leaves_class_figures_out():
    spec = a_case(LOGISTIC, regression=True)
    given = build_training_set(spec, {"X": a_walk(600)})

    evidence = evaluate(fit_whole(spec, given, 1), given)

    assert set(evidence["undefined"]) == {"accuracy", "precision", "recall", "f1_score", "calibration_error"}
    assert {name for name, value in evidence.items() if value is None} == set(evidence["undefined"])
    assert 0 < evidence["mae"] < 0.1


def test_calibration_compares_confidence_with_the_share_of_right_answers():
    probabilities = np.array([[0.2, 0.8], [0.2, 0.8], [0.35, 0.65], [0.65, 0.35]])

    # Bin 0.8: half right, off by 0.3; bin 0.65: all right, off by 0.35.
    assert calibration_error(probabilities, np.array([1, 0, 1, 0])) == pytest.approx(0.5 * 0.3 + 0.5 * 0.35)


def test_real_bars_train_to_an_end():
    bars: Bars = sp500()
    spec = a_spec(universe={"symbols": ["SP500"], "timeframe": "1d", "context_timeframes": ["1w"]}, model=GBDT)
    cut = periods(spec, {"SP500": bars.stamps})

    given = build_training_set(spec, {"SP500": bars}, start=cut.start, stop=cut.holdout_start)
    evidence = evaluate(fit_whole(spec, given, 1), given)

    assert given.end == cut.training_end
    assert evidence["accuracy"] > 0.4
    assert evidence["samples"]["train"] > 2_000
