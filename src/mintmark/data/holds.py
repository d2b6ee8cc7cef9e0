"""Closes and rates that look wrong: they hold a pack until somebody has looked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from mintmark.data.packs import Hold
from mintmark.data.quality import JUMP
from mintmark.data.valuation import Needs, Valuation

CROSS_WARNS_BPS = Decimal(10)
CROSS_HOLDS_BPS = Decimal(100)
_BPS = Decimal(10_000)


def holds_of(valuation: Valuation, needs: Iterable[Needs]) -> tuple[list[Hold], list[Hold]]:
    """Return what holds the pack and what is only warned of, each in order of code and symbol.

    A close that portfolios need and that moved by more than 0.5 (log) since the day before, the splits of that day
    taken out; a cross that lies more than 100 bp from its two dollar rates, over 10 bp as a warning.
    """
    wanted = valuation.needed(needs)
    holds = [hold for symbol in sorted(wanted) if (hold := _jump(valuation, symbol)) is not None]
    gaps = _gaps(valuation)
    holds += [gap for gap in gaps if gap.observed > CROSS_HOLDS_BPS]
    warned = [
        Hold(gap.code, gap.symbol, gap.observed, CROSS_WARNS_BPS)
        for gap in gaps
        if CROSS_WARNS_BPS < gap.observed <= CROSS_HOLDS_BPS
    ]
    return holds, warned


def _jump(valuation: Valuation, symbol: str) -> Hold | None:
    last, before = valuation.close(symbol), valuation.close_before(symbol)
    if before is None:
        return None
    splits = [one for one in valuation.actions(symbol) if one.kind == "split" and before[0] < one.ex_date <= last.day]
    ratio = math.prod(float(one.value) for one in splits)
    move = abs(math.log(float(last.amount) * ratio / float(before[1])))
    if move <= JUMP:
        return None
    return Hold("jump_unexplained", symbol, Decimal(f"{move:.6f}"), Decimal(str(JUMP)))


def _gaps(valuation: Valuation) -> list[Hold]:
    found = []
    for base, quote, symbol in valuation.crosses():
        direct = valuation.close(symbol).amount
        by_dollars = valuation.rate(base, quote)
        if len(by_dollars.legs) > 1:
            gap = abs(direct / by_dollars.value - 1) * _BPS
            found.append(Hold("cross_gap", symbol, round(gap, 4), CROSS_HOLDS_BPS))
    return found
