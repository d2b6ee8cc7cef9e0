"""The ledger as its doors show it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mintmark.app import App, ledger_answers, open_app
from mintmark.domain import Refused
from mintmark.ledger import Book

CSV = """\
date,type,symbol,quantity,price,currency,amount,fee,fx_rate,settle_date,external_id
2014-01-02,deposit,,,,USD,100000,,,,
2014-01-03,buy,BTC,10,500,USD,,5,,2014-01-07,a1
2014-01-06,sell,BTC,4,600,USD,,,,,
"""


class March:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Any:
    """A house with one book."""
    opened = open_app(home=tmp_path / "home", clock=March())
    opened.ledger.open_book(Book("GROWTH", "USD"))
    yield opened
    opened.close()


def body(kind: str = "deposit", **meta: Any) -> bytes:
    terms = {"amount": "5", "currency": "USD", **meta}
    return json.dumps({"portfolio": "GROWTH", "kind": kind, "date": "2024-01-02", "meta": terms}).encode()


def test_an_imported_file_is_seen_in_every_answer(app: App):
    report = ledger_answers.import_csv(app, None, "GROWTH", CSV.encode())["data"]

    (held,) = ledger_answers.positions(app, None, "GROWTH", "2014-01-06")["data"]
    assert (report["entries"], report["existing"]) == (3, 0)
    assert held["cash"] == {"USD": "97395"}
    assert held["unsettled"] == {"USD": "-5005"}
    assert held["positions"][0]["units"] == "6"
    assert ledger_answers.lots(app, None, None, None)["data"][0]["id"] == "BTC/2014-01-03"
    assert ledger_answers.verify(app, report["head"])["data"]["expected"]["sequence"] == 3
    assert len(ledger_answers.balances(app, None, None, "2014-01-02")["data"]) == 2


def test_an_entry_is_shown_with_its_neighbours_and_its_reversal(app: App):
    ledger_answers.import_csv(app, None, "GROWTH", CSV.encode())
    newest, middle, oldest = ledger_answers.entries(app, None, "GROWTH")["data"]

    said = ledger_answers.reverse(app, None, newest["id"], "wrong")["data"]

    shown = ledger_answers.entry(app, None, newest["id"])["data"]
    assert shown["previous"]["id"] == middle["id"]
    assert shown["next"]["hash"] == said["hash"]
    assert shown["reversed_by"] == said["id"]
    assert ledger_answers.entries(app, None, None, search='"deposit"')["total_count"] == 1
    head = app.ledger.head()
    assert [one["hash"] for one in ledger_answers.entries(app, None, None, search=head[:20])["data"]] == [head]
    assert ledger_answers.entries(app, None, None, before=2)["data"] == [oldest]


@pytest.mark.parametrize(
    "text, field",
    [
        (body(amount=5.5), "meta.amount"),
        (body(amount="NaN"), "meta.amount"),
        (body(amount="1e999"), "meta.amount"),
        (body(amount="0"), "meta.amount"),
        (body(currency="XYZ"), "meta.currency"),
        (body(colour="red"), "meta.colour"),
        (body("trade", symbol="NOPE", units="1", price="1"), "symbol"),
        (body("trade", symbol="BTC", units="0", price="1"), "meta.units"),
        (body("trade", symbol="BTC", units="1", price="-1"), "meta.price"),
        (body("split", symbol="BTC", ratio="0/1"), "meta.amount"),
        (body().replace(b"2024-01-02", b"2024-02-30"), "date"),
        (body().replace(b"2024-01-02", b"2026-03-03"), "date"),
        (body().replace(b"GROWTH", b"gr owth"), "portfolio"),
        (body().replace(b'"kind"', b'"date": "2024-01-03", "kind"'), "body"),
        (body().replace(b'"5"', b"[" * 30 + b"]" * 30), "body"),
        (b'[{"amount": NaN}]', "body"),
        (b"[" + b"0," * 1_001 + b"0]", "body"),
        (b"{", "body"),
        (body().replace(b'"meta"', b'"narration": "' + b"x" * 501 + b'", "meta"'), "narration"),
        (body().replace(b'"meta"', b'"narration": "a\\u0007b", "meta"'), "narration"),
        (body().replace(b'"meta"', b'"source": "", "meta"'), "source"),
    ],
)
def test_what_is_wrong_in_an_entry_is_named_and_nothing_is_stored(app: App, text: bytes, field: str):
    with pytest.raises(Refused) as refused:
        ledger_answers.post(app, None, text)

    assert {"field", "expected", "found"} <= set(refused.value.details) or refused.value.code == "too_precise"
    assert refused.value.details["field"] == field
    assert app.ledger.head() == "0" * 64


def test_a_number_with_too_many_digits_is_refused(app: App):
    for amount in ("0." + "1" * 19, "1" * 21):
        with pytest.raises(Refused) as refused:
            ledger_answers.post(app, None, body(amount=amount))

        assert refused.value.code == "too_precise"


@pytest.mark.parametrize(
    "change, line, column",
    [
        (("buy,BTC,10,500", "buy,BTC,0,500"), 3, "quantity"),
        (("buy,BTC,10,500", "buy,BTC,10,-500"), 3, "price"),
        (("buy,BTC", "swap,BTC"), 3, "type"),
        (("2014-01-03", "2014-02-31"), 3, "date"),
        (("USD,100000", "ZZZ,100000"), 2, "currency"),
        (("sell,BTC,4", "sell,BTC,40"), 4, ""),
        (("sell,BTC,4,600", "sell;BTC;4;600"), 4, ""),
        (("deposit,,,,USD,100000,,,,", "dividend,BTC,1,2,USD,,,,,"), 2, ""),
    ],
)
def test_a_bad_row_is_named_by_line_and_column_and_nothing_is_stored(
    app: App, change: tuple[str, str], line: int, column: str
):
    with pytest.raises(Refused) as refused:
        ledger_answers.import_csv(app, None, "GROWTH", CSV.replace(*change).encode())

    problem = refused.value.details["problems"][0]
    assert refused.value.code == "import_refused"
    assert (problem["line"], problem["column"]) == (line, column)
    assert app.ledger.head() == "0" * 64


def test_all_bad_rows_are_named_at_once(app: App):
    bad = CSV.replace("2014-01-02", "2014-01-32").replace("sell,BTC,4", "sell,BTC,0")

    with pytest.raises(Refused) as refused:
        ledger_answers.import_csv(app, None, "GROWTH", bad.encode())

    assert [problem["line"] for problem in refused.value.details["problems"]] == [2, 4]


def test_a_dry_run_keeps_nothing_and_tells_every_row(app: App):
    report = ledger_answers.import_csv(app, None, "GROWTH", CSV.encode(), dry_run=True)["data"]

    assert [line["status"] for line in report["lines"]] == ["new"] * 3
    assert app.ledger.head() == "0" * 64
    assert app.ledger.balances() == []


def test_the_same_file_again_adds_nothing(app: App):
    ledger_answers.import_csv(app, None, "GROWTH", CSV.encode())

    again = ledger_answers.import_csv(app, None, "GROWTH", b"\xef\xbb\xbf" + CSV.encode())["data"]

    assert (again["entries"], again["existing"]) == (0, 3)


def test_another_layout_is_read_by_its_map(app: App):
    text = "Datum;Art;Papier;Stück;Kurs\n03.01.2014;Kauf;BTC;1.000,5;2,25\n"
    layout = (
        'decimal = ","\ndate_format = "%d.%m.%Y"\n[columns]\ndate = "Datum"\ntype = "Art"\nsymbol = "Papier"\n'
        'quantity = "Stück"\nprice = "Kurs"\n[types]\nKauf = "buy"\n[defaults]\ncurrency = "USD"\n'
    )

    ledger_answers.import_csv(app, None, "GROWTH", text.encode(), layout=layout)

    (lot,) = ledger_answers.lots(app, None, "GROWTH", None)["data"]
    assert (lot["units"], lot["cost"]) == ("1000.5", "2251.125")


def test_an_assumed_pay_date_marks_its_entry(app: App):
    text = CSV + "2014-02-03,dividend,ACME,10,0.5,USD,,,,,\n"
    app.ledger._instruments = lambda symbol: None if symbol == "NOPE" else _known(symbol)

    report = ledger_answers.import_csv(app, None, "GROWTH", text.encode(), pay_lag_days=14)["data"]

    paid = ledger_answers.entries(app, None, "GROWTH")["data"][0]
    assert report["assumed_pay_dates"] == 1
    assert (paid["kind"], paid["date"], paid["meta"]["pay_lag_days"]) == ("dividend_paid", "2014-02-17", 14)


def _known(symbol: str) -> Any:
    from mintmark.ledger import Known

    return Known(symbol)
