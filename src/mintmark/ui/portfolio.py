"""Portfolio: choose one, and see the answer of one pattern with every figure open to its mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import Html, answer_label, plain, table, tag
from mintmark.ui.answermark import AnswerMark, short
from mintmark.ui.answers import piece_card, pieces_of
from mintmark.ui.asking import Asked
from mintmark.ui.banners import warming_banner, warnings_banner
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import Part, button, card, empty, heading, link, lost, opener, stamp
from mintmark.ui.portfolio_exports import Exports
from mintmark.ui.portfolio_form import PortfolioForm
from mintmark.ui.portfolio_overview import Overview
from mintmark.ui.screens import DEEP, FIRST, path_of, tabs, title_of

_SECONDS = 130.0
_CREATE = "mintmark portfolio create GROWTH --base EUR --booking fifo --benchmark SPY"
Body = Mapping[str, Any]


async def page(api: Api, code: str | None = None, pattern_id: str = FIRST, security_id: str | None = None) -> None:
    """Show the portfolio ``code`` through ``pattern_id``; without a code the only one, or the list to choose from."""
    held = await api.data("/portfolios")
    code = code or (held[0]["code"] if len(held) == 1 else None)
    if code is None:
        with ui.element("div").classes("head"):
            heading("Portfolio")
            with ui.element("div").classes("right"):
                opener("New portfolio", "create", "main")
        PortfolioForm(api)
        Part(_listed).show(held)
        return
    chosen = next((one for one in held if one["code"] == code), None)
    if chosen is None:
        heading("Portfolio")
        Part(_unknown).show({"code": code, "held": held})
        return
    patterns = await api.data("/patterns")
    known = [one["id"] for one in patterns]
    screen = _Screen(api, chosen, {"security_id": security_id} if security_id else {}, known)
    screen.head(held)
    Part(lambda shown: tabs(code, *shown)).show((patterns, pattern_id))
    if pattern_id in known:
        await screen.start(await api.data(f"/patterns/{quote(pattern_id)}"))
    else:
        Part(_no_screen).show({"asked": pattern_id, "patterns": patterns})


class _Screen:
    """One portfolio through one pattern; each look is one question to the executor."""

    def __init__(self, api: Api, portfolio: Body, given: Mapping[str, str], known: Sequence[str]) -> None:
        self._api = api
        self._portfolio = portfolio
        self._given = given
        self._known = known

    def head(self, held: Sequence[Body]) -> None:
        """Draw the head: which portfolio, its base, and the mark."""
        ui.page_title(f"{self._portfolio['name']} – Mintmark")
        with ui.element("div").classes("head"):
            Part(_title).show(self._portfolio)
            with ui.element("div").classes("right"):
                if len(held) > 1:
                    names = {one["code"]: one["name"] for one in held}
                    choice = ui.select(names, value=self._portfolio["code"]).classes("choice")
                    choice.props('outlined dense aria-label="Portfolio"')
                    choice.on_value_change(lambda event: ui.navigate.to(path_of(str(event.value), FIRST)))
                opener("New portfolio", "create")
                opener("Mark", "mark")
        PortfolioForm(self._api)
        self._mark = AnswerMark()

    async def start(self, pattern: Body) -> None:
        """Offer the inputs of ``pattern`` and ask it, unless an input only a person knows is missing."""
        self._pattern = pattern
        self._said = Part(lambda one: tag("p", one, kind="quiet"))
        self._said.show(pattern["description"])
        with ui.element("div").classes("filters asks"):
            self._asked = Asked(pattern, await self._choices(pattern), self._given)
            self._day = ui.input("As of", value="").props('type="date" outlined dense stack-label aria-label="As of"')
            button("Ask", self._ask, "main")
        self._state, self._above = Part(_stood_on), Part(Html)
        with ui.element("div").classes("buttons") as self._ways:
            self._stale = button("Show it all the same", lambda: self._ask(require_fresh=False))
            self._last = button("Show the last fresh pack", self._ask_last)
        self._ways.set_visibility(False)
        self._loading = Part(lambda one: tag("p", one, kind="quiet loading"))
        self._place = ui.element("div").classes("stack")
        self._exports = Exports(self._api, pattern)
        self._trace = Part(_steps)
        if self._asked.missing:
            self._above.show(_wants(self._asked.missing))
        elif pattern["effects"]:
            self._above.show(tag("p", "Asking this leaves something behind, so it is not asked unasked.", kind="quiet"))
        else:
            await self._ask()

    async def _choices(self, pattern: Body) -> Mapping[str, Mapping[str, str]]:
        """Return the instruments held, by id, where ``pattern`` asks about one."""
        if "security_id" not in pattern["inputs"]:
            return {}
        from mintmark.portfolio import security_id

        (held,) = await self._api.data("/ledger/positions", portfolio=self._portfolio["code"])
        return {"security_id": {str(security_id(one["symbol"])): one["symbol"] for one in held["positions"]}}

    async def _ask_last(self) -> None:
        await self._ask(pack_id=self._fresh)

    async def _ask(self, **more: Any) -> None:
        """Ask the executor once and show what it says."""
        body = {"pattern_id": self._pattern["id"], "inputs": self._asked.values(), **more}
        if "portfolio_id" in self._pattern["inputs"]:
            body["portfolio_id"] = self._portfolio["portfolio_id"]
        if self._day.value and "pack_id" not in more:
            body["asof_date"] = self._day.value
        self._body = body
        self._exports.hide()
        self._loading.show("Asking the executor …")
        self._above.hide()
        self._ways.set_visibility(False)
        try:
            answer = await self._api.post("/execute", body, seconds=_SECONDS)
        except ApiRefused as error:
            self._refused(error)
        else:
            self._show(answer)
        finally:
            self._loading.hide()

    def _show(self, answer: Body) -> None:
        self._above.show(warnings_banner(answer["warnings"]))
        self._state.show(answer["metadata"])
        self._mark.about(answer, self._again(answer["metadata"]))
        self._trace.show(answer["metadata"])
        self._exports.offer(self._body, answer)
        self._place.clear()
        with self._place:
            if self._pattern["id"] == FIRST:
                deep = path_of(self._portfolio["code"], DEEP) if DEEP in self._known else None
                Overview(self._mark.pick, deep).show(answer)
                return
            for piece in pieces_of(self._pattern, answer["result"]):
                part = Part(lambda one, piece=piece: piece_card(one, piece))  # type: ignore[misc]
                part.on_pick("data-path", self._mark.pick)
                part.show(answer)

    def _refused(self, error: ApiRefused) -> None:
        self._place.clear()
        self._state.hide()
        self._trace.hide()
        if error.code != "pricing_pack_warming":
            self._above.show(refusal_card(error))
            return
        self._fresh = error.details.get("last_fresh_pack_id")
        self._above.show(warming_banner(error, datetime.now(UTC)))
        self._last.set_visibility(bool(self._fresh))
        self._ways.set_visibility(True)

    def _again(self, meta: Body) -> str:
        given = "".join(f" --input {name}={value}" for name, value in self._asked.values().items())
        about = f" --portfolio {self._portfolio['code']}" if "portfolio_id" in self._pattern["inputs"] else ""
        pinned = f" --pack {meta['pricing_pack_id']} --ledger {meta['ledger_commit_hash']}"
        return f"mintmark pattern run {meta['pattern_id']}{about}{given}{pinned}"


_NEXT = {
    400: "Change what is asked for above, then press Ask.",
    401: "Sign in with a key; an admin makes one with mintmark key create.",
    403: "Ask an admin for a key of that role: mintmark key create.",
    422: "What was observed and its limit stand above; change the question, or bring in what is missing.",
    429: "Wait a moment, then press Ask.",
    503: "Wait a moment, then press Ask.",
    504: "The machine is busy. Wait a moment, then press Ask.",
}


def refusal_card(error: ApiRefused) -> Html:
    """Return why there is no answer, with the command that helps where one does."""
    advice = {
        "no_pricing_pack": ("No pack has been sealed. Bring data in and seal one.", "mintmark portfolio sample"),
        "pricing_pack_not_found": ("Choose a day that has a pack.", "mintmark pack list"),
        "pricing_pack_error": (
            "The pack did not reconcile. Run the reconciliation again.",
            "mintmark ledger reconcile",
        ),
        "price_missing": ("A held price is not in the pack.", "mintmark pack health"),
        "rate_missing": ("A rate the portfolio needs is not in the pack.", "mintmark pack health"),
    }.get(error.code)
    if advice is None:
        return lost(error, _NEXT.get(error.status, "Press Ask to try again; the log has it under the request id."))
    details = ", ".join(f"{name} {plain(value)}" for name, value in error.details.items() if value is not None)
    said = [tag("p", error.message), tag("p", details, kind="quiet") if details else "",
            tag("p", advice[0], " ", tag("code", advice[1], kind="command")),
            tag("p", f"Code {error.code}, HTTP {error.status}, request {error.request_id}", kind="quiet")]  # fmt: skip
    return card("There is no answer", *said, kind="card lost")


def _title(portfolio: Body) -> Html:
    said = f"{portfolio['code']} · {portfolio['base_currency']} · {portfolio['booking']} · {portfolio['policy']}"
    beside = f" · against {portfolio['benchmark']}" if portfolio["benchmark"] else " · no benchmark"
    return Html(tag("p", said + beside, kind="kicker") + tag("h1", portfolio["name"]))


def _stood_on(meta: Body) -> Html:
    """Return the line that says what the answer stands on."""
    fresh = meta["pack_state"] == "fresh"
    state = tag("span", f"{'●' if fresh else '▲'} {meta['pack_state']}", kind="yes" if fresh else "wait")
    made = f"{meta['duration_ms']:,.0f} ms"
    parts = [
        link(f"/data/{meta['pricing_pack_id']}", tag("span", meta["pricing_pack_id"], kind="id")),
        state,
        Html("ledger " + link(f"/ledger/at/{meta['ledger_commit_hash']}", short(meta["ledger_commit_hash"]), "id")),
        f"as of {meta['asof_date']}",
        made,
    ]
    parts += [tag("b", word, kind="mode") for word in meta["watermarks"]]
    return tag("p", *(tag("span", one) for one in parts), kind="stood quiet")


def _steps(meta: Body) -> Html:
    """Return the steps of the answer, and whom its figures are owed to."""
    heads = ("Step", "Capability", "Agent", "Status", "Took, ms", "As of", "Sources")
    rows = [
        (step["as"], tag("code", step["capability"]), step["agent"] or "", _status(step),
         f"{step['duration_ms']:,.1f}", step["asof"] or "", ", ".join(step["source"]))
        for step in meta["trace"]["steps"]
    ]  # fmt: skip
    made = tag("details", tag("summary", "How this was made"), table(heads, rows, (4,)), kind="card")
    owed = " · ".join(meta["attributions"])
    return Html(made + (tag("p", owed, kind="quiet owed") if owed else ""))


def _status(step: Body) -> Html:
    reason = tag("div", step["reason"], kind="quiet") if step.get("reason") else ""
    return Html(tag("span", step["status"], kind="yes" if step["status"] in ("ok", "cached") else "wait") + reason)


def _listed(held: Sequence[Body]) -> Html:
    if not held:
        would = (
            "Your portfolios would be here: what you own, what it earned, what can hurt it, each figure with its mark."
        )
        start = tag("button", "Open the first one", kind="button main", type="button", **{"data-opens": "create"})
        return Html(empty("No portfolio yet", would, _CREATE) + tag("p", start, style="text-align:center"))
    rows = [
        (link(path_of(one["code"], FIRST), one["name"], "row"), one["code"], one["base_currency"], one["booking"],
         one["benchmark"] or "none", stamp(one["created_at"]))
        for one in held
    ]  # fmt: skip
    return card("Portfolios", table(("Name", "Code", "Base", "Lots", "Benchmark", "Opened"), rows))


def _unknown(shown: Body) -> Html:
    said = tag("p", "There is no portfolio ", tag("code", shown["code"]), ". Those you have:")
    return Html(tag("section", tag("h2", "No such portfolio"), said, kind="card") + _listed(shown["held"]))


def _no_screen(shown: Body) -> Html:
    asked = shown["asked"]
    if not shown["patterns"]:
        return empty("No pattern is installed", f"The answer of {asked} would be here.", "mintmark pattern list")
    names = ", ".join(title_of(one) for one in shown["patterns"])
    return card("No such screen", tag("p", "There is no pattern ", tag("code", asked), f". Those there are: {names}."))


def _wants(missing: Sequence[str]) -> Html:
    asked = " and ".join(answer_label(one).lower() for one in missing)
    return tag("p", f"Give the {asked} above, then ask.", kind="quiet")
