"""The form that opens a portfolio."""

from __future__ import annotations

from nicegui import ui

from mintmark.domain import Html, plain, tag
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import Part, button, labelled
from mintmark.ui.screens import FIRST, path_of

_BOOKING = {
    "fifo": "first in, first out",
    "lifo": "last in, first out",
    "hifo": "highest cost first",
    "average": "average cost",
    "specific": "lots named by hand",
}
_POLICY = {"EOD": "closes of trading days", "UTC": "every day at midnight UTC"}
_TAX = {"none": "none", "us": "United States"}


class PortfolioForm:
    """A drawer with what a portfolio is; once it is there, its page opens."""

    def __init__(self, api: Api) -> None:
        self._api = api
        with ui.element("aside").classes("drawer").props('data-drawer="create" aria-label="New portfolio"'):
            ui.html(_head(), sanitize=False)
            with ui.element("div").classes("fields"):
                self._code = labelled("Code", ui.input(placeholder="GROWTH").props("maxlength=32"))
                self._name = labelled("Name", ui.input(placeholder="Growth").props("maxlength=100"))
                self._base = labelled("Base currency", ui.input(placeholder="EUR").props("maxlength=5"))
                self._benchmark = labelled("Benchmark, a series you have", ui.input(placeholder="SPY"))
                self._booking = labelled("Lots are removed", ui.select(_BOOKING, value="fifo"))
                self._policy = labelled("Valued by", ui.select(_POLICY, value="EOD"))
                self._tax = labelled("Tax rule", ui.select(_TAX, value="none"))
                self._shorts = ui.checkbox("may be short").props("dense")
                self._refusal = Part(lambda error: _refused(error) if error else Html(""))
                button("Open it", self._open, "main")

    async def _open(self) -> None:
        given = {
            "code": str(self._code.value or "").strip().upper(),
            "name": str(self._name.value or "").strip(),
            "base_currency": str(self._base.value or "").strip().upper(),
            "benchmark": str(self._benchmark.value or "").strip(),
            "booking": self._booking.value,
            "policy": self._policy.value,
            "tax_rule": self._tax.value,
            "allow_shorts": bool(self._shorts.value),
        }
        body = {name: value for name, value in given.items() if value != ""}
        try:
            made = await self._api.post("/portfolios", body)
        except ApiRefused as error:
            self._refusal.show(error)
            return
        ui.navigate.to(path_of(made["data"]["code"], FIRST))


def _head() -> Html:
    close = tag("button", "✕", kind="plain close", type="button", **{"data-closes": "1", "aria-label": "Close"})
    said = tag("p", "Its book starts in the ledger with it. Base currency and code stay as they are.", kind="quiet")
    return Html(close + tag("h2", "New portfolio") + said)


def _refused(error: ApiRefused) -> Html:
    problems = error.details.get("problems") or [{"message": error.message}]
    said = [tag("div", tag("b", "✗ "), plain(one["message"])) for one in problems]
    return tag("div", *said, tag("div", f"Code {error.code}, request {error.request_id}.", kind="quiet"), kind="asked")
