"""A post that dies at any of its statements leaves nothing behind, and the next one goes on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ledger_house import a_ledger, a_portfolio, trade
from sqlalchemy import event

from mintmark.ledger import Ledger
from mintmark.store import Database

LAST = date(2026, 3, 1)


class Death(BaseException):
    """What a killed process leaves to the database: a transaction that nobody ends."""


def dies_at(database: Database, ledger: Ledger, statement: int, code: str) -> bool:
    """Post, dying at the given statement; return whether it came to that."""
    seen = 0

    def count(*_given: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            raise Death

    event.listen(database.writing, "before_cursor_execute", count)
    try:
        ledger.post([trade(code, "2024-01-05", "ACME", -4, 12, id_="the sale")])
    except Death:
        return True
    finally:
        event.remove(database.writing, "before_cursor_execute", count)
    return False


def test_a_post_that_dies_anywhere_leaves_nothing_and_can_be_made_again(database: Database):
    ledger = a_ledger(database)
    code = a_portfolio(ledger)
    ledger.post([trade(code, f"2024-01-0{day}", "ACME", 3, day) for day in (2, 3)])
    before = (ledger.head(), ledger.balances(), ledger.view().lots(code, LAST))

    statement = 1
    while dies_at(database, ledger, statement, code):
        assert (ledger.head(), ledger.balances(), ledger.view().lots(code, LAST)) == before
        assert ledger.verify()["valid"]
        assert ledger.reconcile([code])["failures"] == []
        statement += 1

    assert statement > 6, "no death came to pass"
    assert ledger.view().positions(code, LAST)[0].units == 2
    assert ledger.verify()["entries"] == 3
    assert ledger.reconcile()["failures"] == []


@pytest.mark.parametrize("size", [1, 3])
def test_a_batch_is_there_whole_or_not_at_all(ledger: Ledger, size: int):
    code = a_portfolio(ledger)
    drafts = [trade(code, "2024-01-05", "ACME", 1, 12) for _ in range(size)]

    with pytest.raises(Exception, match="held"):
        ledger.post([*drafts, trade(code, "2024-01-06", "ACME", -9, 12)])

    assert ledger.head() == "0" * 64
    assert ledger.balances() == []
