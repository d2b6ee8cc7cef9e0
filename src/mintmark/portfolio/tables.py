"""Portfolios and who owns them; whatever is read of a portfolio starts with ``owned_portfolio``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Row,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    insert,
    select,
)

from mintmark.domain import Refused, iso
from mintmark.portfolio.context import Actor
from mintmark.store import UtcTime, metadata

portfolios = Table(
    "portfolios",
    metadata,
    Column("portfolio_id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("base_currency", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("booking", Text, nullable=False),
    Column("allow_shorts", Boolean, nullable=False),
    Column("tax_rule", Text, nullable=False),
    Column("benchmark", Text),
    Column("rights_profile", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("code", name="portfolios_by_code"),
)

artifacts = Table(
    "portfolio_artifacts",
    metadata,
    Column("artifact_id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("pattern_id", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)


@dataclass(frozen=True)
class OwnedPortfolio:
    """A portfolio that whoever asks owns; made by ``owned_portfolio`` and its neighbours alone."""

    portfolio_id: UUID
    owner: UUID
    code: str
    name: str
    base_currency: str
    policy: str
    booking: str
    allow_shorts: bool
    tax_rule: str
    benchmark: str | None
    rights_profile: str
    active: bool
    created_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Return the portfolio as JSON values, without its owner."""
        plain = ("code", "name", "base_currency", "policy", "booking", "allow_shorts", "tax_rule", "benchmark")
        return {
            "portfolio_id": str(self.portfolio_id),
            **{name: getattr(self, name) for name in plain},
            "rights_profile": self.rights_profile,
            "active": self.active,
            "created_at": iso(self.created_at),
        }


_OWNED = select(portfolios).where(*(portfolios.c[name] == bindparam(name) for name in ("portfolio_id", "owner")))


def owned_portfolio(connection: Connection, actor: Actor, portfolio_id: UUID) -> OwnedPortfolio:
    """Return the portfolio ``portfolio_id`` of ``actor``.

    Raises:
        Refused: ``portfolio_not_found`` for one that is not there or another's; the two cannot be told apart.
    """
    named = {"portfolio_id": str(portfolio_id), "owner": str(actor.user_id)}
    row = connection.execute(_OWNED, named).first()
    if row is None:
        raise Refused("there is no such portfolio", code="portfolio_not_found")
    return _owned(row)


def owned_by_code(connection: Connection, actor: Actor, code: str) -> OwnedPortfolio:
    """Return the portfolio of ``actor`` with this code; raises as ``owned_portfolio``."""
    columns = portfolios.c
    row = connection.execute(
        select(portfolios).where(columns.code == code, columns.owner == str(actor.user_id))
    ).first()
    if row is None:
        raise Refused("there is no such portfolio", code="portfolio_not_found")
    return _owned(row)


def owned_portfolios(connection: Connection, actor: Actor) -> list[OwnedPortfolio]:
    """Return all portfolios of ``actor``, by code."""
    columns = portfolios.c
    rows = connection.execute(select(portfolios).where(columns.owner == str(actor.user_id)).order_by(columns.code))
    return [_owned(row) for row in rows]


def portfolio_of(connection: Connection, owner: UUID, portfolio_id: UUID) -> OwnedPortfolio:
    """Return a portfolio for work done in the name of its ``owner``; raises as ``owned_portfolio``."""
    return owned_portfolio(connection, Actor(owner, "viewer"), portfolio_id)


def active_portfolios(connection: Connection, policy: str | None = None) -> list[OwnedPortfolio]:
    """Return the active portfolios of everybody, of one ``policy`` where it is named, for the house's own work."""
    columns = portfolios.c
    found = select(portfolios).where(columns.active.is_(True)).order_by(columns.code)
    return [
        _owned(row) for row in connection.execute(found if policy is None else found.where(columns.policy == policy))
    ]


def code_is_taken(connection: Connection, code: str) -> bool:
    """Return whether any owner has a portfolio with this code."""
    return connection.execute(select(portfolios.c.code).where(portfolios.c.code == code)).first() is not None


def add_portfolio(connection: Connection, portfolio: OwnedPortfolio) -> None:
    """Add a portfolio; its code must be free."""
    row = {**vars(portfolio), "portfolio_id": str(portfolio.portfolio_id), "owner": str(portfolio.owner)}
    connection.execute(insert(portfolios).values(row))


def _owned(row: Row[Any]) -> OwnedPortfolio:
    found = dict(row._mapping)
    return OwnedPortfolio(**{**found, "portfolio_id": UUID(found["portfolio_id"]), "owner": UUID(found["owner"])})
