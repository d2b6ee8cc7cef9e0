"""What one training shows: the figures of a training's result that come from its own parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from mintmark.strategy.arrays import FloatArray
from mintmark.strategy.fitting import Fitted
from mintmark.strategy.learner import SERIES
from mintmark.strategy.losses import accuracy, cross_entropy, directional_accuracy, huber
from mintmark.strategy.training_set import TrainingSet

_BINS = 10


def evaluate(fitted: Fitted, given: TrainingSet) -> dict[str, Any]:
    """Return the evidence of ``fitted`` on the parts of ``given``: JSON values, null with its reason in ``undefined``.

    For regression the shares of right answers (``majority_accuracy``, ``validation_accuracy`` and those of the
    history) are shares of right directions, and losses are of standardised labels.
    """
    found = _classified(fitted, given) if given.classes else _regressed(fitted, given)
    first, last = found["initial_loss"], found["final_loss"]
    found["loss_decrease"] = (first - last) / first if first > 0 else None
    return {**found, **_course(fitted), **_shape(fitted, given), "undefined": _undefined(found, given)}


def _classified(fitted: Fitted, given: TrainingSet) -> dict[str, Any]:
    answers = {part: fitted.model.predict(given.part(part)[0]) for part in ("train", "validation", "test")}
    truths = {part: given.part(part)[1] for part in answers}
    shares = np.bincount(truths["train"].astype(np.int64), minlength=len(given.classes)) / len(truths["train"])
    prior = np.tile(shares, (len(truths["test"]), 1))
    precision, recall, f1 = _per_class(answers["test"].argmax(axis=1), truths["test"], len(given.classes))
    return {
        "accuracy": accuracy(answers["test"], truths["test"]),
        "majority_accuracy": accuracy(prior, truths["test"]),
        "directional_accuracy": None,
        "validation_accuracy": accuracy(answers["validation"], truths["validation"]),
        "initial_loss": fitted.history["train_loss"][0],
        "final_loss": cross_entropy(answers["train"], truths["train"]),
        "validation_loss": cross_entropy(answers["validation"], truths["validation"]),
        "test_loss": cross_entropy(answers["test"], truths["test"]),
        "prior_loss": cross_entropy(prior, truths["test"]),
        "precision": precision,
        "recall": recall,
        "f1_score": f1,
        "mae": None,
        "calibration_error": calibration_error(answers["test"], truths["test"]),
    }


def _regressed(fitted: Fitted, given: TrainingSet) -> dict[str, Any]:
    mean, deviation = fitted.model.label_scale
    answers = {part: fitted.model.predict(given.part(part)[0]) for part in ("train", "validation", "test")}
    truths = {part: given.part(part)[1] for part in answers}
    losses = {part: huber((answers[part] - mean) / deviation, (truths[part] - mean) / deviation) for part in answers}
    return {
        "accuracy": None,
        "majority_accuracy": directional_accuracy(np.full(len(truths["test"]), mean), truths["test"]),
        "directional_accuracy": directional_accuracy(answers["test"], truths["test"]),
        "validation_accuracy": directional_accuracy(answers["validation"], truths["validation"]),
        "initial_loss": fitted.history["train_loss"][0],
        "final_loss": losses["train"],
        "validation_loss": losses["validation"],
        "test_loss": losses["test"],
        "prior_loss": huber(np.zeros(len(truths["test"])), (truths["test"] - mean) / deviation),
        "precision": None,
        "recall": None,
        "f1_score": None,
        "mae": float(np.abs(answers["test"] - truths["test"]).mean()),
        "calibration_error": None,
    }


def _per_class(answers: FloatArray, truths: FloatArray, classes: int) -> tuple[float, float, float]:
    """Return precision, recall and F1, plain means over the classes that occur; 0 where none was right."""
    rows = []
    for at in range(classes):
        right = int(((answers == at) & (truths == at)).sum())
        answered, true = int((answers == at).sum()), int((truths == at).sum())
        if answered + true:
            rows.append((right / max(answered, 1), right / max(true, 1), 2 * right / (answered + true)))
    precision, recall, f1 = np.array(rows).mean(axis=0)
    return float(precision), float(recall), float(f1)


def calibration_error(probabilities: FloatArray, truths: FloatArray) -> float:
    """Return the expected calibration error over 10 equal bins of the highest probability.

    Source: Guo et al. (2017), On calibration of modern neural networks.
    """
    highest = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truths
    bins = np.minimum((highest * _BINS).astype(np.int64), _BINS - 1)
    gaps = [abs(right[bins == at].sum() - highest[bins == at].sum()) for at in range(_BINS)]
    return float(sum(gaps) / len(truths))


def _course(fitted: Fitted) -> dict[str, Any]:
    return {
        "rounds_trained": fitted.rounds_trained,
        "best_round": fitted.best_round,
        "stopped_early": fitted.stopped_early,
        "history": {name: list(fitted.history[name]) for name in SERIES},
    }


def _shape(fitted: Fitted, given: TrainingSet) -> dict[str, Any]:
    return {
        "model_kind": fitted.model.kind,
        "output": fitted.model.output,
        "model_hash": fitted.model.model_hash,
        "feature_names": list(given.names),
        "feature_count": len(given.names),
        "feature_hash": fitted.model.feature_hash,
        "label_counts": given.label_counts,
        "samples": given.samples,
    }


def _undefined(found: dict[str, Any], given: TrainingSet) -> dict[str, str]:
    reason = "classification" if given.classes else "regression"
    missing = {name for name, value in found.items() if value is None}
    moves = {"directional_accuracy", "validation_accuracy", "majority_accuracy"}
    return {name: "no_moves" if not given.classes and name in moves else reason for name in sorted(missing)}
