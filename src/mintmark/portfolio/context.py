"""Who asks what, of which pack and which state of the ledger: fixed before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

if TYPE_CHECKING:
    from mintmark.portfolio.tables import OwnedPortfolio

Role = Literal["viewer", "trader", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "trader", "admin")


@dataclass(frozen=True)
class Actor:
    """Whoever asks; a later role of ``ROLES`` may do all that an earlier one may."""

    user_id: UUID
    role: Role

    def may(self, least: Role) -> bool:
        """Return whether this role is ``least`` or more."""
        return ROLES.index(self.role) >= ROLES.index(least)


@dataclass(frozen=True)
class RequestCtx:
    """What one answer stands on; two answers of equal contexts and inputs are equal.

    ``portfolio_id`` and ``base_currency`` are None where a pattern asks about no portfolio.

    Raises:
        ValueError: an id is empty, or the time is naive.
    """

    pricing_pack_id: str
    pack_sha256: str
    ledger_commit_hash: str
    trace_id: str
    user_id: UUID
    request_id: str
    timestamp: datetime
    asof_date: date
    policy: str
    rights_profile: str
    require_fresh: bool
    portfolio_id: UUID | None = None
    base_currency: str | None = None

    def __post_init__(self) -> None:
        for name in ("pricing_pack_id", "pack_sha256", "ledger_commit_hash", "trace_id", "request_id"):
            if not getattr(self, name):
                raise ValueError(f"expected a {name}, found none")
        if self.timestamp.tzinfo is None:
            raise ValueError(f"expected an aware time, found {self.timestamp!r}")

    def with_portfolio(self, portfolio: OwnedPortfolio) -> RequestCtx:
        """Return this context for ``portfolio``."""
        return replace(
            self,
            portfolio_id=portfolio.portfolio_id,
            base_currency=portfolio.base_currency,
            rights_profile=portfolio.rights_profile,
        )

    def as_root(self) -> Mapping[str, Any]:
        """Return what ``{{ctx.x}}`` may see: exactly the fields."""
        return MappingProxyType({one.name: getattr(self, one.name) for one in fields(self)})


CTX_FIELDS = frozenset(one.name for one in fields(RequestCtx))
