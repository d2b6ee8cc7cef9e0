"""What the bench of portfolios asks about."""

from __future__ import annotations

from figures import p95
from portfolio_world import HOLDINGS, closes_of, entries_of, symbols


def test_the_95th_of_a_hundred_is_the_least_that_95_do_not_exceed():
    assert p95([float(number) for number in range(100, 0, -1)]) == 95.0
    assert p95([3.0]) == 3.0


def test_every_portfolio_holds_every_share_in_units_of_its_own():
    closes = {symbol: closes_of(number) for number, symbol in enumerate(symbols())}

    first, second = (list(entries_of(code, number, closes)) for number, code in enumerate(("A", "B")))

    bought = [[one.meta["units"] for one in entries if one.kind == "trade"] for entries in (first, second)]
    assert {one.meta["symbol"] for one in first if one.kind == "trade"} == set(symbols())
    assert len(symbols()) == HOLDINGS == 50
    assert bought[0] != bought[1]
