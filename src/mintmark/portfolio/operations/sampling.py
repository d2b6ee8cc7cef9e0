"""The sample portfolio: bundled series, two packs, a book with its entries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from mintmark.data import DataRoom, exact_close
from mintmark.domain import Refused
from mintmark.ledger import Ledger
from mintmark.portfolio.context import Actor
from mintmark.portfolio.operations.room import NewPortfolio, PortfolioRoom
from mintmark.portfolio.sample import CODE, NAME, sample_drafts


def make_sample(actor: Actor, data: DataRoom, ledger: Ledger, room: PortfolioRoom) -> dict[str, Any]:
    """Load the sample series, seal their packs, and keep the sample portfolio of ``actor``; twice changes nothing.

    Refuses: ``sample_unavailable``, ``series_exists``, ``portfolio_exists`` where another owner has the code.
    """
    loaded = data.portfolio_sample()
    try:
        portfolio = room.portfolio(actor, CODE)
    except Refused as missing:
        if missing.code != "portfolio_not_found":
            raise
        benchmark, base = loaded["benchmark"], loaded["base_currency"]
        portfolio = room.create(actor, NewPortfolio(CODE, base, NAME, tax_rule="us", benchmark=benchmark))
    valuation = data.opened(loaded["packs"][-1]).valuation()

    def close_on(symbol: str, day: date) -> Decimal:
        return exact_close(float(valuation.close_array(symbol, [day])[0]))

    entries = ledger.post(sample_drafts(loaded["symbols"], close_on))
    return {
        "portfolio": portfolio.as_json(),
        "packs": loaded["packs"],
        "symbols": loaded["symbols"],
        "entries": len(entries),
        "ledger_commit_hash": ledger.head(),
    }
