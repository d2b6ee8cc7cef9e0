"""Import of a broker's file: a dry run that marks every bad row, then all rows or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import events, ui

from mintmark.domain import Html, table, tag, words
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.journal import IMPORT_COMMAND, amount
from mintmark.ui.ledger import head
from mintmark.ui.parts import Part, button, card, empty, link, lost

Body = Mapping[str, Any]
COLUMNS = "date,type,symbol,quantity,price,currency,amount,fee,fx_rate,settle_date,external_id"
_MOST = 10 * 1024 * 1024
_SHOWN = 500
_SECONDS = 120.0


async def page(api: Api) -> None:
    """Show the import of a broker's CSV."""
    head("/ledger/import")
    codes = [one["code"] for one in await api.data("/portfolios")]
    if not codes:
        Part(lambda _: _no_portfolio()).show(True)
        return
    _Import(api, codes)


class _Import:
    """A file, its dry run, and the button that books it."""

    def __init__(self, api: Api, codes: list[str]) -> None:
        self._api = api
        self._text = ""
        self._name = ""
        Part(lambda _: _told()).show(True)
        with ui.element("section").classes("card"):
            with ui.element("div").classes("filters"):
                self._code = ui.select(codes, value=codes[0], label="Portfolio")
                self._code.props('outlined dense stack-label aria-label="Into portfolio"')
                self._lag = ui.input("Days from ex-date to pay-date, if the file has none")
                self._lag.props('outlined dense stack-label inputmode="numeric" aria-label="Pay lag days"')
            self._upload = ui.upload(
                label="Drop a CSV here, or press +", auto_upload=True, max_files=1, max_file_size=_MOST,
                on_upload=self._arrived, on_rejected=self._too_large,
            ).props('flat accept=".csv,.txt" aria-label="CSV file"').classes("upload")  # fmt: skip
            with ui.element("div").classes("buttons"):
                self._book = button("Import", self._import, "main")
                self._again = button("Choose another file", self._clear)
        self._ways(False)
        self._trouble = Part(
            lambda error: lost(error, "Change what is named here, then choose the file again.") if error else Html("")
        )
        self._shown = Part(dry_run_part)

    def _ways(self, ready: bool) -> None:
        self._book.set_visibility(ready)
        self._again.set_visibility(bool(self._text))

    async def _arrived(self, event: events.UploadEventArguments) -> None:
        self._name = event.file.name
        self._text = (await event.file.read()).decode("utf-8-sig", errors="replace")
        await self._ask(dry_run=True)

    def _too_large(self) -> None:
        ui.notify("A file has at most 10 MiB and ends in .csv or .txt.", type="negative")

    async def _clear(self) -> None:
        self._text = ""
        self._upload.reset()
        self._shown.hide()
        self._ways(False)

    async def _import(self) -> None:
        await self._ask(dry_run=False)

    async def _ask(self, *, dry_run: bool) -> None:
        lag = str(self._lag.value or "").strip()
        body: dict[str, Any] = {"portfolio": self._code.value, "csv": self._text, "dry_run": dry_run}
        if lag:
            body["pay_lag_days"] = int(lag) if lag.isdigit() else lag
        try:
            found = await self._api.post("/ledger/import", body, seconds=_SECONDS)
        except ApiRefused as error:
            self._refused(error)
            return
        self._trouble.show(None)
        self._shown.show({**found["data"], "name": self._name, "dry_run": dry_run})
        self._ways(dry_run)

    def _refused(self, error: ApiRefused) -> None:
        self._ways(False)
        if error.code != "import_refused":
            self._shown.hide()
            self._trouble.show(error)
            return
        self._trouble.show(None)
        self._shown.show({**error.details, "said": error.message, "name": self._name})


def dry_run_part(found: Body) -> Html:
    """Return what a file would book, row by row; a bad row says its column and what to do."""
    if "problems" in found:
        count = f"{found['name']}: {found['observed']:,} of its rows cannot be booked. Nothing was stored."
        return card("Dry run", tag("p", tag("span", "✗ ", kind="no"), count), _bad_rows(found["problems"]))
    known = f", {found['existing']:,} of its entries are there already" if found["existing"] else ""
    if not found["dry_run"]:
        said = f"{found['name']}: {found['entries']:,} entries booked from {found['rows']:,} rows{known}."
        return card("Imported", tag("p", tag("span", "✓ ", kind="yes"), said, " ", link("/ledger", "See the entries")))
    said = f"{found['name']}: all {found['rows']:,} rows can be booked as {found['entries']:,} entries{known}. "
    lag = found["assumed_pay_dates"]
    assumed = (
        tag("p", f"▲ {lag:,} pay dates are assumed; every answer that uses them says so.", kind="wait") if lag else ""
    )
    stored = tag("b", "Nothing is stored yet.")
    return card("Dry run", tag("p", tag("span", "✓ ", kind="yes"), said, stored), assumed, _good_rows(found))


def _bad_rows(problems: Sequence[Body]) -> Html:
    cells = [
        (tag("span", "✗", kind="no"), f"{one['line']:,}", tag("code", one["column"] or "the whole row"),
         one["message"], tag("code", one["code"]))
        for one in problems[:_SHOWN]
    ]  # fmt: skip
    return tag(
        "div", table(("", "Row", "Column", "What is wrong, and what would be right", "Code"), cells, (1,)), kind="bad"
    )


def _good_rows(found: Body) -> Html:
    lines = found["lines"]
    cells = [
        (tag("span", "✓" if one["status"] == "new" else "=", kind="yes", title=one["status"]), f"{one['line']:,}",
         tag("span", one["date"], kind="nowrap"), words(one["kind"]), one["symbol"] or "", _number(one["units"]),
         _number(one["amount"]), one["currency"] or "", words(one["status"]))
        for one in lines[:_SHOWN]
    ]  # fmt: skip
    more = found["entries"] + found["existing"] - len(cells)
    said = tag("p", f"and {more:,} more", kind="quiet") if more > 0 else ""
    heads = ("", "Row", "Date", "Kind", "Symbol", "Units", "Amount", "Currency", "Would be")
    return Html(table(heads, cells, (1, 5, 6)) + said)


def _number(value: str | None) -> Html:
    return Html("") if value is None else amount(str(value))


def _told() -> Html:
    said = tag("p", "A file is tried first: each bad row is named with its column and what would help. All rows are "
               "booked, or none.")  # fmt: skip
    columns = tag("p", "Columns: ", tag("code", COLUMNS), ". Other layouts go by a map: ",
                  tag("code", "mintmark ledger import FILE --map MAP.toml"), kind="quiet")  # fmt: skip
    return Html(said + columns)


def _no_portfolio() -> Html:
    would = f"An import needs a portfolio to book into. After that: {IMPORT_COMMAND}"
    return empty("No portfolio yet", would, "mintmark portfolio create GROWTH --base EUR")
