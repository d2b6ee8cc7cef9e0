"""From answers to target weights: one loop for all bars and for the last one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mintmark.domain import Bars
from mintmark.strategy.answering import Signals, signals
from mintmark.strategy.arrays import FloatArray, IntArray
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.kernel import kernel
from mintmark.strategy.model import Model
from mintmark.strategy.resampling import resample

NoTradeReason = Literal["never_confident", "only_shorts_signalled", "blocked_by_min_bars"]
_WORDS = ("long", "short", "flat", "below_threshold")


@dataclass(frozen=True, eq=False)
class Held:
    """What a strategy holds: weight and bars since the last change (or the start), (n_symbols,) each."""

    weights: FloatArray
    bars_since: IntArray

    @classmethod
    def nothing(cls, symbols: int) -> Held:
        """Return the start: flat everywhere."""
        return cls(np.zeros(symbols), np.zeros(symbols, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Targets:
    """Target weights over the union of stamps, (n_stamps, n_symbols): the weight held from each close on.

    NaN where a symbol has no bar or no full row yet. ``counts`` says for each bar what was signalled: ``long``,
    ``short`` (allowed or not), ``flat`` (left), ``below_threshold`` (nothing). ``entries`` counts positions opened.
    """

    symbols: tuple[str, ...]
    stamps: IntArray
    weights: FloatArray
    counts: Mapping[str, int]
    entries: int
    highest_probability: float | None
    held: Held

    @property
    def no_trade_reason(self) -> NoTradeReason | None:
        """Why no position was opened; None when one was."""
        if self.entries:
            return None
        if self.counts["long"] + self.counts["short"] == 0:
            return "never_confident"
        return "blocked_by_min_bars" if self.counts["long"] else "only_shorts_signalled"


@dataclass(frozen=True, eq=False)
class Decision:
    """Target weights at the close of the last bar, by symbol; a symbol without a bar then is left out."""

    stamp: int
    weights: Mapping[str, float]
    up: Mapping[str, float]
    down: Mapping[str, float]
    held: Held


def variation(
    spec: StrategySpec,
    *,
    enter_at: float | None = None,
    edge_multiple: float | None = None,
    allow_short: bool | None = None,
    max_holding_bars: int | None = None,
) -> StrategySpec:
    """Return ``spec`` with other decisions; exit_at is lowered to enter_at where it would lie above."""
    given = {"enter_at": enter_at, "edge_multiple": edge_multiple, "allow_short": allow_short}
    changed = {name: value for name, value in given.items() if value is not None}
    decisions = spec.decisions.model_copy(update=changed)
    decisions = decisions.model_copy(update={"exit_at": min(decisions.exit_at, decisions.enter_at)})
    risk = spec.risk
    if max_holding_bars is not None:
        risk = risk.model_copy(update={"max_holding_bars": max_holding_bars})
    return spec.model_copy(update={"decisions": decisions, "risk": risk})


def targets(
    spec: StrategySpec, found: Signals, round_trip_cost: Mapping[str, float], held: Held | None = None
) -> Targets:
    """Return the target weights ``spec`` makes of ``found``, from what is ``held`` (default: nothing).

    ``round_trip_cost`` is the cost of an entry and its exit by symbol, a fraction of the notional; regression only.
    """
    rules, start = spec.decisions, held or Held.nothing(len(found.symbols))
    enter, leave = np.full(len(found.symbols), rules.enter_at), rules.exit_at
    if spec.regression:
        edges = [round_trip_cost[symbol] * rules.edge_multiple for symbol in found.symbols]
        # Strictly above the edge is at or above the next number.
        enter, leave = np.nextafter(np.array(edges), np.inf), 0.0
    kept = start.weights.copy(), start.bars_since.copy()
    weights, counts = _decide(
        found.up, found.down, _sizes(spec, found), enter, leave, rules.allow_short,
        rules.min_bars_between, spec.risk.max_gross, *kept,
    )  # fmt: skip
    seen = np.maximum(found.up, found.down)
    highest = None if spec.regression or not np.isfinite(seen).any() else float(np.nanmax(seen))
    named = {word: int(count) for word, count in zip(_WORDS, counts, strict=False)}
    return Targets(found.symbols, found.stamps, weights, named, int(counts[4]), highest, Held(*kept))


def decisions(
    spec: StrategySpec,
    model: Model,
    bars_by_symbol: Mapping[str, Bars],
    bars_per_year: Mapping[str, int],
    round_trip_cost: Mapping[str, float],
    *,
    start: int | None = None,
    stop: int | None = None,
) -> Targets:
    """Return the target weights at every close with ``start`` <= stamp < ``stop``, starting flat."""
    found = signals(spec, model, bars_by_symbol, bars_per_year, start=start, stop=stop)
    return targets(spec, found, round_trip_cost)


def decide(
    spec: StrategySpec,
    model: Model,
    window: Mapping[str, Bars],
    bars_per_year: Mapping[str, int],
    round_trip_cost: Mapping[str, float],
    held: Held,
) -> Decision:
    """Return the decision at the close of the last bar of ``window``: what ``decisions`` says of that bar, to the bit.

    The window begins with the first bar of each series; ``held`` is that of the decision before.
    """
    closed = {symbol: resample(window[symbol], spec.base) for symbol in spec.universe.symbols}
    closed = {symbol: resample(window[symbol], spec.base) for symbol in spec.universe.symbols}
    last = max(int(bars.stamps[-1]) for bars in closed.values() if len(bars))
    newest = signals(spec, model, closed, bars_per_year, start=last)
    made = targets(spec, newest, round_trip_cost, held)
    weights, up, down = (_last(matrix, newest.symbols) for matrix in (made.weights, newest.up, newest.down))
    return Decision(last, weights, up, down, made.held)


def _last(matrix: FloatArray, symbols: tuple[str, ...]) -> dict[str, float]:
    """Return the last row by symbol, without those that have none."""
    named = zip(symbols, matrix[-1].tolist(), strict=True)
    return {symbol: value for symbol, value in named if not math.isnan(value)}


def _sizes(spec: StrategySpec, found: Signals) -> FloatArray:
    """Return the weight an entry at each bar would get, without its sign, at most 1."""
    sizing, count = spec.risk.sizing, len(found.symbols)
    if sizing.method == "volatility_target":
        with np.errstate(divide="ignore"):
            return np.minimum(sizing.target_volatility / found.volatility / count, 1.0)
    share = sizing.fraction
    if sizing.method == "risk":
        share = sizing.risk / (spec.risk.stop_loss or sizing.risk)
    return np.full(found.up.shape, min(share / count, 1.0))


@kernel
def _decide(
    up: FloatArray,
    down: FloatArray,
    sizes: FloatArray,
    enter: FloatArray,
    leave: float,
    allow_short: bool,
    min_bars: int,
    max_gross: float,
    weights: FloatArray,
    since: IntArray,
) -> tuple[FloatArray, IntArray]:
    """Return the weights at each bar and the counts; ``weights`` and ``since`` are carried on in place."""
    result = np.full(up.shape, np.nan)
    counts = np.zeros(5, dtype=np.int64)
    for t in range(up.shape[0]):
        entered = False
        for m in range(up.shape[1]):
            if np.isnan(up[t, m]):
                continue
            since[m] += 1
            wish = 0
            if up[t, m] >= enter[m] and (up[t, m] > down[t, m] or down[t, m] < enter[m]):
                wish = 1
            elif down[t, m] >= enter[m] and (down[t, m] > up[t, m] or up[t, m] < enter[m]):
                wish = -1
            side = np.sign(weights[m])
            held_up = up[t, m] if side > 0 else down[t, m]
            out = side != 0 and held_up < leave
            if wish != 0 and wish != side and (wish > 0 or allow_short) and since[m] >= min_bars:
                weights[m] = wish * sizes[t, m]
                since[m] = 0
                entered = True
                counts[4] += 1
            elif out:
                weights[m] = 0.0
                since[m] = 0
            counts[0 if wish > 0 else 1 if wish < 0 else 2 if out else 3] += 1
        gross = np.abs(weights).sum()
        if entered and gross > max_gross:
            weights *= max_gross / gross
        for m in range(up.shape[1]):
            if not np.isnan(up[t, m]):
                result[t, m] = weights[m]
    return result, counts


def compile_decisions() -> None:
    """Compile the loop of the decisions into the cache."""
    one = np.ones((1, 1))
    _decide(one, one, one, np.ones(1), 0.0, True, 0, 1.0, np.zeros(1), np.zeros(1, dtype=np.int64))
