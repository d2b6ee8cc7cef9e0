"""The words of the house: money, time, bars, instruments, errors, gates, marks."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mintmark.domain
import mintmark.measures
import mintmark.simulation
from mintmark.domain import (
    Bars,
    Fault,
    FloatInMoney,
    GateAnswer,
    GateVerdict,
    Mark,
    Money,
    Refusal,
    Refused,
    Timeframe,
    day_end,
    day_start,
    default_instrument,
    exact,
    from_iso,
    iso,
    moment_of,
    outcome_of,
    stamp_of,
)
from mintmark.domain.instruments import as_json, from_json, with_changes

MODULES = [
    name
    for package in (mintmark.domain, mintmark.measures, mintmark.simulation)
    for _, name, _ in pkgutil.iter_modules(package.__path__, package.__name__ + ".")
]


@pytest.mark.parametrize("name", MODULES)
def test_every_example_in_a_docstring_runs(name):
    module = importlib.import_module(name)

    found = doctest.testmod(module, extraglobs={"np": np})

    assert found.failed == 0


def test_there_are_examples_to_run():
    finder = doctest.DocTestFinder()
    examples = [
        example for name in MODULES for test in finder.find(importlib.import_module(name)) for example in test.examples
    ]

    assert len(examples) > 15


def test_the_domain_needs_the_standard_library_only():
    code = "import sys, mintmark.domain; print(sorted({'numpy', 'polars', 'numba', 'pydantic'} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


amounts = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9)


@given(amounts, amounts)
def test_money_adds_and_takes_away_exactly(one, other):
    total = Money(one, "USD") + Money(other, "USD")

    assert total - Money(other, "USD") == Money(one, "USD")
    assert total.amount == one + other


def test_a_float_is_refused_where_money_is_meant():
    with pytest.raises(FloatInMoney):
        Money(0.1, "USD")  # type: ignore[arg-type]
    with pytest.raises(FloatInMoney):
        Money(Decimal(1), "USD") * 0.5  # type: ignore[operator]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_money_is_finite(word):
    with pytest.raises(ValueError, match="finite"):
        exact(word)


def test_two_currencies_do_not_add():
    with pytest.raises(ValueError, match="expected USD, found EUR"):
        Money(Decimal(1), "USD") + Money(Decimal(1), "EUR")


@pytest.mark.parametrize("currency", ["usd", "", "U S"])
def test_a_currency_is_a_code(currency):
    with pytest.raises(ValueError, match="currency code"):
        Money(Decimal(1), currency)


@pytest.mark.parametrize(
    "amount, currency, printed", [("2.345", "USD", "2.34"), ("2.355", "USD", "2.36"), ("99.5", "JPY", "100"),
                                  ("0.123456785", "BTC", "0.12345678")]
)  # fmt: skip
def test_money_is_rounded_half_to_even_at_its_own_minor_unit(amount, currency, printed):
    assert Money(Decimal(amount), currency).rounded().as_json() == {"amount": printed, "currency": currency}


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_stamp_comes_back_as_the_moment_it_was(moment):
    assert moment_of(stamp_of(moment)) == moment
    assert from_iso(iso(moment)) == moment


def test_a_time_without_its_zone_is_refused():
    naive = datetime(2026, 3, 1)  # noqa: DTZ001

    for ask in (lambda: stamp_of(naive), lambda: iso(naive), lambda: from_iso("2026-03-01T00:00:00")):
        with pytest.raises(ValueError, match="expected a"):
            ask()


def test_another_zone_is_written_in_utc():
    there = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    assert iso(there) == "2026-03-01T10:00:00Z"


def test_a_day_runs_from_midnight_to_midnight():
    assert day_end(date(2026, 2, 28)) == day_start(date(2026, 3, 1))


@pytest.mark.parametrize("coarse, fine, multiple", [("4h", "1h", True), ("1w", "1d", True), ("1h", "1h", False),
                                                    ("1h", "4h", False)])  # fmt: skip
def test_a_coarser_timeframe_holds_the_base_a_whole_number_of_times(coarse, fine, multiple):
    assert Timeframe(coarse).is_multiple_of(Timeframe(fine)) is multiple


def test_a_bar_is_known_when_it_ends_and_a_part_keeps_what_is_unknown():
    column = np.array([1.0, 2.0, 3.0])
    bars = Bars("X", Timeframe.H1, np.arange(3, dtype=np.int64), column, column, column, column, spread=column)

    part = bars.part(1, 3)

    assert (bars.closes_at - bars.stamps).tolist() == [3_600 * 10**9] * 3
    assert (len(part), part.volume, part.spread.tolist()) == (2, None, [2.0, 3.0])
    assert part.close.base is column


@pytest.mark.parametrize("asset_class", ["index", "equity", "etf", "fx", "crypto", "commodity"])
def test_an_instrument_comes_back_from_json_as_it_was(asset_class):
    instrument = default_instrument("X", asset_class, "USD")

    assert from_json(as_json(instrument)) == instrument


def test_yen_are_counted_in_thousandths():
    assert default_instrument("USDJPY", "fx", "JPY").tick == Decimal("0.001")
    assert default_instrument("EURUSD", "fx", "USD").tick == Decimal("0.00001")


def test_an_unknown_asset_class_is_refused_with_the_known_ones():
    with pytest.raises(Refused, match="index, equity, etf, fx, crypto, commodity, found 'art'"):
        default_instrument("X", "art", "USD")


@pytest.mark.parametrize(
    "given, path", [({"tik": 1}, "tik"), ({"costs": {"fee": 1}}, "costs.fee"), ({"tick": "wide"}, "tick")]
)
def test_a_change_of_an_instrument_names_the_wrong_field(given, path):
    with pytest.raises(Refused) as refused:
        with_changes(default_instrument("X", "etf", "USD"), given)

    assert refused.value.details["path"] == path


def test_a_change_takes_numbers_exactly():
    changed = with_changes(default_instrument("X", "etf", "USD"), {"tick": 0.05, "costs": {"fee_bps": "1.5"}})

    assert (changed.tick, changed.costs.fee_bps) == (Decimal("0.05"), Decimal("1.5"))
    assert changed.costs.borrow_bps_per_year == Decimal(100)


@pytest.mark.parametrize(
    "code, http, leaves",
    [("internal", 500, 1), ("disk_full", 500, 1), ("not_found", 404, 4), ("at_capacity", 409, 5),
     ("provider_timeout", 504, 6), ("store_unavailable", 503, 6), ("budget_exhausted", 429, 7), ("no_pack", 422, 3),
     ("reconciliation_failed", 500, 1)],
)  # fmt: skip
def test_status_and_exit_follow_from_the_code(code, http, leaves):
    outcome = outcome_of(code)

    assert (outcome.http, outcome.exit) == (http, leaves)


def test_a_refusal_travels_with_its_numbers():
    carried = Refused.because(Refusal("too_wide", "too wide", observed=3, limit=2, details={"path": "x"}))

    assert (carried.code, carried.details) == ("too_wide", {"path": "x", "observed": 3, "limit": 2})
    assert not isinstance(carried, Fault)


def test_the_first_failing_answer_decides():
    answers = [GateAnswer("g", i, code, passed, 1.0, 2.0, code) for i, (code, passed) in
               enumerate([("a", True), ("b", False), ("c", False)])]  # fmt: skip

    verdict = GateVerdict("g", tuple(answers))

    assert (verdict.passed, verdict.decisive) == (False, answers[1])
    assert GateVerdict("g", ()).decisive is None


def test_a_mark_says_nothing_it_does_not_know():
    mark = Mark("p", "h", "0.1", None, ("fred",), None, datetime(2026, 1, 1, tzinfo=UTC))

    assert mark.as_json() == {
        "pack_id": "p", "pack_sha256": "h", "ledger_hash": None, "code_version": "0.1", "operation_id": None,
        "sources": ["fred"], "as_of": None, "made_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
