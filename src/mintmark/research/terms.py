"""The terms a simulation is asked to trade on: what bars are prices of, and how much of one may be traded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mintmark.domain import Instrument, Refused, require_share

if TYPE_CHECKING:
    from mintmark.strategy import PackFacts


def terms_of(given: Mapping[str, Any], facts: PackFacts, symbols: tuple[str, ...]) -> dict[str, str]:
    """Return those of ``price_basis`` and ``max_bar_participation`` that are given.

    Raises:
        Refused: ``bad_value`` for a share that is not above 0 and at most 1, ``volume_unknown`` for a share of a
            volume the source of a symbol does not supply.
    """
    terms = {name: str(given[name]) for name in ("price_basis", "max_bar_participation") if name in given}
    if "max_bar_participation" in terms:
        require_share(Decimal(terms["max_bar_participation"]))
        for symbol in (symbol for symbol in symbols if not facts.symbols[symbol].volume_known):
            message = f"{symbol} has no volume, which max_bar_participation is a share of: leave it out"
            raise Refused(message, code="volume_unknown", symbol=symbol)
    return terms


def on_terms(instrument: Instrument, terms: Mapping[str, str]) -> Instrument:
    """Return ``instrument`` with the price basis asked for."""
    basis = terms.get("price_basis", instrument.price_basis)
    return replace(instrument, price_basis=basis)  # type: ignore[arg-type]


def told_terms(terms: Mapping[str, str]) -> list[str]:
    """Return ``terms`` in words, for whoever reads a result."""
    words = {"price_basis": "bars are prices of {}", "max_bar_participation": "at most {} of a bar's volume"}
    return [words[name].format(value) for name, value in terms.items()]
