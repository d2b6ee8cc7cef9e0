"""The look-ahead check of a strategy, or of a function that makes signals, on real bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.strategy import Leak, Model, StrategySpec, lookahead_check, signals_check

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.domain import Bars

_STREAM = 3
CUTS = 5
# A signal of two values is the same by luck at every other cut.
SIGNAL_CUTS = 20


def lookahead(spec: StrategySpec, model: Model | None, pack: Pack, random_state: int) -> dict[str, Any]:
    """Return whether anything a strategy computes for a bar changes when later bars are replaced by noise.

    Its features and labels, and with a ``model`` its decisions.
    """
    bars = {symbol: pack.bars(symbol, spec.base) for symbol in spec.universe.symbols}
    leaks = lookahead_check(spec, bars, _draws(random_state), model=model, cuts=CUTS)
    asked = ["features", "labels", *(["decisions"] if model is not None else [])]
    return _told(spec.name, asked, pack, bars, leaks, CUTS)


def lookahead_of_signals(
    name: str, signals: Callable[[Bars], Any], bars: Bars, pack: Pack, random_state: int
) -> dict[str, Any]:
    """Return whether any signal for a bar changes when later bars are replaced by noise; raises as ``signals_check``.

    ``name``: what the function is called in the answer.
    """
    leaks = signals_check(signals, bars, _draws(random_state), cuts=SIGNAL_CUTS)
    return _told(name, ["signals"], pack, {bars.symbol: bars}, leaks, SIGNAL_CUTS)


def _draws(random_state: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(random_state, spawn_key=(_STREAM,)))


def _told(
    name: str, asked: list[str], pack: Pack, bars: Mapping[str, Bars], leaks: Sequence[Leak], cuts: int
) -> dict[str, Any]:
    return {
        "strategy_name": name,
        "asked": asked,
        "pack_id": pack.id,
        "clean": not leaks,
        "cuts": cuts,
        "bars": {symbol: len(found) for symbol, found in bars.items()},
        "leaks": [leak.as_json() for leak in leaks],
    }
