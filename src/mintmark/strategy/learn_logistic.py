"""Logistic regression and ridge: one block each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mintmark.strategy.archive import Arrays
from mintmark.strategy.arrays import FloatArray
from mintmark.strategy.grammar import LogisticParams
from mintmark.strategy.learner import Lessons, State, extended, one_thread
from mintmark.strategy.model import Model
from mintmark.strategy.network import forward, softmax

_MAX_STEPS = 1_000


@dataclass(frozen=True, eq=False)
class LogisticLearner:
    """Minimises weighted cross-entropy (or squared error) plus the ridge |w|^2 / 2c; the bias is free."""

    lessons: Lessons
    params: LogisticParams
    rounds: int = 1

    def first(self, generator: np.random.Generator) -> tuple[Arrays, str]:  # noqa: ARG002
        columns, outputs = self.lessons.train.shape[1], self.lessons.outputs
        return {"w0": np.zeros((columns, outputs)), "b0": np.zeros(outputs)}, ""

    def advance(self, state: State, generator: np.random.Generator) -> State:  # noqa: ARG002
        with one_thread():
            weights = self._ridge() if not self.lessons.classes else self._logistic()
        arrays = {"w0": np.ascontiguousarray(weights[:-1]), "b0": np.ascontiguousarray(weights[-1])}
        layers = [(arrays["w0"], arrays["b0"])]
        answers = [self._answers(forward(rows, layers)) for rows in (self.lessons.train, self.lessons.validation)]
        history = extended(state.history, self.lessons.score(answers[0], answers[1]))
        return State(state.block + 1, arrays, "", history)

    def model(self, state: State) -> Model:
        return self.lessons.model(state.arrays)

    def _answers(self, scores: FloatArray) -> FloatArray:
        return softmax(scores) if self.lessons.classes else scores[:, 0]

    def _ridge(self) -> FloatArray:
        rows, weights = _with_bias(self.lessons.train), self.lessons.weights[:, None]
        penalty = np.full(rows.shape[1], 1.0 / self.params.c)
        penalty[-1] = 1e-9
        left = rows.T @ (rows * weights) + np.diag(penalty)
        right = rows.T @ (self.lessons.train_targets[:, None] * weights)
        return np.asarray(np.linalg.solve(left, right), dtype=np.float64)

    def _logistic(self) -> FloatArray:
        from scipy.optimize import minimize

        rows, outputs = _with_bias(self.lessons.train), self.lessons.outputs
        count = len(rows)
        truth = np.zeros((count, outputs))
        truth[np.arange(count), self.lessons.train_targets.astype(np.int64)] = 1.0
        share = self.lessons.weights[:, None] / count
        ridge = np.full((rows.shape[1], 1), 1.0 / (self.params.c * count))
        ridge[-1] = 0.0

        def loss(flat: FloatArray) -> tuple[float, FloatArray]:
            weights = flat.reshape(rows.shape[1], outputs)
            scores = rows @ weights
            scores -= scores.max(axis=1, keepdims=True)
            odds = np.exp(scores)
            total = odds.sum(axis=1, keepdims=True)
            off = odds / total - truth
            value = float((share * truth * (np.log(total) - scores)).sum() + 0.5 * (ridge * weights * weights).sum())
            return value, (rows.T @ (share * off) + ridge * weights).ravel()

        start = np.zeros(rows.shape[1] * outputs)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _MAX_STEPS})
        weights: FloatArray = found.x.reshape(rows.shape[1], outputs)
        return weights


def _with_bias(rows: FloatArray) -> FloatArray:
    return np.column_stack([rows, np.ones(len(rows))])
