"""Rows of a broker's CSV as drafts; every error by its line."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mintmark.domain import Refused
from mintmark.ledger.entries import Draft
from mintmark.ledger.exactly import WIDE, amount_of, wrong
from mintmark.ledger.layout import NUMBERS, PLAIN, Layout

MAX_BYTES = 10 * 1024 * 1024
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Row:
    """One line of the file and the drafts it makes."""

    line: int
    date: date
    drafts: tuple[Draft, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line: the column, what to do about it."""

    line: int
    column: str
    code: str
    message: str
    symbol: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the problem without what only the importer needs."""
        return {"line": self.line, "column": self.column, "code": self.code, "message": self.message}


def problem_of(line: int, refused: Refused, symbol: str = "") -> Problem:
    """Return ``refused`` as the problem of a line."""
    column = str(refused.details.get("field", "")).removeprefix("meta.")
    return Problem(line, column, refused.code, refused.message, symbol)


def rows_of(
    content: bytes,
    portfolio: str,
    source: str,
    layout: Layout = PLAIN,
    *,
    today: date,
    pay_lag_days: int | None = None,
) -> tuple[list[Row], list[Problem]]:
    """Return the rows in the order they happened, and every problem by its line.

    ``pay_lag_days``: assume this many days from the ex-date where a dividend has no pay date; the entries say so.

    Raises:
        Refused: ``too_large``, or ``invalid_request`` where the file as a whole cannot be read.
    """
    records = _records(content, layout)
    reader = _Reader(portfolio, source, layout, today, pay_lag_days)
    rows, problems = [], []
    for line, record, problem in records:
        if problem is not None:
            problems.append(problem)
            continue
        try:
            rows.append(reader.row(line, record))
        except Refused as refused:
            problems.append(problem_of(line, refused, record.get("symbol", "")))
    newest_first = len(rows) > 1 and rows[0].date > rows[-1].date
    rows.sort(key=lambda row: (row.date, -row.line if newest_first else row.line))
    return rows, problems


def _records(content: bytes, layout: Layout) -> list[tuple[int, dict[str, str], Problem | None]]:
    if len(content) > MAX_BYTES:
        message = f"a file has at most {MAX_BYTES} bytes, found {len(content)}"
        raise Refused(message, code="too_large", limit=MAX_BYTES, observed=len(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong("file", "UTF-8", f"byte {error.start}") from None
    head = text.split("\n", 1)[0].rstrip("\r")
    used = [one for one in _DELIMITERS if one in _outside_quotes(head)]
    if len(used) != 1:
        raise wrong("header", "columns between one kind of delimiter (, ; tab or |)", head[:80])
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=used[0], strict=True)
    try:
        return _named(lines, layout)
    except csv.Error as error:
        raise wrong(f"line {lines.line_num}", "a row of CSV", str(error)) from None


def _outside_quotes(text: str) -> str:
    return "".join(text.split('"')[::2])


def _named(lines: Any, layout: Layout) -> list[tuple[int, dict[str, str], Problem | None]]:
    header = [name.strip() for name in next(lines)]
    if twice := [name for name, many in Counter(header).items() if many > 1]:
        raise wrong("header", "each column once", twice[0])
    known = {theirs: ours for ours, theirs in layout.columns.items()}
    if layout is PLAIN and (unknown := [name for name in header if name not in known]):
        raise wrong("header", f"columns of {', '.join(layout.columns)}, or a map", unknown[0])
    for needed in ("date", "type"):
        if layout.columns[needed] not in header and needed not in layout.defaults:
            raise wrong("header", f"a column {layout.columns[needed]}", ", ".join(header)[:80])
    found: list[tuple[int, dict[str, str], Problem | None]] = []
    for cells in lines:
        line = lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            message = f"expected {len(header)} cells as in the header, found {len(cells)}: is another delimiter in it?"
            found.append((line, {}, Problem(line, "", "invalid_request", message)))
            continue
        record = dict(layout.defaults)
        record |= {
            known[name]: cell.strip() for name, cell in zip(header, cells, strict=True) if name in known and cell
        }
        found.append((line, record, None))
    return found


class _Reader:
    """Makes drafts of rows; knows how often a row has come already."""

    def __init__(self, portfolio: str, source: str, layout: Layout, today: date, lag: int | None) -> None:
        self._portfolio, self._source, self._layout = portfolio, source, layout
        self._today, self._lag = today, lag
        self._seen: Counter[str] = Counter()

    def row(self, line: int, record: Mapping[str, str]) -> Row:
        """Return the drafts of one record. Raises: Refused, naming the column."""
        layout = self._layout
        kind = layout.types.get(record.get("type", ""))
        if kind is None:
            raise wrong("type", f"one of {', '.join(layout.types)}", record.get("type", ""))
        day = layout.day(record.get("date", ""), "date")
        if day > self._today:
            raise wrong("date", f"a day up to {self._today}", day.isoformat())
        values = {name: layout.number(record[name]) for name in NUMBERS if record.get(name, "").strip()}
        for name, value in values.items():
            if amount_of(value, name) < 0 and name != "amount":
                raise wrong(name, "zero or a number above it", record[name])
        settles = layout.day(record["settle_date"], "settle_date") if record.get("settle_date") else None
        terms = _Terms(values, record.get("symbol", ""), record.get("currency", ""), day, settles)
        outside = record.get("external_id") or self._content_id(record)
        return Row(line, day, tuple(self._drafts(kind, terms, outside)))

    def _content_id(self, record: Mapping[str, str]) -> str:
        said = "\n".join(f"{name}={record[name]}" for name in sorted(record))
        digest = hashlib.sha256(said.encode()).hexdigest()[:32]
        self._seen[digest] += 1
        return f"{digest}:{self._seen[digest]}"

    def _drafts(self, kind: str, terms: _Terms, outside: str) -> list[Draft]:
        if kind == "dividend":
            return self._dividend(terms, outside)
        entry_kind, meta = _MAKERS[kind](terms)
        return [self._draft(entry_kind, terms.day, meta, outside)]

    def _draft(self, kind: Any, day: date, meta: Mapping[str, Any], outside: str) -> Draft:
        said = {name: value for name, value in meta.items() if value is not None}
        return Draft(self._portfolio, kind, day, said, external_id=outside, source=self._source)

    def _dividend(self, terms: _Terms, outside: str) -> list[Draft]:
        from mintmark.ledger.booking import pay_date_missing

        pays, assumed = terms.settles, {}
        if pays is None:
            if self._lag is None:
                raise pay_date_missing(terms.symbol, terms.day)
            pays, assumed = terms.day + timedelta(days=self._lag), {"pay_lag_days": self._lag}
        if pays < terms.day:
            raise wrong("settle_date", f"a pay date from {terms.day} on", pays.isoformat())
        shared = {"symbol": terms.symbol, "amount": terms.total(), "currency": terms.currency, **assumed}
        accrued = {**shared, "pay_date": pays.isoformat()}
        paid = {
            **shared, "ex_date": terms.day.isoformat(), "tax": terms.values.get("fee"),
            "pay_fx": terms.values.get("fx_rate"),
        }  # fmt: skip
        drafts = [self._draft("dividend_accrued", terms.day, accrued, outside)]
        if pays <= self._today:
            drafts.append(self._draft("dividend_paid", pays, paid, f"{outside}/paid"))
        return drafts


@dataclass(frozen=True)
class _Terms:
    """The cells of a row, read."""

    values: Mapping[str, str]
    symbol: str
    currency: str
    day: date
    settles: date | None

    def need(self, name: str) -> str:
        if name not in self.values:
            raise wrong(name, "a number", "")
        return self.values[name]

    def total(self) -> str:
        """Return the amount, else quantity x price."""
        if "amount" in self.values:
            return self.values["amount"]
        factors = amount_of(self.need("quantity"), "quantity"), amount_of(self.need("price"), "price")
        return format(WIDE.multiply(*factors), "f")

    @property
    def settled(self) -> str | None:
        return None if self.settles is None else self.settles.isoformat()


Maker = Callable[[_Terms], tuple[str, dict[str, Any]]]


def _traded(sign: str) -> Maker:
    def make(terms: _Terms) -> tuple[str, dict[str, Any]]:
        units = terms.need("quantity")
        if not amount_of(units, "quantity"):
            raise wrong("quantity", "a number above zero", units)
        worth = {name: terms.values.get(name) for name in ("price", "amount", "fee")}
        if worth["amount"] is not None:
            worth["amount"] = worth["amount"].removeprefix("-")
        return "trade", {
            "symbol": terms.symbol, "units": sign + units, "currency": terms.currency, **worth,
            "fx": terms.values.get("fx_rate"), "settle_date": terms.settled,
        }  # fmt: skip

    return make


def _cash(kind: str) -> Maker:
    def make(terms: _Terms) -> tuple[str, dict[str, Any]]:
        amount = terms.need("amount")
        if kind in ("deposit", "withdrawal"):
            amount = amount.removeprefix("-") if kind == "withdrawal" else amount
        return kind, {"amount": amount, "currency": terms.currency, "settle_date": terms.settled}

    return make


def _split(terms: _Terms) -> tuple[str, dict[str, Any]]:
    new, old = terms.need("quantity"), terms.need("price")
    if not new.isdecimal() or not old.isdecimal():
        raise wrong("quantity", "whole numbers: quantity new for price old", f"{new}/{old}")
    meta = {"symbol": terms.symbol, "ratio": {"new": int(new), "old": int(old)}}
    return "split", {**meta, "cash_in_lieu": terms.values.get("amount"), "fx": terms.values.get("fx_rate")}


def _conversion(terms: _Terms) -> tuple[str, dict[str, Any]]:
    return "conversion", {
        "bought": terms.need("quantity"), "bought_currency": terms.symbol,
        "sold": terms.need("amount").removeprefix("-"), "sold_currency": terms.currency,
        "fee": terms.values.get("fee"), "currency": terms.currency if "fee" in terms.values else None,
    }  # fmt: skip


def _returned(terms: _Terms) -> tuple[str, dict[str, Any]]:
    fx = terms.values.get("fx_rate")
    return "return_of_capital", {
        "symbol": terms.symbol, "amount": terms.total(), "currency": terms.currency, "fx": fx,
    }  # fmt: skip


def _came_in(terms: _Terms) -> tuple[str, dict[str, Any]]:
    lot = {
        "units": terms.need("quantity"), "total": terms.total(), "currency": terms.currency,
        "acquired": terms.settled or terms.day.isoformat(), "fx": terms.values.get("fx_rate"),
        "fee": terms.values.get("fee"),
    }  # fmt: skip
    return "transfer_in", {
        "symbol": terms.symbol,
        "lots": [{name: one for name, one in lot.items() if one is not None}],
    }


_MAKERS: Mapping[str, Maker] = {
    "buy": _traded(""),
    "sell": _traded("-"),
    "split": _split,
    "conversion": _conversion,
    "return_of_capital": _returned,
    "transfer_in": _came_in,
    **{kind: _cash(kind) for kind in ("deposit", "withdrawal", "interest", "fee", "financing")},
}
