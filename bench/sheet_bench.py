"""How long a tear sheet of 10,000 bars takes: its figures, its HTML, its pictures."""

from __future__ import annotations

import numpy as np

from engine_bench import crossing, drawn_bars, instrument
from figures import Figure, below, median_seconds, seen
from mintmark.measures import performance
from mintmark.research.sheet import SheetInput, sheet_html, sheet_pictures
from mintmark.simulation import buy_and_hold, run_targets

BARS, RUNS = 10_000, 1_000


def measure() -> list[Figure]:
    """Return the medians of five, warm."""
    bars, traded = drawn_bars(BARS), instrument()
    run = run_targets([bars], crossing(bars.close, 10, 20), [traded], bars_per_year=374_400)
    held = buy_and_hold([bars], [traded], bars_per_year=374_400).equity
    moves = np.random.default_rng(1).normal(0.0, 1e-4, (RUNS, BARS))
    paths = float(run.capital) * np.cumprod(1.0 + moves, axis=1)
    given = SheetInput.of(run, [bars], title="sma_cross", benchmark=held)
    with_fan = SheetInput.of(run, [bars], title="sma_cross", benchmark=held, paths=paths)
    figures = median_seconds(
        lambda: performance(run.equity, float(run.capital), run.trades, 374_400, held_bars=1, traded_notional=1.0)
    )
    return [
        below("figures of a tear sheet, 10,000 returns", figures * 1_000.0, "ms", 5.0),
        below("its HTML", median_seconds(lambda: sheet_html(given)), "s", 1.0),
        below("its HTML with the fan of 1,000 runs", median_seconds(lambda: sheet_html(with_fan)), "s", 1.0),
        seen("its pictures as PNG", median_seconds(lambda: sheet_pictures(given)), "s"),
    ]
