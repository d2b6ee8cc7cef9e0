"""Redraw the past: what else could as well have been, and how much of a result is left of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mintmark.domain import Bars, Refused
from mintmark.measures import (
    bar_returns,
    compiled,
    drawdowns,
    equity_performance,
    longest_drawdown,
    mean_block,
    stationary_places,
)
from mintmark.simulation.records import FloatArray, IntArray, Records
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.runs import draw, seed_of

METHODS = ("trade_shuffle", "block_bootstrap", "path_permutation", "cost_stress")

# The purposes of randomness; a number once used is never given to another purpose.
_SHUFFLE, _BOOTSTRAP, _PERMUTATION = 21, 22, 23

Trade = Callable[[Sequence[Bars], np.random.Generator], BacktestResult]
"""What a strategy comes to on bars it has not seen: signals made anew, then traded with the generator's slippage."""


def trade_returns(result: BacktestResult) -> FloatArray:
    """Return the net profit of each trade over the equity that all trades before it left."""
    net, capital = result.trades["net_profit"], float(result.capital)
    return bar_returns(capital + np.cumsum(net), capital) if len(net) else np.empty(0)


def trade_shuffle(
    result: BacktestResult, master: int, runs: int = 1_000, *, part: range | None = None, workers: int = 1
) -> Records:
    """Return ``runs`` runs that make the trades of ``result`` in another order, each with its share of equity.

    Where it ends does not depend on the order, how deep and long it is under its peak does; the latter
    (``max_drawdown_bars``) counts trades. What is measured bar by bar has no value here.

    Raises:
        Refused: ``no_trades``; ``bad_value`` for too few runs.
    """
    made = trade_returns(result)
    if len(made) == 0:
        raise Refused("there are no trades to shuffle", code="no_trades")
    fixed = {name: result.metrics[name] for name in ("total_trades", "win_rate", "net_profit", "total_return")}

    def one(seed: np.random.SeedSequence) -> dict[str, float | int | None]:
        depths = drawdowns(_growth(np.random.default_rng(seed).permutation(made)), 1.0)
        return {**fixed, "max_drawdown": float(depths.max()), "max_drawdown_bars": longest_drawdown(depths)}

    return draw(one, master, _SHUFFLE, runs, part, workers)


def block_bootstrap(
    result: BacktestResult,
    master: int,
    runs: int = 1_000,
    *,
    block: float | None = None,
    part: range | None = None,
    workers: int = 1,
) -> Records:
    """Return ``runs`` runs of stationary blocks of the bar returns of ``result``; they have no trades.

    ``block``: the mean length, by default that of ``mean_block``.

    Raises:
        Refused: ``bad_value`` for too few runs.
    Source:
        Politis & Romano (1994), J. American Statistical Association 89(428).
    """
    capital = float(result.capital)
    returns = bar_returns(result.equity, capital)
    length = mean_block(returns) if block is None else block

    def one(seed: np.random.SeedSequence) -> dict[str, float | int | None]:
        drawn = returns[stationary_places(len(returns), length, np.random.default_rng(seed))]
        equity = capital * _growth(drawn)
        metrics, _ = equity_performance(equity, capital, result.bars_per_year)
        return {**metrics, "net_profit": float(equity[-1]) - capital, "mean_return": float(drawn.mean())}

    return draw(one, master, _BOOTSTRAP, runs, part, workers)


def path_permutation(
    bars: Sequence[Bars],
    trade: Trade,
    master: int,
    runs: int = 1_000,
    *,
    part: range | None = None,
    workers: int = 1,
) -> Records:
    """Return what ``trade`` comes to on ``runs`` permuted paths of ``bars``.

    Every instrument of as many bars is permuted in the same way, so that they go on moving together.

    Raises:
        Refused: ``bad_value`` for too few runs, and those of ``trade``.
    Source:
        Masters (2018), Permutation and Randomization Tests for Trading System Development.
    """

    known = [moves_of(each) for each in bars]

    def one(seed: np.random.SeedSequence) -> dict[str, float | int | None]:
        path = [redraw(each, moves, np.random.default_rng(seed)) for each, moves in zip(bars, known, strict=True)]
        return trade(path, slippage_of(seed)).metrics

    return draw(one, master, _PERMUTATION, runs, part, workers)


def permutation_seed(master: int, run: int) -> np.random.SeedSequence:
    """Return the randomness of one permuted path."""
    return seed_of(master, _PERMUTATION, run)


def slippage_of(seed: np.random.SeedSequence) -> np.random.Generator:
    """Return the generator of the slippage on the path that ``seed`` draws."""
    return np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 0)))


def _growth(returns: FloatArray) -> FloatArray:
    # Who has lost everything does not come back.
    factors: FloatArray = np.maximum(1.0 + returns, 0.0)
    return np.cumprod(factors, dtype=np.float64)


def permute_path(bars: Bars, generator: np.random.Generator) -> Bars:
    """Return bars whose moves are those of ``bars`` in another order.

    The open gaps (open over the close before) and the moves inside the bar (high, low and close over its own open) of
    bars 1 to n - 1 are shuffled by two independent permutations; the first bar and all stamps stay.
    Distribution and last close stay, order and with it any pattern goes. Volume and spread travel with the
    bar whose inside they belong to.

    Source:
        Masters (2018), Permutation and Randomization Tests for Trading System Development.
    """
    return redraw(bars, moves_of(bars), generator)


class Moves(NamedTuple):
    """What a path is made of.

    ``gaps``: open over the close before (n - 1,); ``inside``: high, low and close over their open (n, 3).
    """

    gaps: FloatArray
    inside: FloatArray


def moves_of(bars: Bars) -> Moves:
    """Return the moves of ``bars``, the same for each of its paths."""
    inside = np.column_stack((bars.high, bars.low, bars.close)) / bars.open[:, None]
    return Moves(bars.open[1:] / bars.close[:-1], inside)


def redraw(bars: Bars, moves: Moves, generator: np.random.Generator) -> Bars:
    """Return a path of ``bars`` with its ``moves`` in another order; see ``permute_path``."""
    order, insides = generator.permutation(len(moves.gaps)), generator.permutation(len(moves.gaps))
    opened, high, low, close = np.empty((4, len(bars)))
    put_path(float(bars.open[0]), moves.gaps, moves.inside, order, insides, opened, high, low, close)
    return replace(
        bars, open=opened, high=high, low=low, close=close, volume=_travel(bars.volume, insides),
        spread=_travel(bars.spread, insides),
    )  # fmt: skip


@compiled
def put_path(
    begin: float, gaps: FloatArray, inside: FloatArray, order: IntArray, insides: IntArray, opened: FloatArray,
    high: FloatArray, low: FloatArray, close: FloatArray,
) -> None:  # fmt: skip
    """Write the path that begins at ``begin``: each bar opens a gap from the close before; the first keeps its own."""
    at, place = begin, 0
    for t in range(len(opened)):
        if t > 0:
            at = close[t - 1] * gaps[order[t - 1]]
            place = 1 + insides[t - 1]
        opened[t] = at
        high[t] = at * inside[place, 0]
        low[t] = at * inside[place, 1]
        close[t] = at * inside[place, 2]


def _travel(column: FloatArray | None, insides: IntArray) -> FloatArray | None:
    return None if column is None else np.concatenate((column[:1], column[1 + insides]))


def bootstrap_paths(
    result: BacktestResult, master: int, runs: int, kept: IntArray, *, block: float | None = None
) -> FloatArray:
    """Return the equity of the first ``runs`` runs of ``block_bootstrap`` at the bars ``kept``: (runs, n_kept)."""
    capital = float(result.capital)
    returns = bar_returns(result.equity, capital)
    length = mean_block(returns) if block is None else block
    paths = np.empty((runs, len(kept)))
    for run in range(runs):
        places = stationary_places(len(returns), length, np.random.default_rng(seed_of(master, _BOOTSTRAP, run)))
        paths[run] = capital * _growth(returns[places])[kept]
    return paths


def shuffled_paths(result: BacktestResult, master: int, runs: int, kept: IntArray) -> FloatArray:
    """Return the equity of the first ``runs`` runs of ``trade_shuffle`` after the trades ``kept``: (runs, n_kept)."""
    made, capital = trade_returns(result), float(result.capital)
    paths = np.empty((runs, len(kept)))
    for run in range(runs):
        order = np.random.default_rng(seed_of(master, _SHUFFLE, run)).permutation(made)
        paths[run] = capital * _growth(order)[kept]
    return paths
