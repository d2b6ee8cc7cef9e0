"""Which instrument of a pack an id means."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mintmark.domain import Refused
from mintmark.portfolio.question import security_id


def symbol_of(pack: Any, wanted: UUID) -> str:
    """Return the symbol whose id is ``wanted``; refuses ``instrument_not_found``."""
    for symbol in pack.symbols():
        if security_id(symbol) == wanted:
            return str(symbol)
    raise Refused(f"the pack holds no instrument {wanted}", code="instrument_not_found", security_id=str(wanted))
