"""The form that starts a backtest, a sweep, a Monte Carlo test, a walk-forward or a cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from mintmark.domain import Html, Timeframe, label_of, tag
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import Part, button, labelled, type_name

RULE = "sma_cross"
_OWN = "the strategy's own"
_ROUTES = {
    "backtesting": "/backtests",
    "sweeping": "/sweeps",
    "montecarlo": "/montecarlo",
    "walkforward": "/walkforwards",
    "crossvalidation": "/crossvalidations",
}
_SAYS = {
    "backtesting": "One run of a trained strategy on its holdout, of the rule on all bars, or on the days you name.",
    "sweeping": "Every combination of a grid. Each is a counted try, and the next result pays for it.",
    "montecarlo": "The past redrawn: how much of the result chance would show as well.",
    "walkforward": "Chosen on one window, traded on the next, over and over. Each combination is a counted try.",
    "crossvalidation": "Chosen on all folds but a few, tested on those, for every few. Each one is a counted try.",
}
_METHODS = {
    "path_permutation": "permuted paths, signals made anew",
    "block_bootstrap": "blocks of returns drawn anew",
    "trade_shuffle": "trades in another order",
    "cost_stress": "other costs",
}
_BASES = {"": "as the series says", "mid": "mid", "bid": "bid", "last": "last trade"}
_MODES = {"rolling": "rolling", "anchored": "anchored: all begin at the first bar"}
_PATH_METRICS = ("sharpe_ratio", "sortino_ratio", "omega_ratio", "total_return")
# A path of a cross-validation has no trades of its own.
_METRICS = (*_PATH_METRICS, "net_profit", "win_rate")
_ONLY = {
    "set": ("backtesting",),
    "grid": ("sweeping", "walkforward", "crossvalidation"),
    "method": ("montecarlo",),
    "runs": ("montecarlo",),
    "mode": ("walkforward",),
    "is_bars": ("walkforward",),
    "oos_bars": ("walkforward",),
    "purge": ("walkforward", "crossvalidation"),
    "folds": ("crossvalidation",),
    "test_folds": ("crossvalidation",),
    "embargo": ("crossvalidation",),
    "metric": ("montecarlo", "walkforward", "crossvalidation"),
}
_WHOLE = ("random_state", "runs", "is_bars", "oos_bars", "purge", "folds", "test_folds", "embargo")
_PATTERNS = {
    "initial_capital": "expected an amount of at least 1 such as 100000 or 2500.50",
    "strategy": "expected a name of 3 to 64 small letters, digits and underscores",
    "symbol": "expected a symbol such as EURUSD",
    "max_bar_participation": "expected a share above 0, at most 1, such as 0.1",
}
# Where a refusal that names no field is shown.
_FIELD_OF = {
    "not_found": "strategy", "model_missing": "strategy", "strategy_invalid": "strategy", "symbol_required": "symbol",
    "symbol_unknown": "symbol", "no_pack": "symbol", "timeframe_unknown": "timeframe", "grid_too_large": "grid",
    "conflicting_fields": "strategy", "volume_unknown": "max_bar_participation",
}  # fmt: skip


class SimulationForm:
    """A drawer with what a simulation may be told; empty fields are left to the house.

    ``started`` is awaited with the id of what was accepted.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self.started: Any = None
        self._offered = False
        self._fields: dict[str, Any] = {}
        self._places: dict[str, ui.element] = {}
        with ui.element("aside").classes("drawer").props('data-drawer="simulate" aria-label="New backtest"'):
            ui.html(_head(), sanitize=False)
            with ui.element("div").classes("fields"):
                kinds = {one: type_name(one) for one in _ROUTES}
                self._kind = self._named("kind", "What", ui.select(kinds, value="backtesting", on_change=self._arrange))
                self._says = Part(lambda said: tag("p", said, kind="quiet"))
                self._make()
                self._refusal = Part(lambda error: _refusal(error) if error else Html(""))
                button("Start", self._start, "main")
        self._arrange()

    def _make(self) -> None:
        frames = {"": _OWN, **{frame.value: frame.value for frame in Timeframe}}
        self._named("strategy", "Strategy", ui.select([RULE], with_input=True))
        self._named("symbol", "Symbol", ui.select({"": _OWN}, value="", with_input=True))
        self._named("timeframe", "Timeframe", ui.select(frames, value=""))
        with ui.element("div").classes("two"):
            self._named("start", "First day", ui.input().props("type=date"))
            self._named("end", "Last day", ui.input().props("type=date"))
        with ui.element("div").classes("two"):
            self._named("initial_capital", "Capital, USD", _number("100000"))
            self._named("random_state", "Random state", _number("7"))
        with ui.element("div").classes("two"):
            self._named("price_basis", "Prices are", ui.select(_BASES, value=""))
            self._named("max_bar_participation", "Share of volume", _number("no limit"))
        self._named("set", "Values", ui.input(placeholder="fast=10,slow=20").props("maxlength=2000"))
        self._named("grid", "Grid", ui.input(placeholder="fast=5:30,slow=40:80").props("maxlength=2000"))
        self._named("method", "What is redrawn", ui.select(_METHODS, value="path_permutation"))
        with ui.element("div").classes("two"):
            self._named("folds", "Folds", _number("10"))
            self._named("test_folds", "Folds tested together", _number("2"))
        with ui.element("div").classes("two"):
            self._named("mode", "Windows", ui.select(_MODES, value="rolling"))
            self._named("purge", "Bars left out between", _number("0"))
            self._named("embargo", "Bars left out after, too", _number("0.01 of all"))
        with ui.element("div").classes("two"):
            self._named("is_bars", "Bars to choose on", _number("500"))
            self._named("oos_bars", "Bars to trade", _number("100"))
        with ui.element("div").classes("two"):
            self._named("runs", "Runs", _number("1000"))
            self._named(
                "metric", "Judged by", ui.select({one: label_of(one) for one in _METRICS}, value="sharpe_ratio")
            )

    def _named(self, key: str, name: str, field: Any) -> Any:
        self._fields[key] = labelled(name, field.props("hide-bottom-space"))
        self._places[key] = field.parent_slot.parent
        return field

    async def offer(self) -> None:
        """Offer the strategies of the house and the symbols of its newest live pack, once."""
        if self._offered:
            return
        strategies = await self._api.data("/strategies")
        names = [RULE, *(one["name"] for one in strategies)]
        field = self._fields["strategy"]
        field.set_options(names, value=field.value or RULE)
        packs = await self._api.data("/packs")
        live = next((pack for pack in packs if not pack.get("superseded_by")), None)
        if live is not None:
            report = await self._api.data(f"/packs/{live['pack_id']}/quality")
            symbols = dict.fromkeys(one["symbol"] for one in report)
            self._fields["symbol"].set_options({"": _OWN, **{one: one for one in symbols}}, value="")
        self._offered = True

    def _arrange(self) -> None:
        kind = self._kind.value
        self._says.show(_SAYS[kind])
        for key, kinds in _ONLY.items():
            self._places[key].set_visibility(kind in kinds)
        metric = self._fields["metric"]
        known = _PATH_METRICS if kind == "crossvalidation" else _METRICS
        value = metric.value if metric.value in known else known[0]
        metric.set_options({one: label_of(one) for one in known}, value=value)
        self._clear()

    def _clear(self) -> None:
        self._refusal.show(None)
        for field in self._fields.values():
            field.error = None

    def _request(self) -> dict[str, Any]:
        kind, given = self._kind.value, {}
        for key, field in self._fields.items():
            if key == "kind" or kind not in _ONLY.get(key, (kind,)):
                continue
            value = str(field.value or "").strip()
            given[key] = int(value) if key in _WHOLE and value.lstrip("-").isdigit() else value
        return {key: value for key, value in given.items() if value != ""}

    async def _start(self) -> None:
        self._clear()
        try:
            answer = await self._api.post(_ROUTES[self._kind.value], self._request())
        except ApiRefused as error:
            self._show(error)
            return
        ui.notify(f"Started {answer['operation_id']}", type="positive")
        ui.run_javascript("document.querySelector('[data-drawer=\"simulate\"]')?.classList.remove('open')")
        await self.started(answer["operation_id"])

    def _show(self, error: ApiRefused) -> None:
        """Show a refusal at the field it is about; one about no field, or one that is not shown, below them."""
        left = []
        for name, said in self._found(error).items():
            if name in self._fields and self._places[name].visible:
                self._fields[name].error = said
            else:
                left.append(said)
        if left:
            self._refusal.show({"said": left, "code": error.code, "request_id": error.request_id})

    def _found(self, error: ApiRefused) -> dict[str, str]:
        problems = error.details.get("problems")
        if problems:
            return {str(one["path"]): _wanted(one) for one in problems}
        name = error.details.get("field") or _FIELD_OF.get(error.code)
        if error.code == "unknown_name":
            name = "metric" if error.details.get("name") == self._fields["metric"].value else None
        asked = self._request()
        name = name or next((one for one in ("grid", "set") if one in asked), None)
        return {str(name): error.message}


def _wanted(problem: Mapping[str, Any]) -> str:
    """Return what a field wants instead, in words where the API answers with a pattern."""
    return _PATTERNS.get(str(problem["path"]), str(problem["message"]))


def _number(usual: str) -> Any:
    return ui.input(placeholder=usual).props('inputmode="numeric"')


def _head() -> Html:
    close = tag("button", "✕", kind="plain close", **{"data-closes": "1", "aria-label": "Close"})
    return Html(close + tag("h2", "New backtest", style="margin-bottom:12px"))


def _refusal(refused: Mapping[str, Any]) -> Html:
    said = [tag("div", tag("b", "✗ "), one) for one in refused["said"]]
    asked = f"Code {refused['code']}, request {refused['request_id']}."
    return tag("div", *said, tag("div", asked, kind="quiet"), kind="asked")
