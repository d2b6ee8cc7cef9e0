"""What every kind of training shares: its data scaled, its state, its history, when it stops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from mintmark.strategy.archive import Arrays
from mintmark.strategy.arrays import FloatArray
from mintmark.strategy.columns import columns_of
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.losses import accuracy, cross_entropy, directional_accuracy, huber
from mintmark.strategy.model import Model, Scaling, feature_parameters
from mintmark.strategy.network import CLIP
from mintmark.strategy.training_set import TrainingSet

SERIES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
History = dict[str, list[float]]


@dataclass(frozen=True, eq=False)
class State:
    """Where a training stands after ``block`` blocks: enough to go on with the same bytes."""

    block: int
    arrays: Arrays
    text: str
    history: History
    stopped: bool = False

    @property
    def round(self) -> int:
        return len(self.history["train_loss"]) - 1

    @property
    def best_round(self) -> int:
        """The round of the best validation loss, the first of equals; 0 before any round."""
        losses = self.history["validation_loss"]
        return 0 if len(losses) < 2 else 1 + int(np.argmin(losses[1:]))


class Learner(Protocol):
    """One kind of training."""

    @property
    def rounds(self) -> int: ...

    def first(self, generator: np.random.Generator) -> tuple[Arrays, str]:
        """Return the untrained state's arrays and text."""
        ...

    def advance(self, state: State, generator: np.random.Generator) -> State:
        """Return the state one block later, from the bytes of ``state`` alone."""
        ...

    def model(self, state: State) -> Model:
        """Return the model of the best validation round so far."""
        ...


@dataclass(frozen=True, eq=False)
class Lessons:
    """The parts of a training as a learner sees them: rows scaled, regression labels standardised."""

    spec: StrategySpec
    names: tuple[str, ...]
    classes: tuple[str, ...]
    scaling: Scaling
    label_scale: tuple[float, float]
    train: FloatArray
    train_targets: FloatArray
    validation: FloatArray
    validation_targets: FloatArray
    weights: FloatArray

    @property
    def outputs(self) -> int:
        return len(self.classes) or 1

    def score(self, train: FloatArray, validation: FloatArray) -> tuple[float, float, float, float]:
        """Return losses and accuracies of the answers on both parts, in the order of ``SERIES``.

        Answers are class probabilities, or predictions of standardised labels.
        """
        pairs = ((train, self.train_targets), (validation, self.validation_targets))
        if self.classes:
            first, second = (cross_entropy(*pair) for pair in pairs)
            return first, second, *(accuracy(*pair) for pair in pairs)  # type: ignore[return-value]
        mean, deviation = self.label_scale
        first, second = (huber(*pair) for pair in pairs)
        right = (directional_accuracy(found * deviation + mean, true * deviation + mean) for found, true in pairs)
        return first, second, *(0.0 if share is None else share for share in right)  # type: ignore[return-value]

    def untrained(self) -> tuple[float, float, float, float]:
        """Return the score of equal class probabilities, or of the train mean."""
        counts = len(self.train_targets), len(self.validation_targets)
        shapes = [(count, self.outputs) if self.classes else (count,) for count in counts]
        level = 1.0 / self.outputs if self.classes else 0.0
        return self.score(np.full(shapes[0], level), np.full(shapes[1], level))

    def model(self, arrays: Arrays, text: str = "", found: tuple[int, ...] = ()) -> Model:
        """Return weights as a model."""
        return Model(
            kind=self.spec.model.kind,
            output=self.spec.model.output,
            classes=self.classes,
            names=self.names,
            parameters=feature_parameters(self.spec),
            scaling=self.scaling,
            label_scale=self.label_scale,
            found=found,
            arrays=dict(arrays),
            text=text,
        )


def lessons_of(spec: StrategySpec, given: TrainingSet) -> Lessons:
    """Return the train and validation parts, scaled by the train part.

    logistic and mlp see every column standardised and clipped to ten deviations; gbdt, which needs no scale, only
    the columns that ask for zscore.
    """
    train, train_targets = given.part("train")
    validation, validation_targets = given.part("validation")
    network = spec.model.kind != "gbdt"
    scaling = _scaling(spec, train, everything=network)
    label_scale = (float(train_targets.mean()), float(train_targets.std())) if spec.regression else (0.0, 1.0)

    def seen(rows: FloatArray) -> FloatArray:
        scaled = scaling.applied(rows)
        return np.clip(scaled, -CLIP, CLIP) if network else scaled

    mean, deviation = label_scale
    return Lessons(
        spec=spec,
        names=given.names,
        classes=given.classes,
        scaling=scaling,
        label_scale=label_scale,
        train=seen(train),
        train_targets=(train_targets - mean) / deviation,
        validation=seen(validation),
        validation_targets=(validation_targets - mean) / deviation,
        weights=given.weights,
    )


def _scaling(spec: StrategySpec, train: FloatArray, *, everything: bool) -> Scaling:
    chosen = np.array([everything or column.transform == "zscore" for column in columns_of(spec)])
    centre, width = train.mean(axis=0), train.std(axis=0)
    varies = width > 1e-12 * np.maximum(np.abs(centre), 1e-300)
    return Scaling(np.where(chosen, centre, 0.0), np.where(chosen & varies, width, 1.0))


def extended(history: History, scores: tuple[float, float, float, float]) -> History:
    """Return ``history`` with one more round."""
    return {name: [*history[name], value] for name, value in zip(SERIES, scores, strict=True)}


def stopping_round(history: History, patience: int) -> int | None:
    """Return the first round that comes ``patience`` rounds after the best validation loss before it, if any."""
    best, best_round = np.inf, 0
    for at, loss in enumerate(history["validation_loss"][1:], start=1):
        if loss < best:
            best, best_round = loss, at
        elif at - best_round >= patience:
            return at
    return None


def cut(state: State, patience: int) -> State:
    """Return ``state`` ended at the round where patience ran out, or as it is."""
    at = stopping_round(state.history, patience)
    if at is None:
        return state
    return replace(state, history={name: values[: at + 1] for name, values in state.history.items()}, stopped=True)


def generator_for(random_state: int, purpose: str, block: int) -> np.random.Generator:
    """Return the randomness of one block of one purpose, whatever ran before it."""
    word = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4], "big")
    return np.random.default_rng(np.random.SeedSequence(random_state, spawn_key=(word, block)))


@contextmanager
def one_thread() -> Iterator[Any]:
    """Run linear algebra on one thread, so that sums are made in one order."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1) as limits:
        yield limits
