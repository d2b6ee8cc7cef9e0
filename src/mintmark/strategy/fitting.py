"""Training in blocks that can stop after any of them and go on with the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mintmark.domain import Damaged, Refused
from mintmark.strategy.archive import pack, unpack
from mintmark.strategy.grammar import GbdtModel, LogisticModel, MlpModel, StrategySpec
from mintmark.strategy.learn_gbdt import GbdtLearner
from mintmark.strategy.learn_logistic import LogisticLearner
from mintmark.strategy.learn_mlp import MlpLearner
from mintmark.strategy.learner import SERIES, History, Learner, Lessons, State, extended, generator_for, lessons_of
from mintmark.strategy.model import Model
from mintmark.strategy.reading import strategy_hash
from mintmark.strategy.training_set import TrainingSet

_MISMATCH = "checkpoint_mismatch"


@dataclass(frozen=True, eq=False)
class Fitted:
    """A training that ended: its kept model and how it got there. Entry 0 of the history is the untrained model."""

    model: Model
    history: History
    best_round: int
    rounds_trained: int
    stopped_early: bool


@dataclass(frozen=True, eq=False)
class Block:
    """A training after one block. ``state`` is its checkpoint; ``row`` the last round's figures, JSON values.

    ``history`` holds all rounds so far; entry 0 is the untrained model.
    """

    round: int
    rounds_total: int
    state: bytes
    row: dict[str, Any]
    history: History
    fitted: Fitted | None

    @property
    def finished(self) -> bool:
        return self.fitted is not None


def fit(
    spec: StrategySpec,
    given: TrainingSet,
    random_state: int,
    purpose: str = "training",
    *,
    restored: bytes | None = None,
    identity: Mapping[str, str] | None = None,
) -> Iterator[Block]:
    """Yield the training of ``spec`` on ``given`` block by block; the last one holds the fitted model.

    ``identity`` names what a checkpoint must match beside the strategy: the hashes of pack and code. A training
    that starts from ``restored`` ends with the same model as one never stopped, on the same platform.

    Raises:
        Damaged: ``checkpoint_mismatch`` when ``restored`` belongs to another training or does not read.
    """
    held = {**(identity or {}), "strategy": strategy_hash(spec), "purpose": purpose, "random_state": str(random_state)}
    lessons = lessons_of(spec, given)
    learner = _learner(lessons)
    generator = generator_for(random_state, purpose, 0)
    state = _started(learner, lessons, generator) if restored is None else _restored(restored, held)
    while True:
        fitted = _fitted(learner, state) if state.stopped or state.round >= learner.rounds else None
        if state.block > 0:
            yield Block(state.round, learner.rounds, _checkpoint(state, held), _row(state), state.history, fitted)
        if fitted is not None:
            return
        # The next block starts from the bytes of the checkpoint, as a resumed one does.
        state = _restored(_checkpoint(state, held), held)
        state = learner.advance(state, generator_for(random_state, purpose, state.block + 1))


def fit_whole(spec: StrategySpec, given: TrainingSet, random_state: int, purpose: str = "training") -> Fitted:
    """Return the fitted model of one uninterrupted training."""
    fitted = None
    for block in fit(spec, given, random_state, purpose):
        fitted = block.fitted
    if fitted is None:
        raise RuntimeError("a training ended without its model")
    return fitted


def _learner(lessons: Lessons) -> Learner:
    model = lessons.spec.model
    if isinstance(model, LogisticModel):
        return LogisticLearner(lessons, model.params)
    if isinstance(model, GbdtModel):
        return GbdtLearner(lessons, model.params)
    if isinstance(model, MlpModel):
        return MlpLearner(lessons, model.params)
    raise Refused(f"no model of kind {model.kind} is installed", code="model_unavailable", kind=model.kind)


def _started(learner: Learner, lessons: Lessons, generator: np.random.Generator) -> State:
    arrays, text = learner.first(generator)
    empty: History = {name: [] for name in SERIES}
    return State(0, arrays, text, extended(empty, lessons.untrained()))


def _fitted(learner: Learner, state: State) -> Fitted:
    return Fitted(learner.model(state), state.history, state.best_round, state.round, state.stopped)


def _row(state: State) -> dict[str, Any]:
    last = {name: values[-1] for name, values in state.history.items()}
    return {"round": state.round, **last, "best_round": state.best_round}


def _checkpoint(state: State, held: Mapping[str, str]) -> bytes:
    header = {"identity": dict(held), "block": state.block, "history": state.history, "stopped": state.stopped}
    text = np.frombuffer(state.text.encode(), dtype=np.uint8)
    return pack({**state.arrays, "text": text}, header)


def _restored(content: bytes, held: Mapping[str, str]) -> State:
    arrays, header = unpack(content, _MISMATCH)
    found = header.get("identity")
    if found != dict(held):
        differing = sorted(key for key in {*held, *(found or {})} if (found or {}).get(key) != held.get(key))
        message = f"the checkpoint belongs to another training: {', '.join(differing)} differ"
        raise Damaged(message, code=_MISMATCH, differing=differing)
    text = arrays.pop("text").tobytes().decode()
    return State(header["block"], arrays, text, header["history"], header["stopped"])
