"""The look-ahead check of a strategy on real bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.strategy import StrategySpec, lookahead_check

if TYPE_CHECKING:
    from mintmark.data import Pack

_STREAM = 3
CUTS = 5


def lookahead(spec: StrategySpec, pack: Pack, random_state: int) -> dict[str, Any]:
    """Return whether anything a strategy computes for a bar changes when later bars are replaced by noise."""
    bars = {symbol: pack.bars(symbol, spec.base) for symbol in spec.universe.symbols}
    seed = np.random.SeedSequence(random_state, spawn_key=(_STREAM,))
    leaks = lookahead_check(spec, bars, np.random.default_rng(seed), cuts=CUTS)
    return {
        "strategy_name": spec.name,
        "pack_id": pack.id,
        "clean": not leaks,
        "cuts": CUTS,
        "bars": {symbol: len(found) for symbol, found in bars.items()},
        "leaks": [leak.as_json() for leak in leaks],
    }
