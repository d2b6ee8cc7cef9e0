"""The gain of a removal, in base currency, and what made it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from mintmark.ledger.exactly import WIDE, ZERO, tidy


@dataclass(frozen=True, slots=True)
class Realized:
    """What closing ``units`` of one lot brought.

    ``units`` are positive for a long lot that was sold, negative for a short one that was covered; ``proceeds``
    and ``cost`` in ``currency`` carry the same sign. ``fx`` and ``lot_fx``: base per unit of ``currency`` on the
    day of the removal and of the lot. ``fee`` is of the removal, ``lot_fee`` what the lot had paid when opened;
    neither is in the gain.
    """

    entry_id: str
    sequence: int
    kind: str
    date: dt.date
    symbol: str
    lot_id: str
    acquired: dt.date
    units: Decimal
    proceeds: Decimal
    cost: Decimal
    currency: str
    fx: Decimal
    lot_fx: Decimal
    fee: Decimal = ZERO
    lot_fee: Decimal = ZERO

    @property
    def proceeds_base(self) -> Decimal:
        return tidy(WIDE.multiply(self.proceeds, self.fx))

    @property
    def cost_base(self) -> Decimal:
        return tidy(WIDE.multiply(self.cost, self.lot_fx))

    @property
    def gain(self) -> Decimal:
        """The gain in base currency: proceeds at the rate of the removal less cost at the rate of the lot."""
        return tidy(WIDE.subtract(self.proceeds_base, self.cost_base))

    @property
    def gain_local(self) -> Decimal:
        """The gain in ``currency``."""
        return tidy(WIDE.subtract(self.proceeds, self.cost))

    @property
    def price_effect(self) -> Decimal:
        """The gain in the lot's currency at the lot's rate: q(P1-P0)F0."""
        return tidy(WIDE.multiply(self.gain_local, self.lot_fx))

    @property
    def fx_effect(self) -> Decimal:
        """The change of the rate on the cost: qP0(F1-F0)."""
        return tidy(WIDE.multiply(self.cost, WIDE.subtract(self.fx, self.lot_fx)))

    @property
    def cross_effect(self) -> Decimal:
        """Both changes together: q(P1-P0)(F1-F0)."""
        return tidy(WIDE.multiply(self.gain_local, WIDE.subtract(self.fx, self.lot_fx)))
