"""Boosted trees in blocks of 25 rounds, each from the model text of the block before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mintmark.strategy.archive import Arrays
from mintmark.strategy.arrays import FloatArray, IntArray
from mintmark.strategy.grammar import GbdtParams
from mintmark.strategy.learner import SERIES, History, Lessons, State, cut
from mintmark.strategy.model import Model

BLOCK = 25


@dataclass(frozen=True, eq=False)
class GbdtLearner:
    """LightGBM on one thread. Classes the train part lacks get no trees and probability 0."""

    lessons: Lessons
    params: GbdtParams

    @property
    def rounds(self) -> int:
        return self.params.rounds

    @cached_property
    def found(self) -> IntArray:
        return np.unique(self.lessons.train_targets).astype(np.int64)

    def first(self, generator: np.random.Generator) -> tuple[Arrays, str]:  # noqa: ARG002
        return {}, ""

    def advance(self, state: State, generator: np.random.Generator) -> State:
        import lightgbm

        history = {name: list(values) for name, values in state.history.items()}
        booster = lightgbm.train(
            {**self._settings, "bagging_seed": int(generator.integers(0, 2**31 - 1))},
            self._train,
            num_boost_round=min(BLOCK, self.rounds - state.round),
            valid_sets=[self._train, self._validation],
            valid_names=["train", "validation"],
            feval=_Recorder(self.lessons, self.found, history),
            init_model=lightgbm.Booster(model_str=state.text) if state.text else None,
        )
        text = booster.model_to_string(num_iteration=-1)
        return cut(State(state.block + 1, {}, text, history), self.lessons.spec.training.patience)

    def model(self, state: State) -> Model:
        import lightgbm

        booster = lightgbm.Booster(model_str=state.text)
        kept = booster.model_to_string(num_iteration=state.best_round)
        return self.lessons.model({}, kept, tuple(int(at) for at in self.found) if self.lessons.classes else ())

    @cached_property
    def _settings(self) -> dict[str, Any]:
        params, several = self.params, len(self.found) > 2
        objective = "huber" if not self.lessons.classes else "multiclass" if several else "binary"
        return {
            "objective": objective,
            "alpha": 1.0,
            "num_class": len(self.found) if objective == "multiclass" else 1,
            "boost_from_average": False,
            "num_leaves": params.leaves,
            "learning_rate": params.learning_rate,
            "min_data_in_leaf": params.min_leaf,
            "bagging_fraction": params.subsample,
            "bagging_freq": 1 if self._sampled else 0,
            "metric": "None",
            **_EXACT,
        }

    @property
    def _sampled(self) -> bool:
        # LightGBM refuses a sample of no row; of so few rows every one is read.
        return self.params.subsample < 1.0 and int(self.params.subsample * len(self.lessons.train)) > 0

    @cached_property
    def _train(self) -> Any:
        import lightgbm

        targets = self.lessons.train_targets
        labels = np.searchsorted(self.found, targets) if self.lessons.classes else targets
        rows, weights = self.lessons.train, self.lessons.weights
        return lightgbm.Dataset(rows, labels, weight=weights, params=_EXACT, free_raw_data=False)

    @cached_property
    def _validation(self) -> Any:
        # Its labels are not read: the recorder holds the true ones, which may be of classes without trees.
        labels = np.zeros(len(self.lessons.validation))
        return self._train.create_valid(self.lessons.validation, labels)


_EXACT: dict[str, Any] = {
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "feature_pre_filter": False,
    "data_random_seed": 1,
    "verbosity": -1,
}


class _Recorder:
    """Notes losses and accuracies of every round; LightGBM asks for train first, then validation."""

    def __init__(self, lessons: Lessons, found: IntArray, history: History) -> None:
        self.lessons = lessons
        self.found = found
        self.history = history
        self._train_answers: FloatArray | None = None

    def __call__(self, predictions: FloatArray, _: Any) -> tuple[str, float, bool]:
        answers = self._answers(predictions)
        if self._train_answers is None:
            self._train_answers = answers
            return "loss", 0.0, False
        scores = self.lessons.score(self._train_answers, answers)
        for name, value in zip(SERIES, scores, strict=True):
            self.history[name].append(value)
        self._train_answers = None
        return "loss", scores[1], False

    def _answers(self, predictions: FloatArray) -> FloatArray:
        if not self.lessons.classes:
            return predictions
        known = np.column_stack([1.0 - predictions, predictions]) if predictions.ndim == 1 else predictions
        answers = np.zeros((len(known), self.lessons.outputs))
        answers[:, self.found] = known
        return answers
