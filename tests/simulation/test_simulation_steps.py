"""One bar at a time gives what the whole array gives."""

from __future__ import annotations

import numpy as np
import pytest
from simulation_cases import prepared_case

from mintmark.domain import Refused
from mintmark.simulation.engine import Setup
from mintmark.simulation.fills import close_all, play, play_bar
from mintmark.simulation.records import END_OF_DATA, Market


def one_bar(market: Market, t: int) -> Market:
    """Return bar ``t`` as a market of its own."""

    def cut(table):
        return np.ascontiguousarray(table[:, t : t + 1] if table.shape[1] > 1 else table)

    events = market.events[market.events["bar"] == t].copy()
    events["bar"] = 0
    tables = [cut(getattr(market, name)) for name in Market._fields[1:-1]]
    return Market(market.stamps[t : t + 1].copy(), *tables, events)


def step_through(setup: Setup) -> list[float]:
    """Play bar by bar, each handed in as it comes; return the equity of each."""
    market, terms, rules, book = setup
    seen, last = [], len(market.stamps) - 1
    single = book._replace(equity=np.empty(1))
    for t in range(last + 1):
        single.account["next_event"] = 0
        play_bar(0, t == last, one_bar(market, t), terms, rules, single)
        seen.append(float(single.equity[0]))
        if single.account["ruined"][0]:
            return seen + seen[-1:] * (last - t)
    close_all(END_OF_DATA, terms, single)
    return [*seen[:-1], float(single.account["cash"][0])]


@pytest.mark.long
def test_stepping_bar_by_bar_gives_the_same_bytes_as_the_whole_array():
    compared = 0
    for seed in range(200):
        try:
            whole, steps = prepared_case(seed), prepared_case(seed)
        except Refused:
            continue
        play(*whole)

        equity = step_through(steps)

        if whole.book.account["stale_column"][0] >= 0:
            continue
        assert np.array(equity).tobytes() == whole.book.equity.tobytes()
        for table in ("fills", "trades"):
            ours, theirs = getattr(whole.book, table), getattr(steps.book, table)
            for name in ours.dtype.names:
                if not name.endswith("bar"):
                    assert ours[name].tobytes() == theirs[name].tobytes(), (seed, table, name)
        compared += int(whole.book.account["fills"][0])
    assert compared > 1_000
