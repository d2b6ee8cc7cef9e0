"""What the validator accepts trains: any strategy of the grammar."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategy_builders import a_walk, facts

from mintmark.domain import Refused
from mintmark.strategy import (
    PackFacts,
    build_training_set,
    check_spec,
    decisions,
    evaluate,
    fit_whole,
    periods,
    read_spec,
    to_yaml,
)
from mintmark.strategy.catalogue import INDICATORS, PRICE_FEATURES, SOURCES

BARS = {"X": a_walk(1_050), "Y": a_walk(1_050, seed=9, symbol="Y")}
FACTS = PackFacts("PP_2020-01-01_TEST_v1", {name: facts(bars=1_050, last=int(BARS["X"].stamps[-1])) for name in BARS})


@st.composite
def indicators(draw: st.DrawFn) -> dict[str, Any]:
    kind = INDICATORS[draw(st.sampled_from(sorted(INDICATORS)))]
    given: dict[str, Any] = {"type": kind.name}
    for parameter in kind.parameters:
        low, high = parameter.low, min(parameter.high, 60)
        whole = isinstance(parameter.default, int)
        if draw(st.booleans()):
            given[parameter.name] = draw(st.integers(low, high) if whole else st.floats(low, high))
    if kind.reads in ("source", "price_source") and draw(st.booleans()):
        given["source"] = draw(st.sampled_from(SOURCES))
    return given


def reference_of(name: str, given: dict[str, Any], draw: st.DrawFn) -> str:
    outputs = INDICATORS[given["type"]].outputs
    return f"{name}.{draw(st.sampled_from(outputs))}" if outputs else name


@st.composite
def features(draw: st.DrawFn, ready: dict[str, Any], fuzzy: list[str]) -> dict[str, Any]:
    source = draw(st.sampled_from(["indicator", "price", *(["fuzzy_set"] if fuzzy else [])]))
    if source == "indicator":
        name = draw(st.sampled_from(sorted(ready)))
        word = reference_of(name, ready[name], draw)
    else:
        word = draw(st.sampled_from(PRICE_FEATURES if source == "price" else fuzzy))
    given: dict[str, Any] = {
        source: word,
        "lags": draw(st.lists(st.integers(0, 20), min_size=1, max_size=3, unique=True)),
    }
    given["timeframes"] = draw(st.sampled_from(["all", ["1d"]]))
    if source != "fuzzy_set":
        given["transform"] = draw(st.sampled_from(["none", "zscore", "rank"]))
    return given


LABELS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("zigzag"), "threshold": st.floats(0.001, 0.5)}),
    st.fixed_dictionaries(
        {"kind": st.just("forward_return"), "horizon": st.integers(1, 250), "neutral_band": st.floats(0, 0.2)}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("triple_barrier"),
            "take": st.floats(0.25, 10),
            "stop": st.floats(0.25, 10),
            "max_bars": st.integers(2, 250),
        }
    ),
)
PARAMS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "logistic": st.fixed_dictionaries({"c": st.floats(1e-4, 1e4)}),
    "gbdt": st.fixed_dictionaries(
        {
            "rounds": st.integers(10, 30),
            "leaves": st.integers(2, 127),
            "learning_rate": st.floats(0.005, 0.5),
            "min_leaf": st.integers(5, 1_000),
            "subsample": st.floats(0.3, 1),
        }
    ),
    "mlp": st.fixed_dictionaries(
        {
            "hidden": st.lists(st.integers(2, 16), min_size=1, max_size=3),
            "epochs": st.integers(1, 3),
            "learning_rate": st.floats(1e-5, 0.1),
            "batch": st.integers(8, 4_096),
            "l2": st.floats(0, 1),
        }
    ),
    "torch_mlp": st.just({}),
}


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    """Indicators, fuzzy sets and features that refer to one another."""
    ready = {f"i{at}": each for at, each in enumerate(draw(st.lists(indicators(), min_size=1, max_size=4)))}
    name = draw(st.sampled_from(sorted(ready)))
    shapes = {
        "low": {"shape": "triangle", "points": sorted(draw(st.lists(st.floats(-100, 100), min_size=3, max_size=3)))},
        "high": {"shape": "gaussian", "points": [draw(st.floats(-100, 100)), draw(st.floats(0, 50))]},
    }
    fuzzy = {"f0": {"indicator": reference_of(name, ready[name], draw), "memberships": shapes}}
    fuzzy = fuzzy if draw(st.booleans()) else {}
    found = draw(st.lists(features(ready, list(fuzzy)), min_size=1, max_size=5))
    return {"indicators": ready, "fuzzy_sets": fuzzy, "features": found}


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["logistic", "gbdt", "gbdt", "mlp", "mlp", "torch_mlp"]))
    output = draw(st.sampled_from(["classification", "classification", "regression"]))
    return {"kind": kind, "output": output, "params": draw(PARAMS[kind])}


@st.composite
def cuts(draw: st.DrawFn) -> dict[str, Any]:
    train, validation = draw(st.floats(0.05, 0.9)), draw(st.floats(0.05, 0.9))
    fixed: list[dict[str, Any]] = [
        {},
        {"train": train, "validation": validation, "test": 1 - train - validation},
        {"purge_bars": 30, "embargo": 0.1, "patience": 1},
        {"sample_weights": "balanced"},
        {"sample_weights": "uniqueness"},
    ]
    return draw(st.sampled_from(fixed))


@st.composite
def strategies(draw: st.DrawFn) -> dict[str, Any]:
    symbols, context = draw(st.sampled_from([["X"], ["X", "Y"]])), draw(st.sampled_from([[], [], ["1w"]]))
    sizing = {"method": draw(st.sampled_from(["fixed_fraction", "risk", "volatility_target"]))}
    return {
        "grammar": 1,
        "name": "any_one",
        "universe": {"symbols": symbols, "timeframe": "1d", "context_timeframes": context},
        "span": {"holdout": draw(st.floats(0.1, 0.5))},
        **draw(sources()),
        "labels": draw(LABELS),
        "model": draw(models()),
        "decisions": {"allow_short": draw(st.booleans()), "min_bars_between": draw(st.integers(0, 250))},
        "risk": {"stop_loss": draw(st.floats(0.001, 0.5)), "max_gross": draw(st.floats(0.1, 3)), "sizing": sizing},
        "training": draw(cuts()),
    }


def lacking(refused: Refused) -> str:
    assert refused.code == "training_data_error"
    assert set(refused.details) & {"part", "class"}
    return "data"


def judged(given: dict[str, Any]) -> str:
    """Walk one strategy to its end and name it."""
    answer = check_spec(given, FACTS)
    if answer.spec is None:
        assert answer.errors
        assert all(error.path and error.code and error.message for error in answer.errors)
        return "invalid"
    spec = answer.spec
    assert read_spec(to_yaml(spec)).spec == spec
    bars = {name: BARS[name] for name in spec.universe.symbols}
    cut = periods(spec, {name: each.stamps for name, each in bars.items()})
    try:
        learned = build_training_set(spec, bars, start=cut.start, stop=cut.holdout_start)
        evidence = evaluate(fitted := fit_whole(spec, learned, 3), learned)
    except Refused as refused:
        return lacking(refused)
    assert {name for name, value in evidence.items() if value is None} == set(evidence["undefined"])
    years, costs = dict.fromkeys(bars, 252), dict.fromkeys(bars, 0.001)
    found = decisions(spec, fitted.model, bars, years, costs, start=cut.holdout_from)
    gross = abs(found.weights).sum(axis=1)
    assert (gross[gross == gross] <= spec.risk.max_gross * (1 + 1e-9)).all()
    return "trained"


ENDS: set[str] = set()
NEVER_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=60, deadline=None, suppress_health_check=NEVER_SLOW, derandomize=True)
@given(given_strategy=strategies())
def test_any_strategy_is_invalid_with_paths_or_trains_or_names_what_the_data_lack(given_strategy: dict[str, Any]):
    ENDS.add(judged(given_strategy))


def test_all_three_ends_were_reached():
    if not ENDS:
        pytest.skip("the law was not run")

    assert {"invalid", "trained", "data"} == ENDS


@pytest.mark.long
@settings(max_examples=750, deadline=None, suppress_health_check=NEVER_SLOW)
@given(given_strategy=strategies())
def test_the_law_holds_for_many_strategies(given_strategy: dict[str, Any]):
    judged(given_strategy)
