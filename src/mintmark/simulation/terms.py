"""An instrument's numbers for the kernel, and the nights between its bars."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from mintmark.domain import Instrument, Refused, moment_of, stamp_of
from mintmark.simulation.records import (
    CLOSE_ONLY,
    EVENT,
    FIXED_BPS,
    INTERVAL,
    LONG_ONLY,
    MONEY,
    NIGHTS,
    NO_FINANCING,
    NO_SLIPPAGE,
    PERCENT,
    POINTS,
    RANDOM_TICKS,
    SHORT_ONLY,
    TERMS,
    FloatArray,
    IntArray,
    Records,
)

_FINANCING = {
    "none": NO_FINANCING, "points": POINTS, "money": MONEY, "percent": PERCENT, "interval": INTERVAL,
    # A rate of funding is a number of nights at one whole notional each.
    "funding": PERCENT,
}  # fmt: skip
_WHOLE_NOTIONAL = 100.0 * 360.0
_SLIPPAGE = {"none": NO_SLIPPAGE, "fixed_bps": FIXED_BPS, "random": RANDOM_TICKS}
_MODES = ("full", "long_only", "short_only", "close_only", "disabled")
_FIELDS = TERMS.names or ()
_BPS = 10_000.0
_HOUR_NS = 3_600 * 1_000_000_000
_TWO_DAYS = timedelta(days=2)


def terms_of(instruments: list[Instrument], leverage: float | None) -> Records:
    """Return one row of ``TERMS`` an instrument; ``leverage`` of the account goes before the instrument's own.

    Raises:
        Refused: ``instrument_incomplete`` or ``bad_value`` naming the field.
    """
    terms = np.zeros(len(instruments), dtype=TERMS)
    for place, instrument in enumerate(instruments):
        _check(instrument)
        row: dict[str, float] = {}
        _set_steps(row, instrument, leverage)
        _set_permissions(row, instrument)
        _set_costs(row, instrument)
        terms[place] = tuple(row[name] for name in _FIELDS)
    return terms


def _check(instrument: Instrument) -> None:
    costs = instrument.costs
    positive = ("contract_size", "size_step", "size_min", "size_max", "leverage")
    wrong = {name: getattr(instrument, name) for name in positive if getattr(instrument, name) <= 0}
    never_negative = ("fee_bps", "per_lot", "per_deal", "per_unit", "minimum", "slippage_size", "borrow_bps_per_year")
    wrong |= {f"costs.{name}": getattr(costs, name) for name in never_negative if getattr(costs, name) < 0}
    wrong |= {name: getattr(instrument, name) for name in ("tick", "spread_ticks") if getattr(instrument, name) < 0}
    for name, value in wrong.items():
        raise Refused(
            f"{instrument.symbol}: {name} is {value}", code="bad_value", symbol=instrument.symbol, field=name,
            value=str(value),
        )  # fmt: skip
    unknown = {"costs.slippage": costs.slippage not in _SLIPPAGE, "trade_mode": instrument.trade_mode not in _MODES}
    for name in (name for name, is_unknown in unknown.items() if is_unknown):
        raise Refused(f"{instrument.symbol}: unknown {name}", code="bad_value", symbol=instrument.symbol, field=name)
    if costs.financing == "funding" and costs.borrow_bps_per_year:
        raise Refused(
            f"{instrument.symbol}: who pays funding borrows nothing", code="bad_value", symbol=instrument.symbol,
            field="costs.borrow_bps_per_year", value=str(costs.borrow_bps_per_year),
        )  # fmt: skip
    needs_tick = costs.slippage == "random" or costs.financing == "points"
    if costs.financing not in _FINANCING or (needs_tick and not instrument.tick):
        field = "tick" if costs.financing in _FINANCING else "costs.financing"
        raise Refused(
            f"{instrument.symbol}: {field} does not allow its costs to be computed", code="instrument_incomplete",
            symbol=instrument.symbol, field=field,
        )  # fmt: skip


def _set_steps(row: dict[str, float], instrument: Instrument, leverage: float | None) -> None:
    inverse = 1 / instrument.tick if instrument.tick else Decimal(0)
    row["tick"] = float(instrument.tick)
    row["ticks_per_unit"] = float(inverse) if inverse == int(inverse) else 0.0
    row["contract"] = float(instrument.contract_size)
    row["size_min"] = float(instrument.size_min)
    row["size_step"] = float(instrument.size_step)
    row["size_max"] = float(instrument.size_max)
    row["inverse_leverage"] = 1.0 / (float(instrument.leverage) if leverage is None else leverage)
    row["bid_bars"] = float(instrument.price_basis == "bid")


def _set_permissions(row: dict[str, float], instrument: Instrument) -> None:
    mode = instrument.trade_mode
    row["may_trade"] = mode != "disabled"
    row["may_long"] = mode in ("full", "long_only")
    row["may_short"] = mode in ("full", "short_only") and instrument.shortable
    row["mode_refusal"] = {"close_only": CLOSE_ONLY, "short_only": SHORT_ONLY}.get(mode, LONG_ONLY)


def _set_costs(row: dict[str, float], instrument: Instrument) -> None:
    costs = instrument.costs
    for name in ("per_lot", "per_deal", "per_unit", "minimum"):
        row[name] = float(getattr(costs, name))
    row["fee_rate"] = float(costs.fee_bps) / _BPS
    row["cap"] = math.inf if costs.cap_fraction is None else float(costs.cap_fraction)
    row["slippage"] = _SLIPPAGE[costs.slippage]
    per_price = _BPS if costs.slippage == "fixed_bps" else 1.0
    row["slippage_size"] = float(costs.slippage_size) / per_price
    row["financing"] = _FINANCING[costs.financing]
    scale = _BPS if costs.financing == "interval" else 1.0
    row["financing_long"] = float(costs.financing_long) / scale
    row["financing_short"] = float(costs.financing_short) / scale
    if costs.financing == "funding":
        row["financing_long"], row["financing_short"] = _WHOLE_NOTIONAL, -_WHOLE_NOTIONAL
    row["opening_rate"] = float(costs.financing_opening_bps) / _BPS
    row["interval_ns"] = costs.financing_interval_hours * _HOUR_NS
    row["borrow"] = float(costs.borrow_bps_per_year) / _BPS


def costs_nights(instrument: Instrument) -> bool:
    """Return whether holding ``instrument`` over a rollover costs or pays anything."""
    costs = instrument.costs
    rates = costs.financing_long or costs.financing_short
    return bool(costs.borrow_bps_per_year or (costs.financing in ("points", "money", "percent") and rates))


def nights_between(instrument: Instrument, stamps: IntArray) -> tuple[IntArray, FloatArray]:
    """Return the bars before whose orders nights are charged, and how many.

    A rollover r belongs to the bar with stamps[t-1] < r <= stamps[t]. Its weekday in the rollover's zone
    gives the nights: Monday to Friday one, ``triple_day`` three, Saturday and Sunday none; every day one where
    there is no triple day.
    """
    if len(stamps) < 2 or not costs_nights(instrument):
        return np.empty(0, np.int64), np.empty(0, np.float64)
    instants, nights = rollovers(instrument, int(stamps[0]), int(stamps[-1]))
    bars = np.searchsorted(stamps, instants, side="left")
    total = np.bincount(bars, weights=nights, minlength=len(stamps))
    charged = np.flatnonzero(total)
    return charged.astype(np.int64), total[charged].astype(np.float64)


def rollovers(instrument: Instrument, first: int, last: int) -> tuple[IntArray, FloatArray]:
    """Return the instants (ns) of the rollovers after ``first`` up to ``last``, and the nights each counts."""
    years = range((moment_of(first) - _TWO_DAYS).year, (moment_of(last) + _TWO_DAYS).year + 1)
    calendar = (instrument.rollover_zone, instrument.rollover_time, instrument.costs.triple_day)
    found = [_rollovers_of_year(year, *calendar) for year in years]
    instants = np.concatenate([one for one, _ in found])
    nights = np.concatenate([one for _, one in found])
    inside = (first < instants) & (instants <= last)
    return instants[inside], nights[inside]


@cache
def _rollovers_of_year(year: int, zone_name: str, clock: str, triple: int | None) -> tuple[IntArray, FloatArray]:
    """Return the rollovers of a local calendar year; the same for every run, and slow to make."""
    zone, at, day = ZoneInfo(zone_name), time.fromisoformat(clock), date(year, 1, 1)
    instants, nights = [], []
    while day.year == year:
        count = 1 if triple is None else 3 if day.weekday() == triple else int(day.weekday() < 5)
        if count:
            instants.append(stamp_of(datetime.combine(day, at, tzinfo=zone)))
            nights.append(float(count))
        day += timedelta(days=1)
    return np.array(instants, np.int64), np.array(nights, np.float64)


def night_events(instruments: list[Instrument], stamps: IntArray) -> Records:
    """Return the nights of every instrument, ``EVENT`` by bar, of one bar in the order of ``instruments``."""
    tables = []
    for column, instrument in enumerate(instruments):
        bars, nights = nights_between(instrument, stamps)
        table = np.zeros(len(bars), EVENT)
        table["bar"], table["column"], table["kind"], table["value"] = bars, column, NIGHTS, nights
        tables.append(table)
    found: Records = np.concatenate(tables)
    return found if len(tables) == 1 else found[np.argsort(found["bar"], kind="stable")]
