"""Lots and balances as tables: projections of the journal that can be made again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_

from mintmark.ledger.exactly import tidy
from mintmark.ledger.lots import Key, Lot
from mintmark.ledger.state import State
from mintmark.ledger.tables import balances_table, lots_table
from mintmark.store import upsert

_AT_ONCE = 200


def project(connection: Connection, state: State) -> None:
    """Write the lots and balances that ``state`` has touched since it was last projected."""
    code = state.book.code
    balances = [balance_row(state, place) for place in sorted(state.moved)]
    if balances:
        added = upsert(connection, balances_table)
        keys = ["portfolio", "account", "commodity"]
        connection.execute(
            added.on_conflict_do_update(index_elements=keys, set_={"units": added.excluded.units}), balances
        )
    touched = sorted(state.touched)
    for start in range(0, len(touched), _AT_ONCE):
        connection.execute(
            delete(lots_table).where(or_(*(_is(code, key) for key in touched[start : start + _AT_ONCE])))
        )
    lots = [lot_row(code, state.lots[key]) for key in touched if key in state.lots]
    if lots:
        connection.execute(insert(lots_table), lots)
    state.touched.clear()
    state.moved.clear()


def _is(code: str, key: Key) -> Any:
    columns = lots_table.c
    symbol, acquired, label = key
    return and_(
        columns.portfolio == code, columns.symbol == symbol, columns.acquired == acquired, columns.label == label
    )


def balance_row(state: State, place: tuple[str, str]) -> dict[str, Any]:
    """Return the row of one balance."""
    account, commodity = place
    units = tidy(state.balances[place])
    return {"portfolio": state.book.code, "account": account, "commodity": commodity, "units": units}


def lot_row(code: str, lot: Lot) -> dict[str, Any]:
    """Return the row of one lot."""
    return {
        "portfolio": code,
        "symbol": lot.symbol,
        "acquired": lot.acquired,
        "label": lot.label,
        "units": tidy(lot.units),
        "cost": tidy(lot.cost),
        "currency": lot.currency,
        "fx": lot.fx,
        "fee": tidy(lot.fee),
        "number": lot.number,
        "opened": lot.opened,
        "margin": lot.margin,
    }
