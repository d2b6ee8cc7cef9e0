"""Reported figures as fiscal years."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Any

from mintmark.domain import Refused
from mintmark.portfolio.statements import FiscalYear

ITEMS = frozenset(one.name for one in fields(FiscalYear)) - {"year"}


def fiscal_years(figures: Iterable[Any]) -> tuple[tuple[FiscalYear, ...], str | None]:
    """Return the last fiscal years without a hole, ascending, and the currency they are told in.

    Only annual figures of ``ITEMS`` count; of one told twice the later release does.

    Raises:
        Refused: ``statements_mixed`` where they are told in several currencies.
    """
    annual = [one for one in figures if one.frequency == "annual" and one.item in ITEMS]
    currencies = sorted({one.unit.split("/")[0] for one in annual})
    if len(currencies) > 1:
        message = f"the statements are told in {' and '.join(currencies)}"
        raise Refused(message, code="statements_mixed", currencies=currencies)
    by_year: dict[int, dict[str, Decimal]] = {}
    for one in sorted(annual, key=lambda one: one.released):
        by_year.setdefault(one.period_end.year, {})[one.item] = one.value
    years: list[FiscalYear] = []
    for year in sorted(by_year, reverse=True):
        if years and years[-1].year != year + 1:
            break
        years.append(FiscalYear(year, **by_year[year]))
    return tuple(reversed(years)), currencies[0] if currencies else None
