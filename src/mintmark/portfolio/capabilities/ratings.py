"""The agent that rates companies by their published statements."""

from __future__ import annotations

from decimal import Decimal

from mintmark.domain import Refusal
from mintmark.portfolio.capability import DAY_SECONDS, Agent, Answer, Arguments, Capability, Reading


class SymbolsGiven(Arguments):
    """The instruments to rate."""

    symbols: list[str]


class Badge(Answer):
    """The grade of one company."""

    symbol: str
    rating: Decimal
    grade: str


class Badges(Answer):
    """The grade of each company."""

    badges: list[Badge]


def aggregate(reading: Reading, given: SymbolsGiven) -> Badges | Refusal:
    """Return the grade of each company; refuses ``fundamentals_missing`` where the pack holds no statements."""
    if not given.symbols:
        reading.reads.note("ledger")
        return Badges(badges=[])
    named = ", ".join(given.symbols[:10])
    message = f"{reading.ctx.pricing_pack_id} holds no statements of {named}: import fundamentals"
    return Refusal("fundamentals_missing", message, details={"symbols": given.symbols})


AGENT = Agent(
    "ratings",
    (Capability("ratings.aggregate", SymbolsGiven, Badges, aggregate, "The grade of each company.", ttl=DAY_SECONDS),),
    timeout=10.0,
)
