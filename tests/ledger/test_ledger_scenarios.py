"""What the ledger promises, in the numbers it was promised in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from ledger_house import FixedClock, a_ledger, a_portfolio, event, trade
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from mintmark.domain import Refused
from mintmark.ledger import Draft, Ledger, Posting
from mintmark.store import Database

LAST = date(2026, 3, 1)
D = Decimal


def opening_deposit() -> Draft:
    return Draft(
        "GROWTH",
        "deposit",
        date(2014, 5, 30),
        postings=(
            Posting("Assets:Portfolio:GROWTH:Cash", D(100_000), "EUR"),
            Posting("Equity:Deposits:GROWTH", D(-100_000), "EUR"),
        ),
        happened_at=datetime(2014, 5, 30, 13, 30, tzinfo=UTC),
        narration="Opening deposit",
    )


def test_the_first_entry_has_the_hash_that_was_published(database: Database):
    ledger = a_ledger(database, clock=FixedClock(datetime(2014, 5, 30, 20, 15, tzinfo=UTC)))
    a_portfolio(ledger, base="EUR")

    ledger.post([opening_deposit()])

    assert ledger.head() == "d87b2758073f4cf1e10e32beba638ec8b995d38e7ae5129b921924aec20e3e31"


@pytest.mark.parametrize("table", ["ledger_journal", "ledger_postings", "ledger_anchors"])
@pytest.mark.parametrize("change", ["UPDATE {} SET sequence = 7", "DELETE FROM {}"])
def test_rows_of_the_journal_refuse_every_change(database: Database, table: str, change: str):
    ledger = a_ledger(database)
    a_portfolio(ledger, base="EUR")
    ledger.post([opening_deposit()])
    ledger.anchor("export")

    with pytest.raises(DatabaseError, match="is written once"), database.write() as connection:
        connection.execute(text(change.format(table)))


@pytest.mark.parametrize(
    "method, cost, gain",
    [("fifo", 1650, 225), ("lifo", 1800, 75), ("hifo", 1875, 0), ("average", 1725, 150)],
)
def test_each_method_takes_its_lots(ledger: Ledger, method: str, cost: int, gain: int):
    code = a_portfolio(ledger, booking=method)
    ledger.post([trade(code, f"2024-01-0{day}", "ACME", 10, price) for day, price in ((2, 100), (3, 130), (4, 115))])

    ledger.post([trade(code, "2024-01-05", "ACME", -15, 125)])

    gains = ledger.view().realized(code, date(2024, 1, 5), LAST)
    assert (sum(one.cost for one in gains), sum(one.gain for one in gains)) == (cost, gain)
    assert sum(lot.cost for lot in ledger.view().lots(code, LAST)) == 3450 - cost


def test_a_specific_removal_needs_its_lot_unless_it_takes_all(ledger: Ledger):
    code = a_portfolio(ledger, booking="specific")
    ledger.post([trade(code, f"2024-01-0{day}", "ACME", 10, price) for day, price in ((2, 100), (3, 130), (4, 115))])

    with pytest.raises(Refused) as ambiguous:
        ledger.post([trade(code, "2024-01-05", "ACME", -15, 125)])
    ledger.post([trade(code, "2024-01-05", "ACME", -30, 125)])

    assert ambiguous.value.code == "lot_ambiguous"
    assert ledger.view().positions(code, LAST) == ()


def test_more_than_is_held_is_refused_and_leaves_no_entry(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 30, 100)])
    before = ledger.head()

    with pytest.raises(Refused) as refused:
        ledger.post([trade(code, "2024-01-05", "ACME", -31, 125)])

    assert refused.value.code == "not_enough_shares"
    assert (refused.value.details["limit"], refused.value.details["observed"]) == ("30", "31")
    assert ledger.head() == before
    assert len(ledger.view().entries(code)) == 1


def test_a_gain_is_split_into_price_rate_and_both(ledger: Ledger):
    code = a_portfolio(ledger, base="CAD")
    ledger.post([trade(code, "2024-01-02", "ACME", 100, 150, fx="1.34")])

    ledger.post([trade(code, "2024-02-02", "ACME", -50, 180, fx="1.36")])

    (gain,) = ledger.view().realized(code, date(2024, 2, 2), LAST)
    assert ledger.view().positions(code, date(2024, 1, 31))[0].cost_base == 20_100
    assert (gain.proceeds_base, gain.cost_base, gain.gain) == (12_240, 10_050, 2_190)
    assert (gain.price_effect, gain.fx_effect, gain.cross_effect) == (2_010, 150, 30)


def test_a_foreign_trade_without_its_rate_is_refused(ledger: Ledger):
    code = a_portfolio(ledger, base="CAD")

    with pytest.raises(Refused) as refused:
        ledger.post([trade(code, "2024-01-02", "ACME", 100, 150)])

    assert refused.value.code == "fx_missing"


def test_a_dividend_counts_at_the_rate_of_its_pay_date(ledger: Ledger):
    code = a_portfolio(ledger, base="CAD")
    terms = {"symbol": "ACME", "currency": "USD"}
    ledger.post([event(code, "dividend_accrued", "2024-02-09", **terms, units="100", per_share="0.24",
                       pay_date="2024-02-15", fx="1.3500")])  # fmt: skip

    owed = ledger.view().receivables(code, date(2024, 2, 14))
    ledger.post([event(code, "dividend_paid", "2024-02-15", **terms, amount="24", pay_fx="1.3675")])

    (paid,) = ledger.view().income(code, date(2024, 1, 1), LAST)
    assert owed == {("ACME", "USD"): 24}
    assert ledger.view().receivables(code, LAST) == {}
    assert paid.gross_base == D("32.82")


def test_tax_withheld_leaves_the_net_in_cash(ledger: Ledger):
    code = a_portfolio(ledger)
    terms = {"symbol": "ACME", "currency": "USD"}

    ledger.post(
        [
            event(
                code, "dividend_accrued", "2024-02-09", **terms, units="100", per_share="1.00", pay_date="2024-02-15"
            ),
            event(code, "dividend_paid", "2024-02-15", **terms, amount="100", tax="10"),
        ]
    )

    (paid,) = ledger.view().income(code, date(2024, 1, 1), LAST)
    assert (paid.gross, paid.tax, paid.net) == (100, 10, 90)
    assert ledger.view().cash(code, LAST) == {"USD": 90}


def test_a_dividend_without_a_pay_date_is_refused(ledger: Ledger):
    code = a_portfolio(ledger)

    with pytest.raises(Refused) as refused:
        ledger.post([event(code, "dividend_accrued", "2024-02-09", symbol="ACME", currency="USD", amount="24")])

    assert refused.value.code == "pay_date_missing"


def test_a_split_doubles_units_and_keeps_the_cost(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 100, 500)])

    ledger.post([event(code, "split", "2024-02-01", symbol="ACME", ratio="2/1")])

    (lot,) = ledger.view().lots(code, LAST)
    assert (lot.units, lot.cost, lot.acquired) == (200, 50_000, date(2024, 1, 2))


def test_a_reverse_split_sells_the_fraction_for_cash(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 105, 10)])

    ledger.post([event(code, "split", "2024-02-01", symbol="ACME", ratio="1/10", cash_in_lieu="100")])

    view = ledger.view()
    (lot,), (gain,) = view.lots(code, LAST), view.realized(code, date(2024, 2, 1), LAST)
    assert (lot.units, lot.cost) == (10, 1_000)
    assert (gain.units, gain.proceeds, gain.gain) == (D("0.5"), 50, 0)
    assert view.cash(code, LAST) == {"USD": -1_000}


def test_a_spin_off_moves_a_part_of_the_cost_with_the_old_date(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 100, 10)])

    ledger.post([event(code, "spin_off", "2024-02-01", symbol="ACME", into="CHILD", ratio="1/4", fraction="0.20")])

    parent, child = ledger.view().lots(code, LAST)
    assert (parent.units, parent.cost) == (100, 800)
    assert (child.symbol, child.units, child.cost, child.acquired) == ("CHILD", 25, 200, date(2024, 1, 2))
