"""Beancount text out and in, with the beancount package as the judge."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_histories import drafts, play
from ledger_house import a_portfolio, event, stores, trade

from mintmark.domain import Refused
from mintmark.ledger import Draft, Ledger

loader = pytest.importorskip("beancount.loader")
LAST = date(2026, 3, 1)


def loaded(text: str) -> list[object]:
    """Return the entries Beancount reads, which must be without an error."""
    entries, errors, _ = loader.load_string(text)
    assert [error.message for error in errors] == []
    return list(entries)


def copied(text: str, ledger: Ledger) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "own.beancount"
        path.write_text(text)
        ledger.import_beancount(path)


@settings(max_examples=12)
@given(drafts(), st.sampled_from(["fifo", "lifo", "hifo", "average", "specific"]), st.booleans())
def test_an_export_loads_there_and_comes_back_with_the_same_head(found: list[Draft], booking: str, shorts: bool):
    with stores(2) as (ledger, empty):
        a_portfolio(ledger, base="EUR", booking=booking, allow_shorts=shorts)
        kept = play(ledger, found)

        text = ledger.export("beancount")
        copied(text, empty)

        entries = loaded(text)
        assert sum(type(one).__name__ == "Transaction" for one in entries) == kept
        assert empty.head() == ledger.head()
        assert empty.view().lots("GROWTH", LAST) == ledger.view().lots("GROWTH", LAST)


def test_every_kind_comes_back_with_its_hash():
    with stores(2) as (ledger, empty):
        code = a_portfolio(ledger, "P-1", base="USD", allow_shorts=True)
        ledger.post(
            [
                event(code, "deposit", "2024-01-02", amount="100000", currency="USD", id_='a "b" \\ c'),
                event(code, "conversion", "2024-01-03", sold="1000", sold_currency="USD", bought="900",
                      bought_currency="EUR"),
                trade(code, "2024-01-03", "ACME", 30, "33.333333", fee="1.25"),
                trade(code, "2024-01-04", "ACME", 3, 10, margin=True),
                trade(code, "2024-01-05", "ACME", -2, 12, margin=True),
                trade(code, "2024-01-05", "BTC", "0.5", 40_000),
                event(code, "trade", "2024-01-06", symbol="XRP", units="1000", paid_with="BTC", paid_units="0.01",
                      value="450", currency="USD"),
                event(code, "transfer_in", "2024-01-08", symbol="OLD", lots=[
                    {"units": "7", "total": "10", "currency": "EUR", "acquired": "2020-05-05", "fx": "1.1"}]),
                event(code, "transfer_out", "2024-01-09", symbol="OLD", units="3"),
                event(code, "balance", "2024-01-10", account=f"Assets:Portfolio:{code}:Cash", commodity="EUR",
                      amount="900"),
                event(code, "merger", "2024-02-01", symbol="OLD", into="SUCC", ratio="1/2", cash="5",
                      cash_fraction="0.25", currency="EUR", fx="1.2"),
                event(code, "interest", "2024-02-02", amount="-3", currency="USD"),
                event(code, "financing", "2024-02-02", amount="2", currency="USD"),
            ]
        )  # fmt: skip
        sold = ledger.post([trade(code, "2024-02-03", "ACME", -10, 40)])[0]
        ledger.reverse(sold.id, narration="a wrong fill")

        text = ledger.export("beancount")
        copied(text, empty)

        loaded(text)
        assert empty.head() == ledger.head()
        assert empty.verify(ledger.head())["valid"]
        assert ledger.reconcile()["passed"]


HAND = """\
option "operating_currency" "USD"
* A heading
2024-01-01 open Assets:Portfolio:HAND:Cash USD, EUR
2024-01-01 open Assets:Portfolio:HAND:ACME ACME "FIFO" ; a comment
2024-01-01 open Equity:Deposits:HAND
2024-01-01 open Income:Gains:HAND:ACME
2024-01-01 commodity ACME
  name: "Acme, Inc."
pushtag #moved
2024-01-02 * "Bank" "Money in" ^wire-1
  Assets:Portfolio:HAND:Cash    10,000.00 USD
  Equity:Deposits:HAND
poptag #moved
2024-01-03 * "Buy"
  Assets:Portfolio:HAND:ACME    10 ACME {100.50 USD}
  Assets:Portfolio:HAND:Cash
2024-01-04 * "Buy more"
  Assets:Portfolio:HAND:ACME    10 ACME {{1,200 USD}}
  Assets:Portfolio:HAND:Cash   -1200 USD
2024-01-05 price ACME 130 USD
2024-01-06 * "Sell"
  Assets:Portfolio:HAND:ACME   -15 ACME {} @ 130 USD
  Assets:Portfolio:HAND:Cash   1950 USD
  Income:Gains:HAND:ACME
2024-01-07 note Assets:Portfolio:HAND:Cash "seen"
2024-01-07 balance Assets:Portfolio:HAND:Cash 9745 USD
"""


def test_a_file_written_by_hand_is_booked_as_beancount_books_it(tmp_path: Path):
    (tmp_path / "hand.beancount").write_text(HAND)

    with stores(1) as (ledger,):
        report = ledger.import_beancount(tmp_path / "hand.beancount")
        again = ledger.import_beancount(tmp_path / "hand.beancount")

        view = ledger.view()
        (lot,), gains = view.lots("HAND", LAST), view.realized("HAND", date(2024, 1, 1), LAST)
        assert (report["entries"], report["prices_skipped"], again["entries"]) == (5, 1, 0)
        assert (lot.units, lot.cost) == (5, 600)
        assert sum(gain.gain for gain in gains) == 1950 - 1005 - 600
        assert view.entries("HAND")[0].meta == {"tags": ["moved"], "links": ["wire-1"]}
    loaded(HAND)


@pytest.mark.parametrize(
    "line, said",
    [
        ('plugin "beancount.plugins.auto"', "directive"),
        ("2024-01-01 pad Assets:Portfolio:HAND:Cash Equity:Deposits:HAND", "pad"),
        ('2024-01-02 ! "Pending"', "'!'"),
        ('2024-01-02 * "Open ended', "does not end"),
        ("2024-13-01 commodity X", "expected a day"),
        ('2024-01-02 * "X"\n  Assets:Bank:Checking  1 USD', "is not open"),
        ('include "../outside.beancount"', "below"),
        ("2024-01-08 balance Assets:Portfolio:HAND:Cash 1 USD", "held 9745 USD"),
    ],
)
def test_what_is_not_understood_is_refused_with_file_and_line(tmp_path: Path, line: str, said: str):
    (tmp_path / "hand.beancount").write_text(HAND + line + "\n")

    with stores(1) as (ledger,):
        with pytest.raises(Refused) as refused:
            ledger.import_beancount(tmp_path / "hand.beancount")

        assert said in refused.value.message
        assert refused.value.details.get("line", 0) > HAND.count("\n") or "below" in said
        assert ledger.head() == "0" * 64


def test_what_a_file_includes_comes_with_it(tmp_path: Path):
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "hand.beancount").write_text(HAND)
    (tmp_path / "main.beancount").write_text('include "part/hand.beancount"\n')

    with stores(1) as (ledger,):
        assert ledger.import_beancount(tmp_path / "main.beancount")["entries"] == 5
