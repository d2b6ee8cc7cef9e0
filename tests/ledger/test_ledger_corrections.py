"""Reversals, repeats, back-dates, and what two databases and other writers do to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from ledger_house import a_ledger, a_portfolio, event, trade

from mintmark.domain import Refused
from mintmark.ledger import Known, Ledger
from mintmark.ledger.reconciling import Statement, nav_error_bps
from mintmark.store import Database

LAST = date(2026, 3, 1)


def refusal(ledger: Ledger, *drafts: object) -> str:
    """Return the code of the refusal of ``drafts``."""
    with pytest.raises(Refused) as refused:
        ledger.post(list(drafts))  # type: ignore[arg-type]
    return refused.value.code


def test_a_reversal_restores_lots_and_is_made_once(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 3, 10, fee="0.1")])
    before = ledger.view().lots(code, LAST)
    sale = ledger.post([trade(code, "2024-01-05", "ACME", -1, 12)])[0]

    taken_back = ledger.reverse(sale.id)

    assert ledger.view().lots(code, LAST) == before
    assert ledger.view().realized(code, date(2024, 1, 1), LAST) == ()
    assert (taken_back.date, taken_back.reverses) == (sale.date, sale.id)
    with pytest.raises(Refused, match="is reversed by"):
        ledger.reverse(sale.id)
    assert ledger.reconcile()["passed"]


def test_a_lot_that_was_used_since_blocks_its_reversal(ledger: Ledger):
    code = a_portfolio(ledger)
    bought = ledger.post([trade(code, "2024-01-02", "ACME", 3, 10)])[0]
    sold = ledger.post([trade(code, "2024-01-05", "ACME", -1, 12)])[0]

    with pytest.raises(Refused) as refused:
        ledger.reverse(bought.id)
    ledger.reverse(sold.id)
    ledger.reverse(bought.id)

    assert (refused.value.code, refused.value.details["entries"]) == ("reversal_blocked", [sold.id])
    assert ledger.view().positions(code, LAST) == ()


def test_the_same_again_is_the_old_entry_and_anything_else_a_conflict(ledger: Ledger):
    code = a_portfolio(ledger)
    draft = trade(code, "2024-01-02", "ACME", 3, 10, id_="a1")

    first, again = ledger.post([draft])[0], ledger.post([draft])[0]

    assert first == again
    assert refusal(ledger, replace(draft, narration="other")) == "external_id_conflict"
    assert len(ledger.view().entries(code)) == 1


def test_a_sale_before_a_split_that_is_booked_is_refused(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post(
        [trade(code, "2024-01-02", "ACME", 3, 10), event(code, "split", "2024-02-01", symbol="ACME", ratio="2/1")]
    )

    assert refusal(ledger, trade(code, "2024-01-09", "ACME", -1, 12)) == "out_of_order_action"
    assert refusal(ledger, event(code, "split", "2024-01-01", symbol="ACME", ratio="2/1")) == "out_of_order_action"


def test_a_back_dated_sale_takes_lots_that_were_there(ledger: Ledger):
    code = a_portfolio(ledger, booking="lifo")
    ledger.post([trade(code, "2024-01-02", "ACME", 3, 10), trade(code, "2024-03-01", "ACME", 3, 20)])

    ledger.post([trade(code, "2024-02-01", "ACME", -3, 12)])

    assert [lot.acquired for lot in ledger.view().lots(code, LAST)] == [date(2024, 3, 1)]
    assert ledger.view().positions(code, date(2024, 2, 1)) == ()


def test_a_view_sees_nothing_after_its_head(ledger: Ledger):
    one, other = a_portfolio(ledger, "ONE"), a_portfolio(ledger, "OTHER")
    ledger.post([trade(one, "2024-01-02", "ACME", 3, 10)])
    head, own = ledger.head(), ledger.view().portfolio_hash(one)
    ledger.post([trade(other, "2024-01-02", "ACME", 5, 10)])
    assert ledger.view().portfolio_hash(one) == own
    ledger.post([trade(one, "2024-01-02", "ACME", 5, 10)])

    old = ledger.view(head)

    assert (old.commit_hash, old.portfolio_hash(one)) == (head, own)
    assert old.positions(one, LAST)[0].units == 3
    assert ledger.view().positions(one, LAST)[0].units == 8
    with pytest.raises(Refused, match="no entry has the hash"):
        ledger.view("ab" * 32)


def test_what_a_caller_takes_back_never_was(database: Database):
    ledger = a_ledger(database)
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 3, 10)])

    def sells_and_fails() -> None:
        with database.write() as connection:
            ledger.post([trade(code, "2024-01-03", "ACME", -3, 10)], connection=connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sells_and_fails()
    ledger.post([trade(code, "2024-01-04", "ACME", -2, 10)])

    assert ledger.view().positions(code, LAST)[0].units == 1
    assert ledger.verify()["valid"]
    assert ledger.reconcile()["failures"] == []
    assert ledger.rebuild()["entries"] == 2


def test_two_ledgers_on_one_database_append_to_one_chain(database: Database):
    here, there = a_ledger(database), Ledger(database, a_ledger(database).clock)
    code = a_portfolio(here)

    for day in range(2, 6):
        (here if day % 2 else there).post([trade(code, f"2024-01-0{day}", "ACME", 1, day)])

    assert here.verify()["entries"] == 4
    assert [lot.cost for lot in there.view().lots(code, LAST)] == [2, 3, 4, 5]


def test_margin_moves_only_gain_fee_and_nothing_else_in_cash(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "BTC", -2, 100, margin=True, fee="1")])
    opened = (ledger.view().cash(code, LAST), ledger.view().margin(code, LAST))

    ledger.post([trade(code, "2024-01-03", "BTC", 2, 90, margin=True, fee="1")])

    (gain,) = ledger.view().realized(code, date(2024, 1, 3), LAST)
    assert opened == ({"USD": -1}, {"USD": 200})
    assert (ledger.view().cash(code, LAST), ledger.view().margin(code, LAST)) == ({"USD": 18}, {})
    assert (gain.gain, gain.units, gain.fee, gain.lot_fee) == (20, -2, 1, 1)


def test_a_sale_beyond_the_holding_opens_a_short_lot_where_that_is_allowed(ledger: Ledger):
    code = a_portfolio(ledger, allow_shorts=True)
    ledger.post([trade(code, "2024-01-02", "ACME", 3, 10)])

    ledger.post([trade(code, "2024-01-03", "ACME", -5, 12)])

    (lot,) = ledger.view().lots(code, LAST)
    assert (lot.units, lot.cost) == (-2, 24)
    assert ledger.view().cash(code, LAST) == {"USD": 30}


def test_one_coin_paid_with_another_leaves_with_its_gain(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "BTC", "0.5", 40_000)])
    swap = event(code, "trade", "2024-01-03", symbol="XRP", units="1000", paid_with="BTC", paid_units="0.01",
                 value="450", currency="USD")  # fmt: skip

    assert refusal(ledger, replace(swap, meta={k: v for k, v in swap.meta.items() if k != "value"})) == "fx_missing"
    ledger.post([swap])

    (gain,) = ledger.view().realized(code, date(2024, 1, 3), LAST)
    assert (gain.symbol, gain.gain) == ("BTC", 50)
    assert {lot.symbol: lot.cost for lot in ledger.view().lots(code, LAST)} == {"BTC": 19_600, "XRP": 450}


def test_capital_that_comes_back_lowers_the_cost_to_nothing_at_most(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 10, 1)])

    ledger.post([event(code, "return_of_capital", "2024-02-01", symbol="ACME", amount="15", currency="USD")])

    (lot,), gains = ledger.view().lots(code, LAST), ledger.view().realized(code, date(2024, 2, 1), LAST)
    assert (lot.units, lot.cost, sum(gain.gain for gain in gains)) == (10, 0, 5)


def test_a_fill_that_cannot_be_booked_goes_against_suspense(ledger: Ledger):
    code = a_portfolio(ledger)

    (entry,) = ledger.post([trade(code, "2024-01-02", "ACME", -3, 10, fee="1", id_="fill 1")], suspend=True)
    (again,) = ledger.post([trade(code, "2024-01-02", "ACME", -3, 10, fee="1", id_="fill 1")], suspend=True)

    assert (entry.meta["suspense"], again.id) == ("not_enough_shares", entry.id)
    assert ledger.view().cash(code, LAST) == {"USD": 29}
    assert ledger.view().balances(code, LAST)[f"Equity:Suspense:{code}", "USD"] == -30


def test_a_balance_holds_at_the_start_of_its_day_and_is_named_when_it_no_longer_does(ledger: Ledger):
    code = a_portfolio(ledger)
    said = {"account": f"Assets:Portfolio:{code}:Cash", "commodity": "USD"}
    ledger.post([event(code, "deposit", "2024-01-02", amount="5", currency="USD")])

    assert refusal(ledger, event(code, "balance", "2024-01-02", **said, amount="5")) == "assertion_broken"
    ledger.post([event(code, "balance", "2024-01-03", **said, amount="5")])
    ledger.post([event(code, "deposit", "2024-01-01", amount="1", currency="USD")])

    report = ledger.reconcile()
    assert [failure["code"] for failure in report["failures"]] == ["assertion_broken"]
    assert (report["portfolios_checked"], report["passed"]) == (1, False)


def test_a_statement_is_held_against_the_ledger(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([event(code, "deposit", "2024-01-02", amount="1000", currency="USD"),
                 trade(code, "2024-01-03", "ACME", 3, 10)])  # fmt: skip
    right = Statement(date(2024, 1, 3), {"ACME": Decimal(3)}, {"USD": Decimal("970.01")})
    wrong = Statement(date(2024, 1, 3), {"ACME": Decimal(4), "OLD": Decimal(1)}, {"USD": Decimal("970.02")})

    assert ledger.reconcile([code], statements={code: right})["passed"]
    codes = [one["code"] for one in ledger.reconcile([code], statements={code: wrong})["failures"]]

    assert codes == ["quantity_mismatch", "missing_position", "cash_mismatch"]


def test_a_net_value_may_differ_by_one_basis_point():
    assert nav_error_bps(Decimal(100_000), Decimal(100_010)) == Decimal("1.0")
    assert nav_error_bps(Decimal(100_000), Decimal("100_010.01")) == Decimal("1.001")
    assert nav_error_bps(Decimal(0), Decimal(1)) is None
    assert nav_error_bps(Decimal(0), Decimal(0)) == 0


def test_adjusted_prices_take_neither_splits_nor_dividends_and_strangers_are_refused(database: Database):
    known = {"ACME": Known("ACME"), "INDEX": Known("INDEX", adjusted=True)}
    ledger = a_ledger(database, instruments=known.get)
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 3, 10), trade(code, "2024-01-02", "INDEX", 3, 10)])

    assert refusal(ledger, event(code, "split", "2024-01-03", symbol="INDEX", ratio="2/1")) == "actions_embedded"
    assert refusal(ledger, trade(code, "2024-01-03", "NOPE", 1, 1)) == "invalid_request"
    assert refusal(ledger, trade("NOBODY", "2024-01-03", "ACME", 1, 1)) == "portfolio_not_found"


def test_two_symbols_with_one_account_are_refused(ledger: Ledger):
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "BRK.B", 3, 10)])

    assert refusal(ledger, trade(code, "2024-01-02", "BRK-B", 3, 10)) == "invalid_request"


def test_an_export_and_its_anchor_are_the_same_on_both_databases(database: Database, tmp_path: Path):
    ledger = a_ledger(database)
    code = a_portfolio(ledger)
    ledger.post([trade(code, "2024-01-02", "ACME", 3, "33.333333333", fee="0.1")])
    ledger.post([trade(code, "2024-01-03", "ACME", -1, 40)])

    text = ledger.export("beancount")
    (tmp_path / "own.beancount").write_text(text)
    again = ledger.import_beancount(tmp_path / "own.beancount")

    assert (again["entries"], again["existing"]) == (0, 2)
    assert ledger.verify()["anchors"] == 1
    assert len(ledger.export("csv").splitlines()) == 1 + sum(len(one.postings) for one in ledger.view().entries(code))
