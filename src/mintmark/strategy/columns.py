"""The columns a strategy asks for, in order: one plan for names, features and the validator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mintmark.domain import Timeframe
from mintmark.strategy.catalogue import INDICATORS
from mintmark.strategy.grammar import Feature, FuzzySet, StrategySpec, Universe


@dataclass(frozen=True)
class Column:
    """One column: what it is made of. ``reference`` is ``id`` or ``id.output`` or a price word."""

    name: str
    timeframe: Timeframe
    source: Literal["indicator", "price"]
    reference: str
    membership: tuple[str, str] | None
    transform: Literal["none", "zscore", "rank"]
    lag: int


def plan(universe: Universe, fuzzy_sets: Mapping[str, FuzzySet], features: Sequence[Feature]) -> tuple[Column, ...]:
    """Return the columns of ``features``: as listed, then timeframes, memberships, lags."""
    return tuple(column for feature in features for column in _columns(universe, fuzzy_sets, feature))


def columns_of(spec: StrategySpec) -> tuple[Column, ...]:
    """Return the columns of ``spec`` in order."""
    return plan(spec.universe, spec.fuzzy_sets, spec.features)


def feature_names(spec: StrategySpec) -> tuple[str, ...]:
    """Return the column names of ``spec`` in order."""
    return tuple(column.name for column in columns_of(spec))


def frames_of(universe: Universe, feature: Feature) -> tuple[Timeframe, ...]:
    """Return the timeframes of one feature: its own, all, or the base."""
    if feature.timeframes == "all":
        return universe.timeframes
    return (universe.timeframe,) if feature.timeframes is None else tuple(feature.timeframes)


def split_reference(reference: str) -> tuple[str, str | None]:
    """Return the id and the output of ``reference``.

    >>> split_reference("macd.signal")
    ('macd', 'signal')
    """
    identifier, dot, output = reference.partition(".")
    return identifier, output if dot else None


def outputs_of(indicator_type: str) -> tuple[str, ...]:
    """Return the named outputs of an indicator type; none when it has a single one."""
    return INDICATORS[indicator_type].outputs


def _columns(universe: Universe, fuzzy_sets: Mapping[str, FuzzySet], feature: Feature) -> Iterator[Column]:
    for frame in frames_of(universe, feature):
        for stem, source, reference, membership in _stems(fuzzy_sets, feature):
            for lag in feature.lags:
                name = f"{frame}_{stem}" + (f"_lag{lag}" if lag else "")
                yield Column(name, frame, source, reference, membership, feature.transform, lag)


_Stem = tuple[str, Literal["indicator", "price"], str, tuple[str, str] | None]


def _stems(fuzzy_sets: Mapping[str, FuzzySet], feature: Feature) -> Iterator[_Stem]:
    suffix = "" if feature.transform == "none" else f"_{feature.transform}"
    if feature.price is not None:
        yield f"{feature.price}{suffix}", "price", feature.price, None
    elif feature.indicator is not None:
        yield f"{feature.indicator.replace('.', '_')}{suffix}", "indicator", feature.indicator, None
    elif feature.fuzzy_set is not None:
        fuzzy = fuzzy_sets[feature.fuzzy_set]
        for word in fuzzy.memberships:
            yield f"{feature.fuzzy_set}_{word}", "indicator", fuzzy.indicator, (feature.fuzzy_set, word)
