"""Compile every loop of this room into numba's cache, so that no run waits for it."""

from __future__ import annotations

import numpy as np

from mintmark.strategy import kernels, label_kernels
from mintmark.strategy.answering import compile_signals
from mintmark.strategy.deciding import compile_decisions
from mintmark.strategy.model import compile_prediction


def compile_kernels() -> None:
    """Compile the loops of indicators, labels, models and decisions; done once at installation."""
    rising = np.linspace(1.0, 2.0, 12)
    places = np.arange(12, dtype=np.int64)
    means = kernels.window_mean(rising, 3)
    kernels.window_deviation(rising, means, 3)
    kernels.return_deviation(rising, 3)
    kernels.money_flow_index(rising, rising, 3)
    kernels.chaikin_money_flow(rising, rising, rising, rising, 3)
    kernels.supertrend(rising, rising, rising, rising, 3.0)
    kernels.trailing_rank(rising, 3)
    kernels.membership_degree(rising, 1, rising[:4].copy())
    kernels.placed(rising, places, 1)
    label_kernels.zigzag(rising, 0.03)
    label_kernels.forward_return(rising, 2)
    label_kernels.triple_barrier(rising, rising, rising, rising, 2.0, 2.0, 3)
    label_kernels.uniqueness(places[:3], places[:3] + 2, 12)
    compile_prediction()
    compile_signals()
    compile_decisions()
