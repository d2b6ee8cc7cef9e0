"""What the doors answer about the ledger: records, never figures computed for the occasion.

Whoever asks sees the entries of the portfolios they own. Of another's entry beside one of theirs in the chain
only number and hash are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from mintmark.app.wiring import App
from mintmark.domain import Refused, plain_decimal

if TYPE_CHECKING:
    from mintmark.ledger import Entry, Lot

Body = dict[str, Any]


def entries(app: App, portfolio: str | None, search: str, limit: int, offset: int) -> Body:
    """Return a page of entries, newest first; ``head`` is the commit hash of the whole ledger."""
    found = app.ledger.page(_codes(app, portfolio), search, limit, offset)
    data = [one.as_json() for one in found.entries]
    paging = {"total_count": found.total, "count": found.count, "limit": limit, "offset": offset}
    return {"success": True, "data": data, **paging, "head": app.ledger.head()}


def entry(app: App, entry_id: str) -> Body:
    """Return one entry between its neighbours; refuses ``not_found`` for one that is not there or another's."""
    codes = _codes(app, None)
    place = app.ledger.place(entry_id)
    if place.entry.portfolio not in codes:
        raise Refused(f"there is no entry {entry_id}", code="not_found", id=entry_id)
    beside = {"previous": _neighbour(place.before, codes), "next": _neighbour(place.after, codes)}
    return {"success": True, "data": {**place.entry.as_json(), **beside, "reversed_by": place.reversed_by}}


def lots(app: App, portfolio: str, asof_date: date | None, closed: bool) -> Body:
    """Return the lots of a portfolio at the end of a day, today where none is named."""
    (code,) = _codes(app, portfolio)
    found = app.ledger.view().lots(code, asof_date or app.clock.now().date(), closed)
    return {"success": True, "data": [_lot(one) for one in found]}


def balances(app: App, portfolio: str | None) -> Body:
    """Return what each account holds, by portfolio, account and commodity."""
    found = [row for code in _codes(app, portfolio) for row in app.ledger.balances(code)]
    return {"success": True, "data": [{**row, "units": plain_decimal(row["units"])} for row in found]}


def _codes(app: App, portfolio: str | None) -> Sequence[str]:
    """Return the codes of the portfolios of whoever asks, or the one named among them."""
    from mintmark.portfolio import owned_by_code, owned_portfolios

    with app.database.read() as connection:
        if portfolio is not None:
            return [owned_by_code(connection, app.actor, portfolio).code]
        return [one.code for one in owned_portfolios(connection, app.actor)]


def _neighbour(one: Entry | None, codes: Sequence[str]) -> Body | None:
    if one is None:
        return None
    told = {"sequence": one.sequence, "hash": one.hash}
    if one.portfolio not in codes:
        return {**told, "id": None}
    return {**told, "id": one.id, "kind": one.kind, "portfolio": one.portfolio, "date": one.date.isoformat()}


def _lot(one: Lot) -> Body:
    return {
        "id": one.id,
        "symbol": one.symbol,
        "acquired": one.acquired.isoformat(),
        "label": one.label,
        "units": plain_decimal(one.units),
        "cost": plain_decimal(one.cost),
        "unit_cost": plain_decimal(one.unit_cost) if one.units else None,
        "currency": one.currency,
        "fx": None if one.fx is None else plain_decimal(one.fx),
        "fee": plain_decimal(one.fee),
        "margin": one.margin,
    }
