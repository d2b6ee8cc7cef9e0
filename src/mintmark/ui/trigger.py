"""The form that starts a research cycle."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from mintmark.domain import Html, Timeframe, tag
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import Part, button, labelled

_ANY = "as the brief or the house chooses"
_POLICIES = {"": "as set in the settings", "fail": "a refused gate ends the cycle", "assess": "assess it all the same"}
_DESIGNERS = {"": "model when a key is set, else algorithm", "algorithm": "algorithm", "model": "language model"}


class TriggerForm:
    """A drawer with what a cycle may be told; empty fields are left to the house.

    ``started`` is awaited after a cycle was accepted.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self.started: Any = None
        with ui.element("aside").classes("drawer").props('data-drawer="trigger" aria-label="New cycle"'):
            ui.html(_head(), sanitize=False)
            with ui.element("div").classes("fields"):
                self._fields()
                self._refusal = Part(lambda error: _refusal(error) if error else Html(""))
                button("Start the cycle", self._start, "main")

    def _fields(self) -> None:
        self._brief = labelled(
            "Brief", ui.textarea(placeholder="trend on NASDAQ 1d with rsi").props("autogrow maxlength=2000")
        )
        self._strategy = labelled("or a saved strategy", ui.input(placeholder="starting_1"))
        self._symbols = labelled("Symbols, with commas between", ui.input(placeholder=_ANY))
        frames = {"": _ANY, **{frame.value: frame.value for frame in Timeframe}}
        self._timeframe = labelled("Timeframe", ui.select(frames, value=""))
        self._policy = labelled("When a gate refuses", ui.select(_POLICIES, value=""))
        self._designer = labelled("Designer", ui.select(_DESIGNERS, value=""))
        self._seed = labelled("Random state", ui.input(placeholder="7").props('inputmode="numeric"'))

    def _request(self) -> dict[str, Any]:
        symbols = [one.strip() for one in (self._symbols.value or "").split(",") if one.strip()]
        seed = (self._seed.value or "").strip()
        given = {
            "brief": (self._brief.value or "").strip(),
            "strategy": (self._strategy.value or "").strip(),
            "symbols": symbols,
            "timeframe": self._timeframe.value,
            "gate_policy": self._policy.value,
            "designer": self._designer.value,
            "random_state": int(seed) if seed.lstrip("-").isdigit() else seed,
        }
        return {key: value for key, value in given.items() if value not in ("", [], None)}

    async def _start(self) -> None:
        try:
            answer = await self._api.post("/agent/trigger", self._request())
        except ApiRefused as error:
            self._refusal.show(error)
            return
        self._refusal.show(None)
        ui.notify(f"{answer['message']}: {answer['operation_id']}", type="positive")
        ui.run_javascript("document.querySelector('[data-drawer=\"trigger\"]').classList.remove('open')")
        await self.started()


def _head() -> Html:
    close = tag("button", "✕", kind="plain close", **{"data-closes": "1", "aria-label": "Close"})
    said = tag(
        "p", "Design, training, gate, backtest, gate, verdict: one cycle, without a person in the loop.", kind="quiet"
    )
    return Html(close + tag("h2", "New cycle") + said)


def _refusal(error: ApiRefused) -> Html:
    details = "; ".join(f"{key} {value}" for key, value in error.details.items() if key != "errors")
    asked = f"Code {error.code}, request {error.request_id}."
    return tag("div", tag("b", "✗ "), error.message, tag("div", details), tag("div", asked, kind="quiet"), kind="asked")
