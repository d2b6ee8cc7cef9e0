"""The strategies the stories run: one of few checkpoints, and one of many."""

from __future__ import annotations

QUICK = """\
grammar: 1
name: quick
universe: {symbols: [NASDAQ], timeframe: 1d}
indicators:
  rsi_fast: {type: rsi, period: 7}
features:
  - {indicator: rsi_fast}
  - {price: return_5}
labels: {kind: zigzag, threshold: 0.03}
model: {kind: gbdt, params: {rounds: 60, leaves: 7, learning_rate: 0.1, min_leaf: 20}}
training: {patience: 60}
"""

# Eight checkpoints, to be met between two of them.
SLOW = """\
grammar: 1
name: slow
universe: {symbols: [NASDAQ], timeframe: 1d}
indicators:
  rsi_fast: {type: rsi, period: 7}
  natr_slow: {type: natr, period: 20}
features:
  - {indicator: rsi_fast, lags: [0, 1]}
  - {indicator: natr_slow}
labels: {kind: zigzag, threshold: 0.03}
model: {kind: gbdt, params: {rounds: 200, leaves: 4, learning_rate: 0.01, min_leaf: 10}}
training: {patience: 200}
"""

STRATEGIES = {"quick": QUICK, "slow": SLOW}

# A worker of many stories at once asks its queues less often: it computes more and starts work a little later.
PATIENT = {"MINTMARK_RUNTIME__ENGINE_POLL_SECONDS": "1"}

# Limits that anything passes, so that a story about processes does not turn on a market's mood.
WIDE = {
    "MINTMARK_RESEARCH__GATES__MIN_ACCURACY": "0",
    "MINTMARK_RESEARCH__GATES__MAX_LOSS": "99",
    "MINTMARK_RESEARCH__GATES__MIN_LOSS_DECREASE": "-99",
    "MINTMARK_RESEARCH__GATES__MIN_TRADES": "0",
    "MINTMARK_RESEARCH__GATES__MIN_WIN_RATE": "0",
    "MINTMARK_RESEARCH__GATES__MAX_DRAWDOWN": "1",
    "MINTMARK_RESEARCH__GATES__MIN_SHARPE": "-99",
}
