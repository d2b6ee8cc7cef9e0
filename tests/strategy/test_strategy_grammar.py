"""The grammar and its one validator."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strategy_builders import MONDAY, a_spec, a_strategy, a_walk, facts, trained

from mintmark.domain import Refused, Timeframe
from mintmark.strategy import PackFacts, check_spec, grammar_reference, read_spec, strategy_hash, to_yaml
from mintmark.strategy.verdict import edit_distance

SIX_FAULTS = """
grammar: 1
name: six_faults
universe: {symbols: [EURUSD], timeframe: 1h, context_timeframes: [4h]}
indicators:
  rsi: {type: ris, period: 14}
fuzzy_sets:
  rsi_fast:
    indicator: rsx
    memberships:
      oversold: {shape: triangle, points: [0, 30]}
      overbought: {shape: trapezoid, points: [70, 80, 100, 100]}
features:
  - {fuzzy_set: rsi_fast, timeframes: all}
  - {fuzzy_set: rsi_fast, price: gap}
labels: {kind: zigzag}
model: {kind: torch_lstm}
training: {train: 0.70, validation: 0.15, test: 0}
"""
OF_VOLUME = {"indicators": {"rsi": {"type": "rsi", "source": "volume"}}}


def errors_of(**changes: Any) -> dict[str, str]:
    return {error.path: error.code for error in check_spec(a_strategy(**changes)).errors}


def on_pack(spec: dict[str, Any], **changes: Any) -> dict[str, str]:
    answer = check_spec(spec, PackFacts("PP_2020-01-01_TEST_v1", {"X": facts(**changes)}))
    return {error.path: error.code for error in answer.errors}


def test_six_faults_are_six_errors_at_once():
    answer = read_spec(SIX_FAULTS)

    assert {error.path: error.code for error in answer.errors} == {
        "indicators.rsi.type": "unknown_word",
        "fuzzy_sets.rsi_fast.indicator": "unknown_indicator",
        "fuzzy_sets.rsi_fast.memberships.oversold.points": "wrong_points",
        "features.1": "one_source",
        "model.kind": "model_unavailable",
        "training.test": "out_of_range",
    }
    assert len(answer.errors) == 6
    assert next(error for error in answer.errors if error.value == "ris").suggestion == "rsi"


def test_the_repaired_file_trains():
    repaired = (
        SIX_FAULTS.replace("ris,", "rsi,").replace("rsx", "rsi").replace("[0, 30]", "[0, 0, 30]")
        .replace("  - {fuzzy_set: rsi_fast, price: gap}\n", "").replace("torch_lstm", "logistic")
        .replace("test: 0}", "test: 0.15}")
    )  # fmt: skip

    answer = read_spec(repaired)

    assert answer.errors == ()
    assert answer.feature_names == (
        "1h_rsi_fast_oversold",
        "1h_rsi_fast_overbought",
        "4h_rsi_fast_oversold",
        "4h_rsi_fast_overbought",
    )
    model, lessons = trained(answer.require(), a_walk(4_000, "1h", symbol="EURUSD", step=0.003))
    assert model.names == answer.feature_names
    assert np.isfinite(model.predict(lessons.part("test")[0])).all()


@pytest.mark.parametrize(
    "changes, path, code",
    [
        ({"grammar": 2}, "grammar", "grammar_unknown"),
        ({"name": "No Name"}, "name", "bad_word"),
        ({"colour": "red"}, "colour", "unknown_key"),
        ({"universe": {"symbols": ["X", "X"], "timeframe": "1d"}}, "universe.symbols", "not_unique"),
        ({"universe": {"symbols": [], "timeframe": "1d"}}, "universe.symbols", "out_of_range"),
        ({"universe": {"symbols": ["X"], "timeframe": "7m"}}, "universe.timeframe", "unknown_word"),
        ({"universe": {"timeframe": "1d"}}, "universe.symbols", "missing"),
        (
            {"universe": {"symbols": ["X"], "timeframe": "1d", "context_timeframes": ["1h"]}},
            "universe.context_timeframes",
            "not_a_multiple",
        ),
        ({"span": {"start": "2010-01-01", "end": "2009-01-01"}}, "span.start", "span_backwards"),
        ({"span": {"start": "soon"}}, "span.start", "wrong_type"),
        ({"span": {"holdout": 0.6}}, "span.holdout", "out_of_range"),
        ({"indicators": {"rsi": {"type": "rsi", "period": 14.0}}}, "indicators.rsi.period", "wrong_type"),
        ({"indicators": {"rsi": {"type": "rsi", "perod": 14}}}, "indicators.rsi.perod", "unknown_key"),
        ({"indicators": {"rsi": {"type": "rsi", "source": "volum"}}}, "indicators.rsi.source", "unknown_word"),
        ({"indicators": {"rsi": {"period": 14}}}, "indicators.rsi.type", "missing"),
        ({"features": [{"indicator": "rsy"}]}, "features.0.indicator", "unknown_indicator"),
        ({"features": [{"fuzzy_set": "none_such"}]}, "features.0.fuzzy_set", "unknown_fuzzy_set"),
        ({"features": [{"price": "return_2"}]}, "features.0.price", "unknown_word"),
        ({"features": [{"price": "gap", "lags": [0, 0]}]}, "features.0.lags", "not_unique"),
        ({"features": [{"price": "gap", "lags": [21]}]}, "features.0.lags.0", "out_of_range"),
        ({"features": [{"price": "gap", "timeframes": ["1w"]}]}, "features.0.timeframes.0", "unknown_timeframe"),
        ({"features": [{"price": "gap"}, {"price": "gap"}]}, "features", "duplicate_column"),
        ({"features": []}, "features", "out_of_range"),
        ({"labels": {"kind": "zigzag", "horizon": 3}}, "labels.horizon", "unknown_key"),
        ({"labels": {"kind": "zigzg"}}, "labels.kind", "unknown_word"),
        ({"model": {"kind": "gbdt", "params": {"rounds": 5}}}, "model.params.rounds", "out_of_range"),
        ({"model": {"kind": "gbdt", "params": {"round": 50}}}, "model.params.round", "unknown_key"),
        ({"model": {"kind": "mlp", "params": {"hidden": [1]}}}, "model.params.hidden.0", "out_of_range"),
        ({"model": {"kind": "gbdt", "output": "regression"}}, "model.output", "regression_needs_forward_return"),
        ({"decisions": {"enter_at": 0.5, "exit_at": 0.6}}, "decisions.exit_at", "exit_above_enter"),
        ({"decisions": {"allow_short": 1}}, "decisions.allow_short", "wrong_type"),
        ({"risk": {"sizing": {"method": "risk"}}}, "risk.stop_loss", "stop_required"),
        ({"training": {"train": 0.7, "validation": 0.2, "test": 0.2}}, "training", "parts_sum"),
        ({"training": {"purge_bars": "none"}}, "training.purge_bars", "unknown_word"),
    ],
)
def test_each_fault_is_named_with_its_path(changes: dict[str, Any], path: str, code: str):
    assert errors_of(**changes) == {path: code}


def test_a_single_output_is_not_asked_for_by_name_and_several_are():
    indicators = {"rsi": {"type": "rsi"}, "macd": {"type": "macd"}}

    answer = errors_of(indicators=indicators, features=[{"indicator": "macd"}, {"indicator": "rsi.line"}])

    assert answer == {"features.0.indicator": "output_required", "features.1.indicator": "unknown_output"}


def test_macd_needs_its_fast_period_below_its_slow_one():
    answer = errors_of(indicators={"rsi": {"type": "rsi"}, "m": {"type": "macd", "fast": 30}})

    assert answer == {"indicators.m.fast": "fast_not_below_slow"}


def test_balanced_weights_need_classes():
    answer = errors_of(
        labels={"kind": "forward_return"},
        model={"kind": "logistic", "output": "regression"},
        training={"sample_weights": "balanced"},
    )

    assert answer == {"training.sample_weights": "weights_need_classes"}


def test_more_than_64_columns_are_refused():
    features = [{"price": word, "lags": list(range(21))} for word in ("return_1", "return_5", "return_20", "range")]

    assert errors_of(features=features) == {"features": "too_many_columns"}


def test_what_no_feature_reads_is_a_warning_and_no_error():
    answer = check_spec(a_strategy(indicators={"rsi": {"type": "rsi"}, "idle": {"type": "atr"}}))

    assert answer.errors == ()
    assert [(warning.path, warning.code) for warning in answer.warnings] == [("indicators.idle", "unused_indicator")]


@pytest.mark.parametrize("one, other, distance", [("", "ab", 2), ("rsi", "ris", 1), ("gbdt", "gbt", 1), ("a", "b", 1)])
def test_edit_distance_counts_letters(one: str, other: str, distance: int):
    assert edit_distance(one, other) == distance


@pytest.mark.parametrize(
    "text, line, column",
    [
        ("a: 1\nb: &x 2", 2, 4),
        ("a: *x", 1, 4),
        ("a: !!str 1", 1, 4),
        ("a: 1\nb: 2\na: 3", 3, 1),
        ("- 1", 1, 1),
        ("", 1, 1),
        ("a: [1, 2", 2, 1),
        ("a: 1\n---\nb: 2", 2, 1),
        ("? [a]\n: 1", 1, 3),
        ("a: 1\nb: \x00", 1, 1),
        ("x" * 65_537, 1, 1),
        ("a: " + "[" * 40, 1, 20),
    ],
)
def test_text_that_is_no_plain_mapping_is_unreadable(text: str, line: int, column: int):
    with pytest.raises(Refused) as caught:
        read_spec(text)

    assert caught.value.code == "strategy_unreadable"
    assert (caught.value.details["line"], caught.value.details["column"]) == (line, column)


def test_bytes_that_are_no_text_are_unreadable():
    with pytest.raises(Refused) as caught:
        read_spec(b"a: 1\nb: \xff")

    assert caught.value.details == {"line": 2, "column": 4}


def test_words_are_words_and_small_numbers_are_numbers():
    text = to_yaml(a_spec(universe={"symbols": ["ON", "NO", "1e5"], "timeframe": "1d"}))
    text = text.replace("c: 1.0", "c: 1e-4")

    spec = read_spec(text).require()

    assert spec.universe.symbols == ("ON", "NO", "1e5")
    assert spec.model.params.model_dump() == {"c": 1e-4}


def test_a_written_strategy_reads_back_as_itself_with_the_same_bytes():
    spec = a_spec(
        description='He said: "no", then\nleft', span={"start": "2006-01-01"}, risk={"stop_loss": 0.02},
        features=[{"price": "gap", "timeframes": "all"}, {"indicator": "rsi", "timeframes": ["1d"], "lags": [0, 2]}],
    )  # fmt: skip

    text = to_yaml(spec)

    assert read_spec(text).spec == spec
    assert to_yaml(read_spec(text).require()) == text
    assert spec.span.start == date(2006, 1, 1)


def test_the_hash_knows_defaults_and_forgets_the_description():
    plain = strategy_hash(a_spec())

    assert strategy_hash(a_spec(description="other words", decisions={"enter_at": 0.55})) == plain
    assert strategy_hash(a_spec(decisions={"enter_at": 0.56})) != plain


def test_a_strategy_fits_a_pack_that_has_all_it_needs():
    assert on_pack(a_strategy()) == {}


@pytest.mark.parametrize(
    "changes, pack, path, code",
    [
        ({"universe": {"symbols": ["Y"], "timeframe": "1d"}}, {}, "universe.symbols.0", "unknown_symbol"),
        ({}, {"tradable": False}, "universe.symbols.0", "unknown_symbol"),
        ({}, {"base_timeframe": Timeframe.W1}, "universe.timeframe", "timeframe_unavailable"),
        (OF_VOLUME, {"volume_known": False}, "indicators.rsi", "volume_unknown"),
        ({"indicators": {"rsi": {"type": "mfi"}}}, {"volume_known": False}, "indicators.rsi", "volume_unknown"),
        ({"decisions": {"allow_short": True}}, {"shortable": False}, "decisions.allow_short", "short_not_allowed"),
        ({"span": {"start": "2005-01-02"}}, {}, "span.start", "outside_pack"),
        ({"span": {"end": "2031-01-01"}}, {}, "span.end", "outside_pack"),
        ({}, {"bars": 999}, "span", "not_enough_bars"),
        ({}, {"completeness": 0.79}, "span", "too_incomplete"),
        ({}, {"jump_unexplained": (MONDAY,)}, "universe.symbols", "jump_unexplained"),
    ],
)  # fmt: skip
def test_each_thing_a_pack_lacks_is_named(changes: dict[str, Any], pack: dict[str, Any], path: str, code: str):
    assert on_pack(a_strategy(**changes), **pack) == {path: code}


@pytest.mark.parametrize(
    "sizing, leverages, most",
    [
        ({"method": "volatility_target"}, (1.0, 1.0), 1.0),
        ({"method": "volatility_target"}, (1.0, 30.0), 1.0),
        ({"method": "risk", "risk": 0.05}, (1.5, 1.5), 1.5),
    ],
)
def test_a_max_gross_beyond_the_leverage_is_refused_with_the_most_there_may_be(sizing, leverages, most):
    symbols = {"XY"[at]: facts(leverage=value) for at, value in enumerate(leverages)}
    pack = PackFacts("PP_2020-01-01_TEST_v1", symbols)
    given = a_strategy(universe={"symbols": [*symbols], "timeframe": "1d"})

    risks = [{"sizing": sizing, "stop_loss": 0.02, "max_gross": gross} for gross in (2.0, most)]
    wide, fitting = (check_spec({**given, "risk": risk}, pack) for risk in risks)

    with pytest.raises(Refused) as refused:
        wide.require()
    assert fitting.errors == ()
    assert (refused.value.code, refused.value.details["needed"]) == ("gross_over_leverage", most)
    assert "lower risk.max_gross" in refused.value.message


def test_a_max_gross_that_no_weights_come_to_is_no_harm():
    assert on_pack(a_strategy(risk={"max_gross": 3.0})) == {}


def test_what_a_pack_lacks_is_said_beside_what_is_wrong_in_the_file():
    given = a_strategy(universe={"symbols": ["Z"], "timeframe": "1d"}, labels={"kind": "zigzg"}, colour="red")

    assert on_pack(given) == {
        "universe.symbols.0": "unknown_symbol",
        "labels.kind": "unknown_word",
        "colour": "unknown_key",
    }


def test_bars_are_counted_inside_the_span_only():
    asked: list[tuple[Timeframe, int, int]] = []

    def within(frame: Timeframe, start: int, stop: int) -> tuple[int, float]:
        asked.append((frame, start, stop))
        return 412, 0.99

    given = a_strategy(span={"start": "2006-01-02", "end": "2007-01-02"})
    found = PackFacts("P", {"X": facts(within=within, jump_unexplained=(MONDAY,))})
    answer = check_spec(given, found)

    assert [(error.code, error.value, error.allowed) for error in answer.errors] == [("not_enough_bars", 412, 1_000)]
    start, stop = (int(datetime(*day, tzinfo=UTC).timestamp()) * 10**9 for day in ((2006, 1, 2), (2007, 1, 3)))
    assert asked == [(Timeframe.D1, start, stop)]


def test_a_lack_of_data_alone_is_the_refusal_itself():
    answer = check_spec(a_strategy(), PackFacts("P", {"X": facts(bars=999)}))

    with pytest.raises(Refused) as caught:
        answer.require()

    assert caught.value.code == "not_enough_bars"
    assert (caught.value.details["found"], caught.value.details["needed"]) == (999, 1_000)


def test_other_errors_are_an_invalid_strategy_with_all_of_them():
    with pytest.raises(Refused) as caught:
        read_spec(SIX_FAULTS).require()

    assert caught.value.code == "strategy_invalid"
    assert len(caught.value.details["errors"]) == 6


def test_a_file_is_judged_in_20_milliseconds():
    text = to_yaml(a_spec())
    read_spec(text)
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        read_spec(text)
        took.append(time.perf_counter() - begun)

    assert sorted(took)[2] < 0.020


def test_the_page_of_the_grammar_is_the_grammar():
    page = Path(__file__).parents[2] / "docs" / "strategy_grammar.md"

    assert page.read_text() == grammar_reference()
