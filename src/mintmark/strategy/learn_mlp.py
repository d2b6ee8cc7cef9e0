"""A small network, trained by Adam; one block is one epoch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mintmark.strategy.archive import Arrays
from mintmark.strategy.arrays import FloatArray, IntArray
from mintmark.strategy.grammar import MlpParams
from mintmark.strategy.learner import Lessons, State, cut, extended, one_thread
from mintmark.strategy.model import Model
from mintmark.strategy.network import forward, softmax

_DECAY, _DECAY_SQUARE, _SMALL = 0.9, 0.999, 1e-8


@dataclass(frozen=True, eq=False)
class MlpLearner:
    """Rectified layers; softmax and cross-entropy, or one output and Huber loss.

    State arrays: ``w0 b0 ...`` the weights, ``best_*`` those of the best round, ``m_*`` and ``v_*`` Adam's moments,
    ``steps`` their count. The last layer starts at zero, so that the untrained network answers equal probabilities.

    Source:
        He et al. (2015) for the first weights; Kingma & Ba (2015) for Adam.
    """

    lessons: Lessons
    params: MlpParams

    @property
    def rounds(self) -> int:
        return self.params.epochs

    def first(self, generator: np.random.Generator) -> tuple[Arrays, str]:
        sizes = [self.lessons.train.shape[1], *self.params.hidden, self.lessons.outputs]
        weights: dict[str, FloatArray] = {}
        for at, (inputs, outputs) in enumerate(pairwise(sizes)):
            drawn = generator.normal(0.0, np.sqrt(2.0 / inputs), (inputs, outputs))
            weights[f"w{at}"] = np.zeros_like(drawn) if at == len(sizes) - 2 else drawn
            weights[f"b{at}"] = np.zeros(outputs)
        moments = {f"{word}_{name}": np.zeros_like(values) for word in "mv" for name, values in weights.items()}
        best = {f"best_{name}": values for name, values in weights.items()}
        return {**weights, **best, **moments, "steps": np.zeros(1)}, ""

    def advance(self, state: State, generator: np.random.Generator) -> State:
        arrays = {name: values.copy() for name, values in state.arrays.items()}
        with one_thread():
            self._epoch(arrays, generator)
        names = _weight_names(arrays)
        layers = [(arrays[f"w{at}"], arrays[f"b{at}"]) for at in range(len(names) // 2)]
        answers = [self._answers(forward(rows, layers)) for rows in (self.lessons.train, self.lessons.validation)]
        history = extended(state.history, self.lessons.score(answers[0], answers[1]))
        found = State(state.block + 1, arrays, "", history)
        if found.best_round == found.round:
            arrays.update({f"best_{name}": arrays[name] for name in names})
        return cut(found, self.lessons.spec.training.patience)

    def model(self, state: State) -> Model:
        kept = {name: state.arrays[f"best_{name}"] for name in _weight_names(state.arrays)}
        return self.lessons.model(kept)

    def _answers(self, scores: FloatArray) -> FloatArray:
        return softmax(scores) if self.lessons.classes else scores[:, 0]

    def _epoch(self, arrays: dict[str, FloatArray], generator: np.random.Generator) -> None:
        order = generator.permutation(len(self.lessons.train))
        names = _weight_names(arrays)
        for at in range(0, len(order), self.params.batch):
            gradients = self._gradients(arrays, len(names) // 2, order[at : at + self.params.batch])
            arrays["steps"] += 1.0
            steps = float(arrays["steps"][0])
            pace = self.params.learning_rate * np.sqrt(1.0 - _DECAY_SQUARE**steps) / (1.0 - _DECAY**steps)
            for name in names:
                first, second, gradient = arrays[f"m_{name}"], arrays[f"v_{name}"], gradients[name]
                first += (1.0 - _DECAY) * (gradient - first)
                second += (1.0 - _DECAY_SQUARE) * (gradient * gradient - second)
                arrays[name] -= pace * first / (np.sqrt(second) + _SMALL)

    def _gradients(self, arrays: dict[str, FloatArray], depth: int, batch: IntArray) -> dict[str, FloatArray]:
        seen = [self.lessons.train[batch]]
        for at in range(depth):
            scores = seen[-1] @ arrays[f"w{at}"] + arrays[f"b{at}"]
            seen.append(np.maximum(scores, 0.0) if at < depth - 1 else scores)
        off = self._output_error(seen[-1], batch) * (self.lessons.weights[batch] / len(batch))[:, None]
        gradients: dict[str, FloatArray] = {}
        for at in reversed(range(depth)):
            gradients[f"w{at}"] = seen[at].T @ off + self.params.l2 * arrays[f"w{at}"]
            gradients[f"b{at}"] = off.sum(axis=0)
            off = (off @ arrays[f"w{at}"].T) * (seen[at] > 0.0)
        return gradients

    def _output_error(self, scores: FloatArray, batch: IntArray) -> FloatArray:
        targets = self.lessons.train_targets[batch]
        if not self.lessons.classes:
            clipped: FloatArray = np.clip(scores - targets[:, None], -1.0, 1.0)
            return clipped
        off: FloatArray = np.exp(scores - scores.max(axis=1, keepdims=True))
        off /= off.sum(axis=1, keepdims=True)
        off[np.arange(len(batch)), targets.astype(np.int64)] -= 1.0
        return off


def _weight_names(arrays: Arrays) -> list[str]:
    depth = sum(name.startswith("best_w") for name in arrays)
    return [f"{letter}{at}" for at in range(depth) for letter in "wb"]
