"""What ratings are made of, from the statements of fiscal years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mintmark.portfolio.ratings import RATINGS

YEARS = 5


@dataclass(frozen=True)
class FiscalYear:
    """One fiscal year as published, in one currency; what was not published is None. Payments are positive."""

    year: int
    revenue: Decimal | None = None
    gross_profit: Decimal | None = None
    operating_income: Decimal | None = None
    interest_expense: Decimal | None = None
    net_income: Decimal | None = None
    dividends_paid: Decimal | None = None
    dividend_per_share: Decimal | None = None
    operating_cash_flow: Decimal | None = None
    capital_expenditure: Decimal | None = None
    cash: Decimal | None = None
    total_debt: Decimal | None = None
    equity: Decimal | None = None
    current_assets: Decimal | None = None
    current_liabilities: Decimal | None = None
    intangibles: Decimal | None = None
    total_assets: Decimal | None = None


Figure = Callable[[FiscalYear], Decimal | None]


def rating_inputs(years: Sequence[FiscalYear], to_usd: Decimal | None) -> dict[str, Decimal | None]:
    """Return every input of the ratings; None where statements lack it, or where it would mislead.

    ``years``: ascending, without holes. ``to_usd``: dollars per unit of the statements' currency, None if unknown.
    Means over five years need five years. Negative earnings or equity make payout, return on equity and debt to
    equity missing.
    """
    if not years:
        return dict.fromkeys(name for scales in RATINGS.values() for name in scales)
    last = years[-1]
    net_cash = _less(last.cash, last.total_debt)
    found = {name: figure(last) for name, figure in _LATEST.items()}
    found |= {name: _mean([figure(one) for one in years[-YEARS:]]) for name, figure in _FIVE_YEARS.items()}
    return found | {
        "net_cash_usd": None if net_cash is None or to_usd is None else net_cash * to_usd,
        "growth_streak_years": _streak(years),
        "operating_margin_sd": _spread([_share(one.operating_income, one.revenue) for one in years[-YEARS:]]),
    }


def _share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return ``part`` of ``whole``; None where there is nothing, or less than nothing, to have a part of."""
    return None if part is None or whole is None or whole <= 0 else part / whole


def _less(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return None if first is None or second is None else first - second


_LATEST: dict[str, Figure] = {
    "fcf_cover": lambda one: _share(_less(one.operating_cash_flow, one.capital_expenditure), one.dividends_paid),
    "intangibles_share": lambda one: _share(one.intangibles, one.total_assets),
    "debt_to_equity": lambda one: _share(one.total_debt, one.equity),
    "current_ratio": lambda one: _share(one.current_assets, one.current_liabilities),
    "interest_cover": lambda one: _share(one.operating_income, one.interest_expense),
}
_FIVE_YEARS: dict[str, Figure] = {
    "payout_5y": lambda one: _share(one.dividends_paid, one.net_income),
    "roe_5y": lambda one: None if one.net_income is None or one.net_income < 0 else _share(one.net_income, one.equity),
    "gross_margin_5y": lambda one: _share(one.gross_profit, one.revenue),
}


def _mean(values: Sequence[Decimal | None]) -> Decimal | None:
    there = [value for value in values if value is not None]
    return sum(there, Decimal(0)) / YEARS if len(there) == len(values) == YEARS else None


def _spread(values: Sequence[Decimal | None]) -> Decimal | None:
    there = [value for value in values if value is not None]
    mean = _mean(values)
    if mean is None:
        return None
    return (sum(((value - mean) ** 2 for value in there), Decimal(0)) / (YEARS - 1)).sqrt()


def _streak(years: Sequence[FiscalYear]) -> Decimal | None:
    """Return in how many years up to the last the dividend per share grew; None where the last two do not tell."""
    paid = [one.dividend_per_share for one in years]
    if len(paid) < 2 or paid[-1] is None or paid[-2] is None:
        return None
    count = 0
    for before, after in zip(paid[-2::-1], paid[:0:-1], strict=True):
        if before is None or after is None or after <= before:
            break
        count += 1
    return Decimal(count)
