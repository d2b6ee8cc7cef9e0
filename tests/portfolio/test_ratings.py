"""Ratings by hand: every bound, and nothing in the place of what is missing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mintmark.portfolio.ratings import BILLION, RATINGS, Overall, grade_of, overall, rate
from mintmark.portfolio.statements import FiscalYear, rating_inputs

SAFE = {
    "payout_5y": Decimal("0.40"), "fcf_cover": Decimal("3.5"), "growth_streak_years": Decimal(12),
    "net_cash_usd": 20 * BILLION,
}  # fmt: skip


def test_the_safety_of_a_dividend_by_hand():
    found = rate("dividend_safety", SAFE)

    assert [one.points for one in found.components] == [7, 10, 9, 8]
    assert (found.rating, found.missing, found.method) == (Decimal("8.6"), (), "dividend_safety_v1")


def test_a_missing_payout_leaves_its_component_and_the_rating_without_a_value():
    found = rate("dividend_safety", SAFE | {"payout_5y": None})

    assert (found.rating, found.missing) == (None, ("payout_5y",))
    assert (found.components[0].value, found.components[0].points) == (None, None)
    assert overall([found]) == Overall(None, None, ("dividend_safety",))


@pytest.mark.parametrize(
    ("name", "inputs", "points"),
    [
        ("dividend_safety", ("0.30", "3", "20", "50"), (7, 7, 10, 8)),
        ("dividend_safety", ("0.29", "3.01", "19", "51"), (10, 10, 9, 10)),
        ("dividend_safety", ("0.70", "1", "4", "1"), (2, 2, 5, 4)),
        ("moat_strength", ("0.20", "0.60", "0.30"), (8, 8, 6)),
        ("moat_strength", ("0.21", "0.25", "0.31"), (10, 4, 8)),
        ("moat_strength", ("0.10", "0.41", "0.15"), (4, 8, 4)),
        ("resilience", ("0.5", "2", "10", "0.02"), (8, 8, 8, 8)),
        ("resilience", ("0.49", "2.1", "11", "0.01"), (10, 10, 10, 10)),
        ("resilience", ("2", "1", "2", "0.10"), (3, 4, 3, 4)),
        ("resilience", ("1.9", "1.1", "2.1", "0.099"), (6, 7, 6, 6)),
    ],
)
def test_bounds_are_strict_but_for_years_of_growth(name, inputs, points):
    units = {"net_cash_usd": BILLION}

    found = rate(
        name, {key: Decimal(value) * units.get(key, 1) for key, value in zip(RATINGS[name], inputs, strict=True)}
    )

    assert tuple(one.points for one in found.components) == points


def test_the_weights_of_each_rating_add_to_one():
    assert {name: sum(one.weight for one in scales.values()) for name, scales in RATINGS.items()} == dict.fromkeys(
        RATINGS, Decimal(1)
    )


def test_the_overall_rating_is_the_mean_of_three_with_its_grade():
    ratings = [
        rate("dividend_safety", SAFE),
        rate("moat_strength", dict.fromkeys(RATINGS["moat_strength"], Decimal("0.5"))),
        rate("resilience", dict.fromkeys(RATINGS["resilience"], Decimal("1.5"))),
    ]

    found = overall(ratings)

    # 8.6; .45 x 10 + .35 x 8 + .20 x 8; .40 x 6 + .25 x 7 + .20 x 3 + .15 x 4
    assert [one.rating for one in ratings] == [Decimal("8.6"), Decimal("8.9"), Decimal("5.35")]
    assert (found.rating, found.grade) == (Decimal("7.6167"), "B")
    assert [grade_of(Decimal(one)) for one in ("6.5", "5", "3.5", "0")] == ["B", "C", "D", "F"]


def fiscal(year, **figures):
    plain = {
        "revenue": 1000, "gross_profit": 450, "operating_income": 200, "interest_expense": 20, "net_income": 150,
        "dividends_paid": 60, "dividend_per_share": year - 2000, "operating_cash_flow": 260,
        "capital_expenditure": 80, "cash": 500, "total_debt": 300, "equity": 750, "current_assets": 600,
        "current_liabilities": 300, "intangibles": 400, "total_assets": 2000,
    } | figures  # fmt: skip
    return FiscalYear(year, **{name: None if value is None else Decimal(value) for name, value in plain.items()})


def test_inputs_follow_from_five_published_years():
    years = [fiscal(year, operating_income=200 + 10 * (year - 2018)) for year in range(2014, 2019)]

    found = rating_inputs(years, Decimal("1.25"))

    assert found == {
        "payout_5y": Decimal("0.4"), "fcf_cover": Decimal(3), "growth_streak_years": Decimal(4),
        "net_cash_usd": Decimal(250), "roe_5y": Decimal("0.2"), "gross_margin_5y": Decimal("0.45"),
        "intangibles_share": Decimal("0.2"), "debt_to_equity": Decimal("0.4"), "current_ratio": Decimal(2),
        "interest_cover": Decimal(10), "operating_margin_sd": found["operating_margin_sd"],
    }  # fmt: skip
    assert found["operating_margin_sd"] == pytest.approx(Decimal("0.0158113883"), abs=Decimal("1e-9"))
    assert set(found) == {name for scales in RATINGS.values() for name in scales}


def test_losses_and_debts_over_assets_are_missing_and_not_good():
    years = [fiscal(year) for year in range(2014, 2018)] + [fiscal(2018, net_income=-10, equity=-5)]

    found = rating_inputs(years, None)

    assert {name for name, value in found.items() if value is None} == {
        "payout_5y", "roe_5y", "debt_to_equity", "net_cash_usd",
    }  # fmt: skip


def test_four_years_are_not_five_and_none_are_nothing():
    four = rating_inputs([fiscal(year) for year in range(2015, 2019)], Decimal(1))

    assert {name for name, value in four.items() if value is None} == {
        "payout_5y", "roe_5y", "gross_margin_5y", "operating_margin_sd",
    }  # fmt: skip
    assert set(rating_inputs([], Decimal(1)).values()) == {None}


def test_a_streak_ends_at_a_year_that_did_not_grow():
    paid = (1, 2, 3, 3, 4, 5)

    years = [fiscal(2013 + place, dividend_per_share=one) for place, one in enumerate(paid)]

    assert rating_inputs(years, None)["growth_streak_years"] == 2
    assert rating_inputs([*years[:-1], fiscal(2018, dividend_per_share=None)], None)["growth_streak_years"] is None
