"""Regimes and cycles: the table by hand, and real series as they were known."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from mintmark.domain import Refusal
from mintmark.measures import phase_scores
from mintmark.portfolio.cycles import (
    LONG_TERM,
    Empire,
    beta_shifts,
    betas_turned,
    empire_phase,
    long_term_phase,
    regime_shifts,
)
from mintmark.portfolio.macro import (
    REGIMES,
    SLOTS,
    MacroSeries,
    Phase,
    detect_regime,
    fit_phase,
    month_ends,
    regime_history,
    yearly_change,
)
from mintmark.portfolio.macro_sources import long_term_slots, period_ends, short_term_slots

RELEASE_DAYS = {"daily": 1, "monthly": 1, "quarterly": 30}


def day(text):
    return np.datetime64(text, "D")


def series(name, frequency, begins, values, release=None):
    ends = period_ends(np.array(begins, "datetime64[ns]").astype(np.int64), frequency)
    known = ends + (RELEASE_DAYS[frequency] if release is None else release)
    kept = np.isfinite(values)
    return MacroSeries(name, frequency, ends[kept], np.asarray(values, float)[kept], known[kept])


@pytest.fixture(scope="module")
def real(shared_data):
    """A finder of the real macro series by name."""
    macro = shared_data / "macro"

    def column(file, when, name):
        table = pl.read_csv(macro / file, infer_schema_length=None)
        return table[when].str.slice(0, 10).to_numpy(), table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    found = {
        "DGS10": series("DGS10", "daily", *column("us_treasury_curve_daily.csv", "date", "10year")),
        "DGS2": series("DGS2", "daily", *column("us_treasury_curve_daily.csv", "date", "2year")),
        "unemp": series("unemp", "quarterly", *column("us_macro_quarterly.csv", "quarter_start", "unemp"), 10),
        "us_cpi": series("us_cpi", "monthly", *column("us_cpi_monthly.csv", "Date", "Index"), 15),
        "GS10": series("GS10", "monthly", *column("us_10y_yield_monthly.csv", "Date", "Rate")),
        "BAA": series("BAA", "monthly", *column("us_moody_yields_monthly.csv", "date", "BAA")),
        "AAA": series("AAA", "monthly", *column("us_moody_yields_monthly.csv", "date", "AAA")),
        "PE10": series("PE10", "monthly", *column("sp500_shiller_monthly.csv", "Date", "PE10")),
    }
    return found.get


def test_the_regime_of_four_readings_by_the_table():
    readings = dict(zip(SLOTS, (-1.0, 0.5, 0.8, 1.0), strict=True))

    found = phase_scores(readings, REGIMES, SLOTS)

    assert found.ranking[:2] == ("EARLY_CONTRACTION", "LATE_EXPANSION")
    assert found.scores["EARLY_CONTRACTION"] == 100.0
    assert round(found.shares["EARLY_CONTRACTION"], 4) == 0.2741
    assert round(found.scores["LATE_EXPANSION"], 4) == 88.4615
    assert found.confidence == pytest.approx((100 - 88.461538) / 100, abs=1e-8)


def test_at_the_end_of_2007_real_data_say_late_expansion(real):
    found = detect_regime(short_term_slots(real), day("2007-12-31"))

    assert isinstance(found, Phase)
    assert found.phase == "LATE_EXPANSION"
    assert round(found.scores.scores["LATE_EXPANSION"], 2) == 96.40
    assert {slot: (round(one.z, 2), str(one.period_end)) for slot, one in found.readings.items()} == {
        "curve": (0.19, "2007-12-28"), "unemployment": (-0.29, "2007-09-30"), "inflation": (2.03, "2007-11-30"),
        "credit": (-0.04, "2007-11-30"),
    }  # fmt: skip


def test_a_year_after_the_last_figure_of_unemployment_three_slots_answer(real):
    found = detect_regime(short_term_slots(real), day("2010-08-31"))

    assert isinstance(found, Phase)
    assert found.missing == {"unemployment": "value_stale"}
    assert set(found.readings) == {"curve", "inflation", "credit"}


def test_two_slots_are_not_enough(real):
    slots = short_term_slots(real)

    found = detect_regime({slot: slots[slot] for slot in ("curve", "credit")}, day("2007-12-31"))

    assert isinstance(found, Refusal)
    assert (found.code, found.observed, found.limit) == ("macro_inputs_missing", 2, 3)
    assert found.details == {"missing": {"unemployment": "series_missing", "inflation": "series_missing"}}


def test_a_value_counts_from_the_day_it_was_known(real):
    unemployment = {"unemployment": real("unemp")}

    before, after = (
        detect_regime(short_term_slots(real) | unemployment, day(one)) for one in ("2008-01-09", "2008-01-10")
    )

    assert [str(one.readings["unemployment"].period_end) for one in (before, after)] == ["2007-09-30", "2007-12-31"]


def test_equal_scores_go_to_the_earlier_row_and_are_said_to_be_equal(real):
    table = {"WARM": REGIMES["LATE_EXPANSION"], "HOT": REGIMES["LATE_EXPANSION"], "COLD": REGIMES["DEEP_CONTRACTION"]}
    slots = short_term_slots(real)

    found = fit_phase(table, SLOTS, slots, day("2007-12-31"), years=10, least=3)

    assert isinstance(found, Phase)
    assert (found.phase, found.warnings, found.scores.confidence) == ("WARM", ("regime_tie",), 0.0)
    assert detect_regime(slots, day("2007-12-31")).warnings == ()


def test_without_a_treasury_yield_credit_is_told_over_the_best_companies(real):
    slots = short_term_slots(lambda name: None if name in ("GS10", "DGS10") else real(name))

    assert slots["credit"].name == "BAA - AAA"
    assert "curve" not in slots


def test_a_month_without_its_pair_has_no_yearly_change():
    level = series("p", "monthly", ["2008-01-01", "2009-01-01", "2009-02-01"], [100.0, 102.0, 103.0])

    change = yearly_change(level)

    assert change.ends.astype(str).tolist() == ["2009-01-31"]
    assert change.values.tolist() == pytest.approx([0.02])


def test_the_history_of_regimes_turns_at_month_ends(real):
    days = month_ends(day("2006-12-31"), day("2009-06-30"))

    history = regime_history(short_term_slots(real), days)

    assert len(history) == 30
    shifts = regime_shifts([(end, getattr(one, "phase", None)) for end, one in zip(days, history, strict=True)])
    assert [shift.before for shift in shifts[1:]] == [shift.after for shift in shifts[:-1]]
    assert history[-1].phase == "DEEP_CONTRACTION" == shifts[-1].after


def test_a_beta_that_drifts_turns_once_it_is_two_errors_from_where_it_last_turned():
    drift = [(day(f"2009-0{month}-28"), {"equity": (1.0 + 0.15 * month, 0.1)}) for month in range(1, 8)]

    turned = betas_turned(drift)

    # From 1.15 the first beta over 1.35 is that of March, from 1.45 over 1.65 that of May, from 1.75 that of July.
    assert [(str(one.day), one.before) for one in turned] == [
        ("2009-03-28", pytest.approx(1.15)), ("2009-05-28", pytest.approx(1.45)), ("2009-07-28", pytest.approx(1.75)),
    ]  # fmt: skip


def test_a_beta_shifts_when_it_moves_by_over_two_errors():
    before = {"credit": (-2.0, 0.4), "equity": (1.0, 0.1)}

    shifts = beta_shifts(day("2009-06-30"), before, {"credit": (-2.8, 0.3), "equity": (1.21, 0.05), "usd": (9.0, 0.1)})

    assert [(shift.subject, shift.before, shift.after) for shift in shifts] == [("equity", 1.0, 1.21)]


def test_the_long_cycle_leaves_out_months_not_yet_known(real):
    slots = long_term_slots(real)

    found = long_term_phase(slots, day("2018-12-31"))

    assert isinstance(found, Phase)
    assert found.missing == {"debt": "series_missing"}
    assert found.phase in LONG_TERM
    assert np.isfinite(slots["cape"].values).all()


def test_one_slot_of_the_long_cycle_is_not_enough(real):
    found = long_term_phase({"credit": long_term_slots(real)["credit"]}, day("2018-12-31"))

    assert isinstance(found, Refusal)
    assert (found.observed, found.limit) == (1, 2)


SCORES = {
    "reserve_share": Decimal(60), "world_gdp_share": Decimal(40), "financial_centre": Decimal(80),
    "military": Decimal(70), "internal_order": Decimal(50), "innovation": Decimal(90),
}  # fmt: skip


def shifted(by):
    return {name: score + by for name, score in SCORES.items()}


@pytest.mark.parametrize(
    ("now", "before", "phase"),
    [(0, -5, "rise"), (0, 5, "decline"), (10, 5, "peak"), (-35, -30, "collapse"), (-35, -40, "rise")],
)
def test_a_country_rises_peaks_declines_or_collapses(now, before, phase):
    found = empire_phase(shifted(now), shifted(before))

    assert isinstance(found, Empire)
    assert found.level == Decimal("61.5") + now
    assert found.phase == phase


def test_too_little_of_a_country_is_refused_and_an_unknown_past_leaves_the_phase_open():
    without_reserve = {name: score for name, score in SCORES.items() if name != "reserve_share"}

    refused, opened = empire_phase(without_reserve, {}), empire_phase(SCORES, without_reserve)

    assert isinstance(refused, Refusal)
    assert (refused.code, refused.observed) == ("inputs_missing", Decimal("0.70"))
    assert isinstance(opened, Empire)
    assert (opened.change, opened.phase) == (None, None)
