"""A function of the frame of bars, made what sweeps, Monte Carlo tests and walk-forwards run."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from mintmark.domain import Bars, Money, Refused, instrument_json
from mintmark.notebook.frames import FloatArray, weights_of
from mintmark.notebook.ground import TriedOn, costing, days_of, draws, hashed, tried_on
from mintmark.research import Choice, Decider, Ground, Market, Tries
from mintmark.simulation import (
    MOST_COMBINATIONS,
    Account,
    BacktestResult,
    Candidate,
    Course,
    Grid,
    Protection,
    read_grid,
    run_targets,
)

if TYPE_CHECKING:
    from mintmark.notebook.simulating import OnWhat

Combination = Mapping[str, int | float | bool]


@dataclass(frozen=True)
class Terms:
    """On what a function is tried, and on which terms. ``mark``: as JSON."""

    tried: TriedOn
    account: Account
    protection: Protection
    years: float
    seed: int
    mark: Mapping[str, Any]

    @property
    def bars(self) -> Bars:
        return self.tried.bars

    @cached_property
    def data(self) -> str:
        """The hash of the bars."""
        return self.tried.digest

    @property
    def partitions(self) -> list[str]:
        """What the count of tries knows the data by."""
        pack = self.tried.pack
        return [self.data] if pack is None else sorted(pack.partition_hashes(self.bars.symbol))

    @property
    def run_key(self) -> str:
        """The terms in words; with the weights it is what one try is known by."""
        one = self.tried.instrument
        return "\0".join((repr(instrument_json(one)), repr(self.account), repr(self.protection), str(self.seed)))

    @cached_property
    def market(self) -> Market:
        """The bars and the account's terms as research trades on them."""
        symbol, rates = self.bars.symbol, self.tried.rates(self.account.currency)
        known = {} if rates is None else {symbol: rates}
        years = {symbol: cast("int", self.years)}
        return Market({symbol: self.bars}, [self.tried.instrument], self.account, years, {}, known)

    @cached_property
    def ground(self) -> Ground:
        """All of the bars, to be traded from the first to the last."""
        stamps = self.bars.stamps
        if len(stamps) < 2:
            raise Refused(f"expected at least 2 bars, found {len(stamps)}", code="not_enough_bars", needed=2)
        return Ground(self.market, None, None, int(stamps[0]), int(stamps[-1]) + 1, self.seed, {})

    def told(self, name: str) -> dict[str, Any]:
        """Return what a result says of its data, as an operation's does."""
        symbol, pack = self.bars.symbol, self.tried.pack
        return {
            "strategy_name": name,
            "parameters": {},
            "model_path": None,
            "symbols": [symbol],
            "timeframe": str(self.bars.timeframe),
            "cost_profile": "handed in" if pack is None else pack.cost_profile(symbol),
            "initial_capital": Money(self.account.capital, self.account.currency).as_json(),
            "out_of_sample": None,
            "mark": self.mark,
        }


def terms_of(tries: Tries, bars: Any, on: OnWhat, seed: int) -> Terms:
    """Return the terms that ``on`` names; raises as ``backtest``."""
    from mintmark.data import bars_per_year

    found = tried_on(tries, bars, on.get("symbol"), on.get("timeframe"), on.get("pack"), on.get("instrument"))
    part = days_of(found.bars, on.get("start"), on.get("end"))
    found = replace(found, instrument=costing(found.instrument, on.get("costs")), bars=part)
    years = on.get("bars_per_year") or bars_per_year(found.instrument.calendar, part.timeframe)
    mark = tries.mark(found.digest, found.pack)
    return Terms(found, on.get("account") or Account(), on.get("protection") or Protection(), years, seed, mark)


@dataclass(frozen=True, eq=False)
class Function:
    """A function that decides, or targets that are decided already, on its terms."""

    decide: Any
    terms: Terms
    seen: list[str] = field(default_factory=list)
    _hashes: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called in a result."""
        return str(getattr(self.decide, "__name__", "targets")) if callable(self.decide) else "targets"

    def weights(self, bars: Bars, given: Combination) -> FloatArray:
        """Return what it decides on ``bars`` with the parameters ``given``."""
        return weights_of(partial(self.decide, **given) if given else self.decide, bars)

    def run(self, given: Combination) -> BacktestResult:
        """Return what trading it on all bars comes to."""
        terms = self.terms
        weights = self.weights(terms.bars, given)
        self._hashes[_key(given)] = self._hash(weights)
        return self.trade(terms.market, weights, draws(terms.seed, 0))

    def trade(self, market: Market, weights: FloatArray, slippage: np.random.Generator) -> BacktestResult:
        """Return what trading ``weights`` on the bars of ``market`` comes to."""
        (bars,) = market.bars.values()
        return run_targets(
            [bars], weights, market.instruments, market.account, bars_per_year=market.bars_per_year,
            protection=self.terms.protection, rates=market.window_rates(bars.stamps), slippage=slippage,
        )  # fmt: skip

    def note(self, given: Combination, weights: FloatArray) -> None:
        """Remember which try this was."""
        self._hashes[_key(given)] = self._hash(weights)
        self.seen.append(self._hashes[_key(given)])

    def run_hash(self, given: Combination) -> str:
        """Return what the try with ``given`` is known by; what was refused before it decided, by its parameters."""
        return self._hashes.get(_key(given)) or hashed(self.terms.data, self.name, _key(given), self.terms.run_key)

    def _hash(self, weights: FloatArray) -> str:
        terms = self.terms
        one = terms.tried.instrument
        # The same as a backtest of these targets: that is no new try.
        return hashed(
            terms.data, weights, repr(instrument_json(one)), repr(terms.account), repr(terms.protection),
            str(terms.seed),
        )  # fmt: skip


@dataclass(frozen=True)
class FunctionDecider(Decider):
    """A function, on the real bars and on those that are redrawn."""

    function: Function

    @classmethod
    def of(cls, function: Function) -> FunctionDecider:
        """Return what decides over all bars of the function's terms."""
        ground = function.terms.ground
        return cls(None, None, ground.start, ground.stop, {}, function)

    def decide(self, market: Market) -> FloatArray:
        """Return the targets of every bar."""
        (bars,) = market.bars.values()
        weights = self.function.weights(bars, {})
        if bars is self.function.terms.bars:
            self.function.note({}, weights)
        return weights

    def trade(self, market: Market, made: Any, slippage: np.random.Generator) -> BacktestResult:
        """Return what trading ``made`` comes to, all costs paid."""
        return self.function.trade(market, made, slippage)


def choice_among(function: Function, grid: Grid) -> Choice:
    """Return the combinations of ``grid`` as what a walk chooses from."""
    terms = function.terms
    candidates = [Candidate(grid[number], terms.protection) for number in range(len(grid))]

    def decide(known: Sequence[Bars], start: int) -> Callable[[int], FloatArray]:
        (bars,) = known
        first = int(np.searchsorted(bars.stamps, start))

        def made(number: int) -> FloatArray:
            weights = function.weights(bars, candidates[number].values)
            function.note(candidates[number].values, weights)
            return weights[first:]

        return made

    market = terms.market
    course = Course(
        [terms.bars], market.instruments, candidates, decide, market.bars_per_year, terms.account,
        market.window_rates(terms.bars.stamps), 0, terms.seed,
    )  # fmt: skip
    return Choice(course, tuple(range(len(grid))), {})


def grid_of(grid: str | Mapping[str, Sequence[Any]], decide: Any) -> Grid:
    """Return ``grid`` for the parameters of the function ``decide`` after its first.

    Raises:
        Refused: ``unknown_name`` for what it does not take, ``bad_value`` for no values, ``grid_too_large``;
            ``wrong_type`` for no function.
    """
    if not callable(decide):
        raise Refused("expected a function of the frame of bars and the parameters", code="wrong_type", field="decide")
    taken = list(inspect.signature(decide).parameters.values())[1:]
    names = [one.name for one in taken if one.kind is not inspect.Parameter.VAR_KEYWORD]
    if isinstance(grid, str):
        return read_grid(grid, names)
    for name, values in grid.items():
        if name not in names:
            message = f"expected one of {', '.join(names) or 'no parameters'}, found {name!r}"
            raise Refused(message, code="unknown_name", name=name, allowed=names)
        if len(values) == 0:
            raise Refused(f"expected at least one value of {name}, found none", code="bad_value", field=name, value="")
    count = math.prod(len(values) for values in grid.values())
    if count > MOST_COMBINATIONS:
        message = f"expected at most {MOST_COMBINATIONS:,} combinations, found {count:,}"
        raise Refused(message, code="grid_too_large", observed=count, limit=MOST_COMBINATIONS)
    return Grid({name: tuple(_plain(one) for one in values) for name, values in grid.items()})


def _plain(value: Any) -> int | float | bool:
    found: int | float | bool = value.item() if isinstance(value, np.generic) else value
    return found


def _key(given: Combination) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(given.items()))
