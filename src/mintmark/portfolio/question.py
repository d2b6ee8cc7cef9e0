"""One question: which pattern, about what, on which pack and ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from mintmark.domain import Refused
from mintmark.portfolio.inputs import InputInvalid
from mintmark.portfolio.pattern import Pattern

Format = Literal["json", "csv", "xlsx", "pdf"]
FORMATS: Final[tuple[Format, ...]] = ("json", "csv", "xlsx", "pdf")
_INSTRUMENTS: Final = UUID("6f1d6b0e-6a55-5c0c-9d2b-4d696e746d6b")


@dataclass(frozen=True)
class Question:
    """What a caller asks of the executor; ids that are None are chosen for it."""

    pattern_id: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    portfolio_id: UUID | None = None
    security_id: UUID | None = None
    asof_date: str | None = None
    pack_id: str | None = None
    ledger_commit_hash: str | None = None
    require_fresh: bool = True
    format: Format | None = None

    def asof(self) -> date | None:
        """Return the day asked for; refuses ``invalid_asof_date`` for what is no ISO day."""
        if self.asof_date is None:
            return None
        try:
            if len(self.asof_date) == 10:
                return date.fromisoformat(self.asof_date)
        except ValueError:
            pass
        message = f"expected a day such as 2025-12-31, found {self.asof_date[:40]!r}"
        raise Refused(message, code="invalid_asof_date", expected="YYYY-MM-DD", found=self.asof_date[:40])

    def given_to(self, pattern: Pattern) -> dict[str, Any]:
        """Return the inputs with the ids that stand beside them; refuses ``input_invalid`` where the two differ."""
        given = dict(self.inputs)
        for name, value in (("portfolio_id", self.portfolio_id), ("security_id", self.security_id)):
            if value is None:
                continue
            if name not in pattern.inputs:
                raise InputInvalid(name, f"none, as {pattern.id} takes none", str(value))
            if str(given.get(name, value)).lower() != str(value):
                raise InputInvalid(name, f"the {name} beside the inputs, {value}", given[name])
            given[name] = str(value)
        return given


def security_id(symbol: str) -> UUID:
    """Return the id of an instrument: the same for the same symbol in every installation.

    >>> security_id("AAPL") == security_id("AAPL") != security_id("IBM")
    True
    """
    return uuid5(_INSTRUMENTS, symbol)
