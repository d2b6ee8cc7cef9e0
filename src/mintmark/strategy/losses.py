"""Losses and shares of right answers."""

from __future__ import annotations

import numpy as np

from mintmark.strategy.arrays import FloatArray

_LEAST = 1e-15


def cross_entropy(probabilities: FloatArray, targets: FloatArray) -> float:
    """Return the mean of -ln p(true class); a probability under 1e-15 counts as that."""
    chosen = probabilities[np.arange(len(targets)), targets.astype(np.int64)]
    return float(-np.log(np.maximum(chosen, _LEAST)).mean())


def huber(predictions: FloatArray, targets: FloatArray) -> float:
    """Return the mean Huber loss with delta 1 (Huber 1964)."""
    off = np.abs(predictions - targets)
    return float(np.where(off <= 1.0, 0.5 * off * off, off - 0.5).mean())


def accuracy(probabilities: FloatArray, targets: FloatArray) -> float:
    """Return the share of rows whose likeliest class is the true one; the first of equals is the answer."""
    return float((probabilities.argmax(axis=1) == targets).mean())


def directional_accuracy(predictions: FloatArray, targets: FloatArray) -> float | None:
    """Return the share of rows whose sign is right; rows of no move are left out, none left gives None."""
    moved = targets != 0
    return float((np.sign(predictions[moved]) == np.sign(targets[moved])).mean()) if moved.any() else None
