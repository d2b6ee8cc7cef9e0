"""What candidates are tried on: bars, an account, and who decides, part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from mintmark.domain import Bars, Instrument, Refused
from mintmark.simulation.door import union_stamps
from mintmark.simulation.engine import Account, Protection, run_targets
from mintmark.simulation.records import FloatArray, IntArray
from mintmark.simulation.result import BacktestResult

Decide = Callable[[Sequence[Bars], int], Callable[[int], FloatArray]]
"""Given the bars before a part's end and its first stamp (ns): what gives the targets of a candidate, by number.

Targets: (n_stamps, n_instruments) or (n_stamps,) over the bars from that stamp on, as ``run_targets`` takes them.
"""

MORE_IS_BETTER = (
    "sharpe_ratio", "sortino_ratio", "calmar_ratio", "omega_ratio", "recovery_factor", "total_return",
    "annual_return",
)  # fmt: skip
"""The metrics of bar returns that a choice may be made by."""

MORE_OF_TRADES_IS_BETTER = ("net_profit", "win_rate", "profit_factor", "expectancy")
"""The metrics of trades that a choice may be made by."""


@dataclass(frozen=True)
class Candidate:
    """One way to trade: its parameters, and the exits the engine makes for it."""

    values: Mapping[str, float | int | bool]
    protection: Protection = field(default_factory=Protection)


@dataclass(frozen=True)
class Part:
    """Bars ``start`` to ``stop`` (numbers in the course's stamps, stop left out)."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, eq=False)
class Course:
    """Candidates, and what they are tried on from the stamp ``first`` (ns) on; earlier bars are for looking back.

    ``rates``: (n_stamps, n_instruments) over the union of all bars' stamps, as ``run_targets`` takes them.
    ``seed``: what random slippage is drawn from, one stream a run.
    """

    bars: Sequence[Bars]
    instruments: Sequence[Instrument]
    candidates: Sequence[Candidate]
    decide: Decide
    bars_per_year: float
    account: Account = field(default_factory=Account)
    rates: FloatArray | None = None
    first: int = 0
    seed: int = 0

    @cached_property
    def stamps(self) -> IntArray:
        """The stamps that are traded (n,)."""
        union = union_stamps(self.bars)
        return union[union >= self.first]

    def open(self, part: Part) -> Callable[[int], FloatArray]:
        """Let the decider see every bar before the end of ``part`` and none after; return what gives targets."""
        stop = self._bounds(part)[1]
        return self.decide([between(one, 0, stop) for one in self.bars], self._bounds(part)[0])

    def run(
        self, number: int, part: Part, targets: FloatArray, stream: tuple[int, ...], capital: Decimal | None = None
    ) -> BacktestResult:
        """Return what candidate ``number`` makes of ``part``: it starts without a position and ends without one.

        Raises:
            Refused: as ``run_targets``.
        """
        start, stop = self._bounds(part)
        account = self.account if capital is None else replace(self.account, capital=capital)
        return run_targets(
            [between(one, start, stop) for one in self.bars],
            targets,
            self.instruments,
            account,
            bars_per_year=self.bars_per_year,
            protection=self.candidates[number].protection,
            rates=self._rates(part),
            slippage=np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=stream)),
        )

    def _bounds(self, part: Part) -> tuple[int, int]:
        return int(self.stamps[part.start]), int(self.stamps[part.stop - 1]) + 1

    def _rates(self, part: Part) -> FloatArray | None:
        if self.rates is None:
            return None
        skipped = len(self.rates) - len(self.stamps)
        return self.rates[skipped + part.start : skipped + part.stop]


def between(bars: Bars, start: int, stop: int) -> Bars:
    """Return the bars with ``start`` <= stamp < ``stop`` (ns)."""
    first, last = np.searchsorted(bars.stamps, [start, stop])
    return bars.part(int(first), int(last))


def best_of(worth: Sequence[float | int | None]) -> int | None:
    """Return the place of the highest number, the first of equals; None where there is none.

    >>> best_of([None, 0.5, 0.7, 0.7])
    2
    """
    known = [(value, -place) for place, value in enumerate(worth) if value is not None]
    return -max(known)[1] if known else None


def require_metric(metric: str, allowed: Sequence[str]) -> None:
    """Raise ``unknown_name`` where a choice cannot be made by ``metric``."""
    if metric not in allowed:
        message = f"expected a metric of {', '.join(allowed)}, found {metric!r}"
        raise Refused(message, code="unknown_name", found=metric, allowed=list(allowed))


def require_numbers(lowest: Mapping[str, tuple[int, int]]) -> None:
    """Raise ``bad_value`` for the first of {name: (value, lowest allowed)} that is below."""
    for name, (value, least) in lowest.items():
        if value < least:
            message = f"{name} must be at least {least}, was {value}"
            raise Refused(message, code="bad_value", field=name, value=str(value))
