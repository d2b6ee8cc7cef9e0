"""What a training learns from: rows of all symbols in time order, cut into parts that never touch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mintmark.domain import Bars, Refused
from mintmark.strategy import label_kernels
from mintmark.strategy.arrays import BoolArray, FloatArray, IntArray
from mintmark.strategy.columns import feature_names
from mintmark.strategy.feature_matrix import features
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.labelling import labels
from mintmark.strategy.resampling import resample
from mintmark.strategy.spans import stamps_between

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Rows by time, then symbol.

    ``matrix`` (n_rows, n_columns) is unscaled; ``targets`` are positions of classes, or returns.
    ``train``, ``validation`` and ``test`` are positions of rows; ``weights`` belong to the rows of ``train`` and
    average 1. ``purged`` counts rows dropped at the borders, ``warmup`` those dropped before the first full row.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    matrix: FloatArray
    targets: FloatArray
    stamps: IntArray
    train: IntArray
    validation: IntArray
    test: IntArray
    weights: FloatArray
    purged: int
    warmup: int
    start: int
    end: int

    def part(self, name: str) -> tuple[FloatArray, FloatArray]:
        """Return the matrix and targets of one part."""
        rows: IntArray = getattr(self, name)
        return self.matrix[rows], self.targets[rows]

    @property
    def samples(self) -> dict[str, int]:
        counts = {name: len(getattr(self, name)) for name in PARTS}
        return {**counts, "purged": self.purged, "warmup": self.warmup}

    @property
    def label_counts(self) -> dict[str, int]:
        """Labels of each class over all parts; empty for regression."""
        rows = np.concatenate([self.train, self.validation, self.test])
        return {word: int((self.targets[rows] == at).sum()) for at, word in enumerate(self.classes)}


@dataclass(frozen=True, eq=False)
class _Rows:
    """The labelled rows of one symbol; ``ends`` is the stamp each label reaches, or the end of time when unknown."""

    matrix: FloatArray
    targets: FloatArray
    stamps: IntArray
    starts: IntArray
    reaches: IntArray
    ends: IntArray
    size: int
    warmup: int


def build_training_set(
    spec: StrategySpec,
    bars_by_symbol: Mapping[str, Bars],
    *,
    start: int | None = None,
    stop: int | None = None,
    tested: bool = True,
) -> TrainingSet:
    """Return the training set of the bars with ``start`` <= stamp < ``stop`` (ns).

    The bars of each symbol begin with the first of its series; those at or after ``stop`` are not read. With
    ``tested`` false (a walk-forward fold) there is no test part and train and validation share the rows.

    Raises:
        Refused: ``training_data_error`` naming the part or class the data leaves empty; ``feature_not_finite``.
    """
    known = {symbol: _before(resample(bars_by_symbol[symbol], spec.base), stop) for symbol in spec.universe.symbols}
    stamps = {symbol: bars.stamps for symbol, bars in known.items()}
    first = max((int(found[0]) for found in stamps.values() if len(found)), default=0) if start is None else start
    span = stamps_between(stamps, first, np.iinfo(np.int64).max)
    if len(span) == 0:
        raise _data_error("the train part has no bars", part="train")
    borders = _borders(spec, span, tested)
    found = [_rows(spec, bars, first) for bars in known.values()]
    masks = [_part_masks(rows, borders) for rows in found]
    _require_parts(masks, tested)
    made = _stacked(spec, found, masks, span)
    _require_labels(spec, made)
    return made


def _before(bars: Bars, stop: int | None) -> Bars:
    return bars if stop is None else bars.part(0, int(np.searchsorted(bars.stamps, stop)))


def _rows(spec: StrategySpec, bars: Bars, first: int) -> _Rows:
    matrix, found = features(spec, bars), labels(spec, bars)
    begin = int(np.searchsorted(bars.stamps, first))
    usable = np.flatnonzero(~np.isnan(found.values))
    usable = usable[usable >= max(begin, matrix.warmup)]
    reaches = found.reaches[usable]
    if spec.training.purge_bars != "auto":
        reaches = np.maximum(reaches, usable + spec.training.purge_bars)
    endless = np.append(bars.stamps, np.iinfo(np.int64).max)
    return _Rows(
        matrix.values[usable],
        found.values[usable],
        bars.stamps[usable],
        usable,
        found.reaches[usable],
        endless[np.minimum(reaches, len(bars))],
        len(bars),
        max(min(matrix.warmup, len(bars)) - begin, 0),
    )


_Border = tuple[str, int, int]


def _borders(spec: StrategySpec, span: IntArray, tested: bool) -> list[_Border]:
    """Return (part, first stamp after its embargo, stamp it ends before) for each part."""
    cut = spec.training
    shares = [cut.train, cut.validation, cut.test] if tested else [cut.train, cut.validation]
    edges = [int(len(span) * sum(shares[:at]) / sum(shares) + 1e-9) for at in range(len(shares) + 1)]
    embargo = math.ceil(cut.embargo * len(span) - 1e-9)
    ends = np.append(span, np.iinfo(np.int64).max)
    return [
        (name, int(ends[min(edges[at] + (embargo if at else 0), len(span))]), int(ends[edges[at + 1]]))
        for at, name in enumerate(PARTS[: len(shares)])
    ]


def _part_masks(rows: _Rows, borders: list[_Border]) -> dict[str, BoolArray]:
    return {name: (rows.stamps >= begin) & (rows.stamps < end) & (rows.ends < end) for name, begin, end in borders}


def _require_parts(masks: list[dict[str, BoolArray]], tested: bool) -> None:
    for name in PARTS if tested else PARTS[:2]:
        if not any(found[name].any() for found in masks):
            raise _data_error(f"the {name} part has no rows left", part=name)


def _stacked(spec: StrategySpec, found: list[_Rows], masks: list[dict[str, BoolArray]], span: IntArray) -> TrainingSet:
    stamps = np.concatenate([rows.stamps for rows in found])
    order = np.argsort(stamps, kind="stable")
    taken = {name: np.concatenate([mask.get(name, np.zeros(0, bool)) for mask in masks])[order] for name in masks[0]}
    parts = {name: np.flatnonzero(mask) for name, mask in taken.items()}
    targets = np.concatenate([rows.targets for rows in found])[order]
    return TrainingSet(
        names=feature_names(spec),
        classes=spec.classes,
        matrix=np.concatenate([rows.matrix for rows in found])[order],
        targets=targets,
        stamps=stamps[order],
        train=parts["train"],
        validation=parts["validation"],
        test=parts.get("test", np.zeros(0, np.int64)),
        weights=_weights(spec, found, masks, order, parts["train"], targets),
        purged=len(stamps) - sum(len(rows) for rows in parts.values()),
        warmup=sum(rows.warmup for rows in found),
        start=int(span[0]),
        end=int(span[-1]),
    )


def _weights(
    spec: StrategySpec,
    found: list[_Rows],
    masks: list[dict[str, BoolArray]],
    order: IntArray,
    train: IntArray,
    targets: FloatArray,
) -> FloatArray:
    raw = np.ones(len(order))
    if spec.training.sample_weights == "uniqueness":
        raw = np.concatenate([_unique_shares(rows, mask["train"]) for rows, mask in zip(found, masks, strict=True)])
        raw = raw[order]
    if spec.training.sample_weights == "balanced":
        _, place, counts = np.unique(targets[train], return_inverse=True, return_counts=True)
        raw[train] = 1.0 / counts[place]
    chosen: FloatArray = raw[train]
    return chosen / float(chosen.mean())


def _unique_shares(rows: _Rows, chosen: BoolArray) -> FloatArray:
    shares = np.ones(len(rows.stamps))
    shares[chosen] = label_kernels.uniqueness(rows.starts[chosen], rows.reaches[chosen], rows.size)
    return shares


def _require_labels(spec: StrategySpec, made: TrainingSet) -> None:
    found = made.targets[made.train]
    if spec.regression and not found.std() > 0:
        raise _data_error("the labels of the train part do not vary", part="train")
    for at, word in enumerate(made.classes):
        if word != "neutral" and not (found == at).any():
            raise _data_error(f"the train part has no label {word}", part="train", **{"class": word})


def _data_error(message: str, **details: str) -> Refused:
    return Refused(message, code="training_data_error", **details)
