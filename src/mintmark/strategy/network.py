"""Rows through weights, each row by itself: one row gives the same bits as a million."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mintmark.strategy.arrays import FloatArray
from mintmark.strategy.kernel import kernel

CLIP = 10.0


@kernel
def dense(rows: FloatArray, weights: FloatArray, bias: FloatArray, rectify: bool) -> FloatArray:
    """Return rows x weights + bias, (n_rows, n_out), summed in the order of the inputs."""
    result = np.empty((rows.shape[0], weights.shape[1]))
    for i in range(rows.shape[0]):
        for k in range(weights.shape[1]):
            result[i, k] = bias[k]
        for j in range(rows.shape[1]):
            x = rows[i, j]
            for k in range(weights.shape[1]):
                result[i, k] += x * weights[j, k]
        if rectify:
            for k in range(weights.shape[1]):
                result[i, k] = max(result[i, k], 0.0)
    return result


@kernel
def softmax(scores: FloatArray) -> FloatArray:
    """Return the class probabilities of ``scores``, (n_rows, n_classes)."""
    result = np.empty_like(scores)
    for i in range(scores.shape[0]):
        top = scores[i, 0]
        for k in range(1, scores.shape[1]):
            top = max(top, scores[i, k])
        total = 0.0
        for k in range(scores.shape[1]):
            result[i, k] = math.exp(scores[i, k] - top)
            total += result[i, k]
        for k in range(scores.shape[1]):
            result[i, k] /= total
    return result


def forward(rows: FloatArray, layers: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Return the scores of ``rows``: rectified hidden layers, then a plain one."""
    for at, (weights, bias) in enumerate(layers):
        rows = dense(rows, weights, bias, at < len(layers) - 1)
    return rows
