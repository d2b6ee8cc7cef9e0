"""Rules that look across the sections of a strategy."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from mintmark.strategy import grammar
from mintmark.strategy.columns import frames_of, outputs_of, plan, split_reference
from mintmark.strategy.verdict import SpecError, SpecWarning, nearest

MAX_COLUMNS = 64
TORCH_KINDS = ("torch_mlp", "torch_lstm")
CORE_KINDS = ("logistic", "gbdt", "mlp")

_Section = TypeVar("_Section", bound=BaseModel)
_INDICATOR: TypeAdapter[grammar.Indicator] = TypeAdapter(grammar.AnyIndicator)


@dataclass(frozen=True)
class Draft:
    """The sections of a strategy that are sound by themselves; None where one is not."""

    given: Mapping[str, Any]
    universe: grammar.Universe | None
    indicators: Mapping[str, grammar.Indicator | None]
    fuzzy_sets: Mapping[str, grammar.FuzzySet | None]
    features: tuple[grammar.Feature | None, ...]
    training: grammar.Training | None
    span: grammar.Span | None
    decisions: grammar.Decisions | None
    risk: grammar.Risk | None


def draft_of(given: Mapping[str, Any], spec: grammar.StrategySpec | None = None) -> Draft:
    """Return what is sound in ``given``, section by section: all of it when ``spec`` was made of it."""
    if spec is not None:
        return Draft(
            given,
            spec.universe,
            spec.indicators,
            spec.fuzzy_sets,
            spec.features,
            spec.training,
            spec.span,
            spec.decisions,
            spec.risk,
        )
    features = given.get("features")
    return Draft(
        given,
        _sound(grammar.Universe, given.get("universe")),
        {key: _sound_indicator(value) for key, value in _mapping(given, "indicators").items()},
        {key: _sound(grammar.FuzzySet, value) for key, value in _mapping(given, "fuzzy_sets").items()},
        tuple(_sound(grammar.Feature, value) for value in features) if isinstance(features, list) else (),
        _sound(grammar.Training, given.get("training", {})),
        _sound(grammar.Span, given.get("span", {})),
        _sound(grammar.Decisions, given.get("decisions", {})),
        _sound(grammar.Risk, given.get("risk", {})),
    )


def _mapping(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = given.get(key)
    return section if isinstance(section, dict) else {}


def _sound(kind: type[_Section], value: Any) -> _Section | None:
    try:
        return kind.model_validate_json(json.dumps(value))
    except ValidationError:
        return None


def _sound_indicator(value: Any) -> grammar.Indicator | None:
    try:
        return _INDICATOR.validate_json(json.dumps(value))
    except ValidationError:
        return None


def cross_errors(draft: Draft) -> Iterator[SpecError]:
    """Yield every error that two sections make together."""
    for name, written in _mapping(draft.given, "fuzzy_sets").items():
        if isinstance(written, dict) and isinstance(written.get("indicator"), str):
            yield from _reference(draft, f"fuzzy_sets.{name}.indicator", written["indicator"])
    for at, feature in enumerate(draft.features):
        yield from _sources(draft, f"features.{at}", draft.given["features"][at])
        if feature is not None:
            yield from _frames(draft, f"features.{at}", feature)
    yield from _model(draft)
    yield from _column_count(draft)


def _reference(draft: Draft, path: str, reference: str) -> Iterator[SpecError]:
    identifier, output = split_reference(reference)
    if identifier not in draft.indicators:
        known = list(draft.indicators)
        message = f"expected an indicator of this strategy ({', '.join(known) or 'none'}), found {identifier!r}"
        yield SpecError(path, "unknown_indicator", message, reference, known, nearest(identifier, known))
        return
    indicator = draft.indicators[identifier]
    if indicator is None:
        return
    outputs = outputs_of(indicator.type)
    allowed = [f"{identifier}.{word}" for word in outputs] or [identifier]
    if reference not in allowed:
        code = "output_required" if outputs and output is None else "unknown_output"
        message = f"expected one of {', '.join(allowed)}, found {reference!r}"
        yield SpecError(path, code, message, reference, allowed, nearest(reference, allowed))


def _sources(draft: Draft, path: str, written: Any) -> Iterator[SpecError]:
    if not isinstance(written, dict):
        return
    indicator, fuzzy_set = written.get("indicator"), written.get("fuzzy_set")
    if isinstance(indicator, str):
        yield from _reference(draft, f"{path}.indicator", indicator)
    if isinstance(fuzzy_set, str) and fuzzy_set not in draft.fuzzy_sets:
        known = list(draft.fuzzy_sets)
        message = f"expected a fuzzy set of this strategy ({', '.join(known) or 'none'}), found {fuzzy_set!r}"
        yield SpecError(f"{path}.fuzzy_set", "unknown_fuzzy_set", message, fuzzy_set, known, nearest(fuzzy_set, known))


def _frames(draft: Draft, path: str, feature: grammar.Feature) -> Iterator[SpecError]:
    if draft.universe is None:
        return
    allowed = [str(frame) for frame in draft.universe.timeframes]
    for at, frame in enumerate(frames_of(draft.universe, feature)):
        if str(frame) not in allowed:
            message = f"expected a timeframe of the universe ({', '.join(allowed)}), found {frame}"
            yield SpecError(f"{path}.timeframes.{at}", "unknown_timeframe", message, str(frame), allowed)


def _model(draft: Draft) -> Iterator[SpecError]:
    model, labels = _mapping(draft.given, "model"), _mapping(draft.given, "labels")
    kind = model.get("kind")
    if kind in TORCH_KINDS:
        message = f"expected one of {', '.join(CORE_KINDS)}: the extra for {kind} is not installed"
        yield SpecError("model.kind", "model_unavailable", message, kind, list(CORE_KINDS))
    if model.get("output") != "regression":
        return
    if labels.get("kind") in ("zigzag", "triple_barrier"):
        message = f"expected labels forward_return with regression, found {labels['kind']}"
        yield SpecError("model.output", "regression_needs_forward_return", message, "regression", ["classification"])
    if draft.training is not None and draft.training.sample_weights == "balanced":
        message = "expected sample_weights none or uniqueness with regression, found balanced"
        yield SpecError("training.sample_weights", "weights_need_classes", message, "balanced", ["none", "uniqueness"])


def _column_count(draft: Draft) -> Iterator[SpecError]:
    fuzzy_sets = {name: fuzzy for name, fuzzy in draft.fuzzy_sets.items() if fuzzy is not None}
    features = [feature for feature in draft.features if feature is not None]
    wanted = {feature.fuzzy_set for feature in features if feature.fuzzy_set is not None}
    if draft.universe is None or len(features) < len(draft.features) or not wanted <= set(fuzzy_sets):
        return
    names = [column.name for column in plan(draft.universe, fuzzy_sets, features)]
    if len(names) > MAX_COLUMNS:
        message = f"expected at most {MAX_COLUMNS} columns in all, found {len(names)}"
        yield SpecError("features", "too_many_columns", message, len(names), MAX_COLUMNS)
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        message = f"expected each column once, found {', '.join(twice[:5])} twice"
        yield SpecError("features", "duplicate_column", message, twice[:20])


def warnings_of(spec: grammar.StrategySpec) -> tuple[SpecWarning, ...]:
    """Return what the strategy declares and never uses."""
    fuzzy_used = {feature.fuzzy_set for feature in spec.features}
    references = [feature.indicator for feature in spec.features if feature.indicator is not None]
    references += [fuzzy.indicator for name, fuzzy in spec.fuzzy_sets.items() if name in fuzzy_used]
    used = {split_reference(reference)[0] for reference in references}
    return (
        *(
            SpecWarning(f"indicators.{name}", "unused_indicator", f"no feature reads the indicator {name}")
            for name in spec.indicators
            if name not in used
        ),
        *(
            SpecWarning(f"fuzzy_sets.{name}", "unused_fuzzy_set", f"no feature reads the fuzzy set {name}")
            for name in spec.fuzzy_sets
            if name not in fuzzy_used
        ),
    )
