"""What would soften a scenario."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

from mintmark.domain import Money, Refusal, Refused
from mintmark.measures import Undefined, currency_shock
from mintmark.portfolio.capabilities.macro_hound_factors import present_factors
from mintmark.portfolio.capabilities.macro_hound_scenarios import currency_moves, replay_return
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.exposed_holdings import FIVE_YEARS, as_held, held_of, in_base, last_days, money_of
from mintmark.portfolio.factors import Factors, expose
from mintmark.portfolio.hedges import Hedge, HedgeList, Hedges, foreign_exposure, suggest_hedges
from mintmark.portfolio.macro_shapes import GivenExposures, PhaseCard
from mintmark.portfolio.scenario_shapes import GivenScenario, HedgeRow, HedgeTable, ScenarioTable
from mintmark.portfolio.scenarios import Exposed, shocked
from mintmark.portfolio.shapes import GivenValued, Valued, of_state

FloatArray = NDArray[np.float64]
LOOK_BACK: Final = 252


class HedgesGiven(Arguments):
    """A valued portfolio, the set of factors it was exposed on, and what a scenario does to it."""

    valued: GivenValued
    exposures: GivenExposures
    scenario: GivenScenario


class DeleveragingGiven(Arguments):
    """The same with the three ways out of too much debt, and the long-term phase where it is told."""

    valued: GivenValued
    exposures: GivenExposures
    money_printing: GivenScenario
    austerity: GivenScenario
    default: GivenScenario
    long_term: Annotated[PhaseCard | None, BeforeValidator(of_state(PhaseCard))] = None


class DeleveragingHedges(Answer):
    """Hedges for each way, and the long-term phase; None where it is not told."""

    phase: str | None
    money_printing: HedgeTable
    austerity: HedgeTable
    default: HedgeTable


def hedges(reading: Reading, given: HedgesGiven) -> HedgeTable | Refusal:
    """Return what lessens the loss of the scenario, each with the scenario run again after it."""
    return _Market(reading, given.valued, given.exposures.set).hedged(given.scenario)


def deleveraging_hedges(reading: Reading, given: DeleveragingGiven) -> DeleveragingHedges | Refusal:
    """Return what lessens the loss of each way out of too much debt."""
    market = _Market(reading, given.valued, given.exposures.set)
    if given.long_term is None:
        reading.notes.undefined("phase", "macro_inputs_missing")
    return DeleveragingHedges(
        phase=None if given.long_term is None else given.long_term.phase,
        money_printing=market.hedged(given.money_printing),
        austerity=market.hedged(given.austerity),
        default=market.hedged(given.default),
    )


class _Market:
    """What a house may hedge a portfolio with; series are read once for all scenarios."""

    def __init__(self, reading: Reading, valued: Valued, factor_set: Any) -> None:
        self._reading, self._valued, self._set = reading, valued, factor_set
        self._symbols = reading.services.need(HedgeList).symbols
        if not self._symbols:
            message = "hedging.instruments names none, so only forwards on currencies are weighed"
            reading.notes.warn("hedge_list_empty", message)

    def hedged(self, scenario: ScenarioTable) -> HedgeTable:
        """Return the hedges of one scenario."""
        nav, base = self._valued.nav.amount, self._valued.base_currency
        instruments: dict[str, tuple[FloatArray, Decimal | None]] = {}
        unknown: dict[str, str] = {}
        if nav > 0:
            for symbol in self._symbols:
                own = self._own.get(symbol)
                if isinstance(own, str) or own is None:
                    unknown[symbol] = own or "history_too_short"
                else:
                    instruments[symbol] = (own, self._fraction(scenario, symbol))
        foreign = {
            currency: (exposure, self._currency(scenario, currency))
            for currency, exposure in foreign_exposure(self._standing, base).items()
        }
        returns = self._returns[self._whole] if instruments else np.empty(0)
        found = suggest_hedges(scenario.total.amount, nav, returns=returns, instruments=instruments, foreign=foreign)
        return _table(scenario.scenario, found, unknown, base)

    @functools.cached_property
    def _days(self) -> list[Any]:
        return last_days(self._reading.pack, self._reading.ctx.asof_date, LOOK_BACK + 1)

    @functools.cached_property
    def _returns(self) -> FloatArray:
        return as_held(self._reading.pack, self._valued, self._days)

    @functools.cached_property
    def _whole(self) -> NDArray[np.bool_]:
        return np.isfinite(self._returns)

    @functools.cached_property
    def _own(self) -> dict[str, FloatArray | str]:
        """The returns of each instrument on the days the portfolio has one, or why there are none."""
        found: dict[str, FloatArray | str] = {}
        for symbol in self._symbols:
            try:
                own = in_base(self._reading.pack, symbol, self._valued.base_currency, self._days)[self._whole]
            except Refused as refused:
                found[symbol] = refused.code
                continue
            found[symbol] = "history_too_short" if np.isnan(own).any() or not len(own) else own
        return found

    @functools.cached_property
    def _standing(self) -> list[Exposed]:
        held = [Exposed(one.symbol, one.value, one.currency, None) for one in held_of(self._valued)]
        return [*held, *money_of(self._valued)]

    def _fraction(self, scenario: ScenarioTable, symbol: str) -> Decimal | None:
        """Return what the scenario does to one unit of base currency in ``symbol``; None where that is not known."""
        base, pack = self._valued.base_currency, self._reading.pack
        if scenario.kind == "replay":
            own = replay_return(self._reading, scenario.scenario, functools.partial(in_base, pack, symbol, base))
            return None if own is None else Decimal(format(own, ".12f"))
        seen = Exposed(symbol, Decimal(1), pack.series(symbol).currency, self._betas(symbol))
        return shocked(seen, scenario.shocks, base).fraction

    def _betas(self, symbol: str) -> dict[str, float] | None:
        days, factors = self._factors
        if isinstance(factors, Refusal):
            return None
        returns = self._reading.pack.total_returns(symbol, days)
        try:
            found = expose(factors, np.array(days, "datetime64[D]"), returns, self._reading.pack.days_per_year)
        except Undefined:
            return None
        return dict(zip(factors.columns, found.betas.tolist(), strict=True))

    @functools.cached_property
    def _factors(self) -> tuple[list[Any], Factors | Refusal]:
        days = last_days(self._reading.pack, self._reading.ctx.asof_date, FIVE_YEARS + 1)
        return days, present_factors(self._reading, days, self._set)

    def _currency(self, scenario: ScenarioTable, currency: str) -> Decimal | None:
        base = self._valued.base_currency
        if scenario.kind == "shocks":
            return Decimal(format(currency_shock(currency, base, float(scenario.shocks["usd"])), ".12f"))
        moves = functools.partial(currency_moves, self._reading, currency, base)
        moved = replay_return(self._reading, scenario.scenario, moves)
        return None if moved is None else Decimal(format(moved, ".12f"))


def _table(name: str, found: Hedges, unknown: dict[str, str], base: str) -> HedgeTable:
    return HedgeTable(
        scenario=name, hedges=[_row(one, base) for one in found.hedges], dropped={**found.dropped, **unknown}
    )


def _row(one: Hedge, base: str) -> HedgeRow:
    amounts = {name: Money(getattr(one, name), base) for name in ("notional", "cost", "change", "total_after")}
    return HedgeRow(kind=one.kind, symbol=one.symbol, ratio=one.ratio, **amounts)


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    return (
        Capability("optimizer.suggest_hedges", HedgesGiven, HedgeTable, hedges, "What would soften a scenario."),
        Capability(
            "optimizer.suggest_deleveraging_hedges", DeleveragingGiven, DeleveragingHedges, deleveraging_hedges,
            "What would soften each way out of too much debt.",
        ),
    )  # fmt: skip
