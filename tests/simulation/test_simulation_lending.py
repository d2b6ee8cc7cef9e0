"""Tables of a run that is gone serve the next one, and what a result shows is nobody else's."""

from __future__ import annotations

import hashlib
import mmap
from decimal import Decimal

import numpy as np
import pytest
from simulation_anchor import anchor_instrument

from mintmark.domain import Bars, Timeframe
from mintmark.simulation import Account, BacktestResult, run_targets
from mintmark.simulation.lending import lend_rows
from mintmark.simulation.records import FILL, TRADE
from mintmark.simulation.threads import each_of

BARS, HELD = 540_000, 20
REAL = np.dtype(np.float64)
ROWS = 11 * 2**20 // REAL.itemsize


def address(table) -> int:
    return int(table.__array_interface__["data"][0])


@pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="this system has no large pages to lend")
def test_memory_is_lent_again_once_the_last_view_of_a_table_is_gone():
    table = lend_rows(ROWS, REAL)
    place, view = address(table), table[:3]
    del table

    while_seen = lend_rows(ROWS, REAL)
    del view
    once_gone = lend_rows(ROWS, REAL)

    assert address(while_seen) != place
    assert address(once_gone) == place


def a_run(start: float) -> BacktestResult:
    """Reverse every ``HELD`` bars on prices drawn from ``start``: all its tables are large ones."""
    close = start + np.cumsum(np.random.default_rng(int(start)).normal(0.0, 0.001, BARS))
    stamps = np.arange(BARS, dtype=np.int64) * Timeframe.M1.nanoseconds
    bars = Bars("EURUSD", Timeframe.M1, stamps, close, close, close, close)
    targets = np.repeat(np.resize([1.0, -1.0], BARS // HELD), HELD)
    account = Account("USD", Decimal(1_000_000))
    return run_targets([bars], targets, [anchor_instrument()], account, bars_per_year=525_600, sizing="size")


def bytes_of(result: BacktestResult) -> str:
    found = hashlib.sha256()
    for table in (result.equity, result.fills, result.trades):
        found.update(table.tobytes())
    return found.hexdigest()


def test_a_result_keeps_its_bytes_and_those_of_runs_before_it_show_in_none():
    kept = a_run(100.0)
    before = bytes_of(kept)
    other = bytes_of(a_run(200.0))

    at_once = each_of(lambda start: bytes_of(a_run(start)), [200.0, 100.0] * 2, 4)

    assert at_once == [other, before] * 2
    assert bytes_of(kept) == before != other


@pytest.mark.parametrize("of", [FILL, TRADE], ids=["fills", "trades"])
def test_no_byte_of_a_row_is_left_as_it_was(of):
    assert sum(of[name].itemsize for name in of.names) == of.itemsize
