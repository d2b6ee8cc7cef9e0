"""The Monte Carlo test on itself: an edge that was planted must be found, and chance must not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Bars, Timeframe, default_instrument
from mintmark.measures import exceedance_p
from mintmark.simulation import BacktestResult, path_permutation, run_targets

FloatArray = NDArray[np.float64]

BARS = 1_000
LINK = 0.3
STRATEGIES = 200
FOUND_BELOW = 0.01
UNIFORM_ABOVE = 0.01

_RANDOM_BARS = 300
_RANDOM_RUNS = 100
_CHANGES = 0.1
_YEAR = 252
_PLANTED, _RANDOM = 31, 32


@dataclass(frozen=True, eq=False)
class MonteCarloCheck:
    """What came of the check.

    ``sharpe`` and ``best_drawn``: of the planted edge, and the best of its ``runs`` permuted paths. ``random_p``: the
    p-value of each strategy that enters at random; ``uniform_p``: of Kolmogorov and Smirnov that they are uniform.
    """

    master: int
    sharpe: float
    best_drawn: float
    runs: int
    planted_p: float
    random_p: FloatArray
    uniform_p: float

    @property
    def passed(self) -> bool:
        """Whether the edge was found and chance was not."""
        return self.planted_p < FOUND_BELOW and self.uniform_p > UNIFORM_ABOVE

    def as_json(self) -> dict[str, Any]:
        """Return the check as JSON; ``deciles``: the share of random p-values in each tenth."""
        counts, _ = np.histogram(self.random_p, 10, (0.0, 1.0))
        return {
            "random_state": self.master,
            "planted": {
                "sharpe_ratio": self.sharpe,
                "best_drawn": self.best_drawn,
                "runs": self.runs,
                "p_value": self.planted_p,
                "below": FOUND_BELOW,
            },
            "random": {
                "strategies": len(self.random_p),
                "uniform_p": self.uniform_p,
                "above": UNIFORM_ABOVE,
                "deciles": (counts / len(self.random_p)).tolist(),
                "p_values": self.random_p.tolist(),
            },
            "passed": self.passed,
        }


def check_montecarlo(
    master: int, *, runs: int = 200, strategies: int = STRATEGIES, progress: Callable[[int, int], None] | None = None
) -> MonteCarloCheck:
    """Return what path permutation says of a planted edge and of ``strategies`` that enter at random.

    The edge: moves that go on as the one before them did, 0.3 of it, and a strategy that follows them. Each random
    strategy has bars of its own without any link, and takes a new position on one bar in ten.
    """
    from scipy.stats import kstest

    generator = _generator(master, _PLANTED, 0)
    bars = drawn_bars(BARS, LINK, generator)
    real = float(follow([bars], generator).metrics["sharpe_ratio"] or 0.0)
    table = path_permutation([bars], follow, master, runs)["sharpe_ratio"]
    found = np.empty(strategies)
    for number in range(strategies):
        found[number] = random_p(master, number)
        if progress is not None:
            progress(number + 1, strategies)
    return MonteCarloCheck(
        master=master,
        sharpe=real,
        best_drawn=float(np.nanmax(table)),
        runs=runs,
        planted_p=exceedance_p(real, table),
        random_p=found,
        uniform_p=float(kstest(found, "uniform").pvalue),
    )


def random_p(master: int, number: int) -> float:
    """Return the p-value of the strategy ``number`` that enters at random, on bars without any link."""
    generator = _generator(master, _RANDOM, number)
    bars = drawn_bars(_RANDOM_BARS, 0.0, generator)
    changes = generator.random(_RANDOM_BARS) < _CHANGES
    targets = np.where(changes, generator.choice([-1.0, 0.0, 1.0], _RANDOM_BARS), np.nan)

    def enter(path: Sequence[Bars], slippage: np.random.Generator) -> BacktestResult:
        return _run(path, targets, slippage)

    real = float(enter([bars], generator).metrics["sharpe_ratio"] or 0.0)
    table = path_permutation([bars], enter, int(generator.integers(2**32)), _RANDOM_RUNS)
    return exceedance_p(real, table["sharpe_ratio"])


def drawn_bars(count: int, link: float, generator: np.random.Generator) -> Bars:
    """Return daily bars whose moves of about one percent are ``link`` of the move before and noise."""
    noise = generator.normal(0.0, 0.01, count)
    moves = np.empty(count)
    before = 0.0
    for at in range(count):
        moves[at] = before = link * before + noise[at]
    gaps = generator.normal(0.0, 0.002, count)
    closes = np.log(100.0) + np.cumsum(moves + gaps)
    reach = np.abs(generator.normal(0.0, 0.003, (2, count)))
    opens = closes - moves
    high, low = np.maximum(opens, closes) + reach[0], np.minimum(opens, closes) - reach[1]
    stamps = np.arange(count, dtype=np.int64) * Timeframe.D1.nanoseconds
    return Bars("DRAWN", Timeframe.D1, stamps, *(np.exp(column) for column in (opens, high, low, closes)))


def follow(path: Sequence[Bars], slippage: np.random.Generator) -> BacktestResult:
    """Return what going with the direction of the bar before comes to."""
    return _run(path, np.sign(path[0].close - path[0].open), slippage)


def _run(path: Sequence[Bars], targets: FloatArray, slippage: np.random.Generator) -> BacktestResult:
    instruments = [default_instrument("DRAWN", "equity", "USD")]
    return run_targets(path, targets, instruments, bars_per_year=_YEAR, slippage=slippage)


def _generator(master: int, purpose: int, number: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(master, spawn_key=(purpose, number)))
