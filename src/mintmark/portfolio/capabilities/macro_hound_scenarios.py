"""What shocks, and the falls of the past, would do to a portfolio as it stands."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

import numpy as np
from pydantic import BeforeValidator

from mintmark.domain import Money, Refusal, Refused
from mintmark.measures import Undefined, beta
from mintmark.portfolio.capability import Arguments, Capability, Reading
from mintmark.portfolio.exposed_holdings import FIVE_YEARS, grown, held_of, in_base, last_days, money_of
from mintmark.portfolio.macro_shapes import FactorExposures, GivenExposures
from mintmark.portfolio.replays import REPLAYS, Replayed, replay
from mintmark.portfolio.scenario_shapes import DeltaRow, ScenarioTable
from mintmark.portfolio.scenarios import Delta, Exposed, ScenarioResult, Shocks, run_scenario, scenario_of
from mintmark.portfolio.shapes import GivenValued, Valued

FEWEST_DAYS: Final = 60
"""Daily returns a beta to the benchmark needs."""


def _exact(value: Any) -> Any:
    # A shock is a fraction somebody typed; its shortest text is what was meant.
    return Decimal(repr(value)) if isinstance(value, float) else value


Shock = Annotated[Decimal, BeforeValidator(_exact)]


class StandingGiven(Arguments):
    """A valued portfolio, and how its holdings move with factors."""

    valued: GivenValued
    exposures: GivenExposures


class ScenarioGiven(StandingGiven):
    """Exactly one of a scenario or replay by name, and shocks by factor as fractions."""

    scenario_id: str | None = None
    custom_shocks: dict[str, Shock] | None = None


def scenario(reading: Reading, given: ScenarioGiven) -> ScenarioTable | Refusal:
    """Return what a scenario does to each position; refuses ``scenario_coverage_low`` under 80 % of the gross value."""
    if given.scenario_id in REPLAYS and given.custom_shocks is None:
        return _replayed(reading, given.valued, given.scenario_id or "")
    shocks = scenario_of(given.scenario_id, given.custom_shocks)
    if isinstance(shocks, Refusal):
        return shocks
    return _shocked(reading, given, given.scenario_id or "custom", shocks)


def deleveraging(name: str, reading: Reading, given: StandingGiven) -> ScenarioTable | Refusal:
    """Return what one way out of too much debt does to each position; refuses as ``scenario``."""
    shocks = scenario_of(name, None)
    return shocks if isinstance(shocks, Refusal) else _shocked(reading, given, name, shocks)


def exposed_of(valued: Valued, exposures: FactorExposures) -> list[Exposed]:
    """Return every position and balance as a scenario sees it."""
    fits = {one.symbol: one.fit for one in exposures.positions}
    found = []
    for one in held_of(valued):
        fit = fits.get(one.symbol)
        betas = None if fit is None else {each.factor: each.beta for each in fit.betas}
        found.append(Exposed(one.symbol, one.value, one.currency, betas))
    return [*found, *money_of(valued)]


def _shocked(reading: Reading, given: StandingGiven, name: str, shocks: Shocks) -> ScenarioTable | Refusal:
    base = given.valued.base_currency
    found = run_scenario(exposed_of(given.valued, given.exposures), shocks, base, given.exposures.factors)
    return found if isinstance(found, Refusal) else _table(reading, name, found, base, shocks=shocks)


def replay_return(reading: Reading, name: str, returns: Any) -> float | None:
    """Return what ``returns`` gives for the days of a replay, compounded; None where the pack lacks one."""
    days = replay_days(reading, name)
    try:
        return grown(returns(days)) if days else None
    except Refused:
        return None


def replay_days(reading: Reading, name: str) -> list[date]:
    """Return the trading days of a replay; none where it ended after the day of the question."""
    first, last = REPLAYS[name]
    return [] if last > reading.ctx.asof_date else list(reading.pack.trading_days(first, last))


def currency_moves(reading: Reading, currency: str, base: str, days: Sequence[date]) -> Any:
    """Return what ``currency`` gained in ``base`` each day. Shape: (n_days,), nan first."""
    rates = reading.pack.rate_array(currency, base, days)
    return np.append(np.nan, rates[1:] / rates[:-1] - 1.0)


def _replayed(reading: Reading, valued: Valued, name: str) -> ScenarioTable | Refusal:
    if not replay_days(reading, name):
        return Refusal("history_too_short", f"{name} ended on {REPLAYS[name][1]}, after the day of the pack")
    base, index = valued.base_currency, reading.owned.benchmark
    index_betas = functools.partial(_index_beta, reading, index, base)
    positions = []
    for one in held_of(valued):
        own = replay_return(reading, name, functools.partial(in_base, reading.pack, one.symbol, base))
        positions.append(Replayed(one.symbol, one.value, own, None if own is not None else index_betas(one.symbol)))
    for cash in money_of(valued):
        moved = replay_return(reading, name, functools.partial(currency_moves, reading, cash.currency, base))
        positions.append(Replayed(cash.symbol, cash.value, moved, None))
    market = None
    if index is not None:
        market = replay_return(reading, name, functools.partial(in_base, reading.pack, index, base))
    found = replay(positions, market)
    if isinstance(found, Refusal):
        return found
    return _table(reading, name, found.result, base, through_index=found.through_index)


def _index_beta(reading: Reading, index: str | None, base: str, symbol: str) -> float | None:
    if index is None:
        return None
    days = last_days(reading.pack, reading.ctx.asof_date, FIVE_YEARS + 1)
    own, market = in_base(reading.pack, symbol, base, days), in_base(reading.pack, index, base, days)
    both = np.isfinite(own) & np.isfinite(market)
    try:
        return beta(own[both], market[both]) if int(both.sum()) >= FEWEST_DAYS else None
    except Undefined:
        return None


def _table(
    reading: Reading, name: str, found: ScenarioResult, base: str, *, shocks: Mapping[str, Decimal] | None = None,
    through_index: Sequence[str] = (),
) -> ScenarioTable:  # fmt: skip
    if found.legs_uncovered:
        told = ", ".join(found.legs_uncovered)
        reading.notes.warn("scenario_partial", f"the factors do not hold {told}, so its shock is left out")
    for place, one in enumerate(found.deltas):
        if one.change is None:
            for field in ("change", "fraction"):
                reading.notes.undefined(
                    f"deltas.{place}.{field}", "history_too_short" if shocks is None else "no_betas"
                )
    reading.notes.inputs(len(found.deltas) - len(found.uncovered), len(found.deltas))
    return ScenarioTable(
        scenario=name, kind="replay" if shocks is None else "shocks", shocks=dict(shocks or {}), base_currency=base,
        total=Money(found.total, base),
        deltas=_rows(found.deltas, base), winners=_rows(found.winners, base), losers=_rows(found.losers, base),
        coverage=found.coverage, uncovered=list(found.uncovered), legs_uncovered=list(found.legs_uncovered),
        through_index=list(through_index),
    )  # fmt: skip


def _rows(deltas: Sequence[Delta], base: str) -> list[DeltaRow]:
    return [
        DeltaRow(
            symbol=one.symbol,
            value=Money(one.value, base),
            change=None if one.change is None else Money(one.change, base),
            fraction=one.fraction,
        )
        for one in deltas
    ]


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    ways = {
        "deleveraging_money_printing": "What it does when debt is paid with new money.",
        "deleveraging_austerity": "What it does when debt is paid by spending less.",
        "deleveraging_default": "What it does when debt is not paid.",
    }
    return (
        Capability(
            "macro.run_scenario", ScenarioGiven, ScenarioTable, scenario, "What a scenario does to a portfolio."
        ),
        *(
            Capability(
                f"scenarios.{name}", StandingGiven, ScenarioTable, functools.partial(deleveraging, name), summary
            )
            for name, summary in ways.items()
        ),
    )
