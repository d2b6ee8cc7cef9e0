"""The first screen of a portfolio: value and return, growth, holdings, allocation, what made the return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from mintmark.domain import Html, answer_label, table, tag
from mintmark.ui.answermark import row_keys, value_at
from mintmark.ui.answers import is_figure, refused_of, rows_of, tiles_of
from mintmark.ui.chart import Chart
from mintmark.ui.parts import Part, button, card, link
from mintmark.ui.portfolio_charts import bars_of, growth, reach
from mintmark.ui.traced import Reasons, traced

Body = Mapping[str, Any]
Pick = Callable[[str], Awaitable[None]]
_RANGES: Mapping[str, int | None] = {"1 month": 21, "3 months": 63, "1 year": 252, "All": None}


class Overview:
    """Draws the answer of portfolio_overview; every figure in it opens its mark through ``pick``.

    ``deep`` is where the page of one holding lies, None where there is none.
    """

    def __init__(self, pick: Pick, deep: str | None) -> None:
        self._pick = pick
        self._deep = deep

    def show(self, answer: Body) -> None:
        """Draw ``answer`` into the place that is open."""
        self._part(strip, answer)
        Growth(answer)
        with ui.element("div").classes("grid2"):
            self._part(allocation, answer)
            self._part(attribution, answer)
            self._part(currencies, answer)
            self._part(effects_by_currency, answer)
        self._part(lambda one: holdings(one, self._deep), answer)
        self._part(effects_by_position, answer)
        self._part(ratings, answer)
        self._part(measures, answer)

    def _part(self, draw: Callable[[Body], Html], answer: Body) -> None:
        part = Part(draw)
        part.on_pick("data-path", self._pick)
        part.show(answer)


class Growth:
    """The chart of the portfolio against its benchmark, with buttons for how far it reaches back."""

    def __init__(self, answer: Body) -> None:
        self._options = growth(answer["result"].get("charts") or {})
        with ui.element("section").classes("card"):
            ui.html(tag("h2", "Growth against the benchmark"), sanitize=False)
            if self._options is None:
                reason = Reasons(answer["undefined"]).of("charts.growth")
                ui.html(tag("p", f"Nothing to draw: {reason}.", kind="quiet"), sanitize=False)
                return
            with ui.element("div").classes("buttons"):
                self._made = {name: button(name, self._to(name)) for name in _RANGES}
            self._chart = Chart("Growth of the portfolio against its benchmark", "chart tall")
            if len(self._options["series"]) == 1:
                said = Reasons(answer["undefined"]).of("charts.benchmark")
                ui.html(tag("p", f"No benchmark is drawn: {said}.", kind="quiet"), sanitize=False)
        self._draw("All")

    def _to(self, name: str) -> Callable[[], Awaitable[None]]:
        async def go() -> None:
            self._draw(name)

        return go

    def _draw(self, chosen: str) -> None:
        assert self._options is not None
        for name, made in self._made.items():
            made.classes(add="picked") if name == chosen else made.classes(remove="picked")
        self._chart.show(reach(self._options, _RANGES[chosen]))


def strip(answer: Body) -> Html:
    """Return the value and the first returns as large figures."""
    result, reasons = answer["result"], Reasons(answer["undefined"])
    found = [(path, label, value_at(result, path)) for path, label in _STRIP if _has(result, path)]
    drawn = [_tile(path, value, label, reasons, first=not at) for at, (path, label, value) in enumerate(found)]
    return tag("div", *drawn, kind="tiles strip")


_STRIP = (
    ("valued.nav", "Net asset value"),
    ("perf_strip.twr.1d", "Last day"),
    ("perf_strip.twr.mtd", "Month to date"),
    ("perf_strip.twr.ytd", "Year to date"),
    ("perf_strip.twr.1y", "1 year"),
    ("perf_strip.twr.inception", "Since inception"),
    ("perf_strip.mwr.annual", "Money-weighted, a year"),
    ("perf_strip.max_drawdown", "Maximum drawdown"),
    ("perf_strip.sharpe_ratio", "Sharpe ratio, a year"),
    ("perf_strip.annual_volatility.252", "Volatility, 252 days"),
    ("valued.cash", "Cash"),
)
_INSIDE = ("twr", "depth")


def _has(result: Body, path: str) -> bool:
    return value_at(result, path.partition(".")[0]) is not None


def _tile(path: str, value: Any, label: str, reasons: Reasons, *, first: bool) -> Html:
    """Return one tile; of a window its return, of a drawdown its depth."""
    inside = next((name for name in _INSIDE if isinstance(value, Mapping) and name in value), None)
    if inside is not None:
        path, value = f"{path}.{inside}", value[inside]
    return tag("div", tag("b", traced(path, value, reasons)), tag("span", label), kind="tile wide" if first else "tile")


def allocation(answer: Body) -> Html:
    """Return how the value is spread, as bars of weight, largest first."""
    valued = answer["result"].get("valued") or {}
    reasons = Reasons(answer["undefined"])
    held = [
        (one["symbol"], f"positions.{one['symbol']}.weight", one.get("weight")) for one in valued.get("positions", ())
    ]
    money = [
        (_money_name(one), f"money.{at}.weight", one.get("weight")) for at, one in enumerate(valued.get("money", ()))
    ]
    rows = sorted((*held, *money), key=lambda row: -abs(float(row[2] or 0)))
    return card("Allocation", bars_of("valued", rows, reasons)) if rows else Html("")


def _money_name(one: Body) -> str:
    about = f" {one['symbol']}" if one.get("symbol") else ""
    return f"{answer_label(one['kind'])}{about} {one['amount']['currency']}"


def currencies(answer: Body) -> Html:
    """Return how the value is spread over currencies."""
    shares = (answer["result"].get("charts") or {}).get("currencies") or []
    rows = [(one["name"], f"{one['name']}.weight", one["weight"]) for one in shares]
    drawn = bars_of("charts.currencies", rows, Reasons(answer["undefined"]))
    return card("Currencies", drawn) if rows else Html("")


def attribution(answer: Body) -> Html:
    """Return what made the return: price, currency and their interaction, income, trading, costs."""
    found = answer["result"].get("currency_attr")
    if found is None:
        return _absent(answer, "currency_attr", "What made the return")
    reasons, path = Reasons(answer["undefined"]), "currency_attr"
    rows = [(label, f"effects.{name}", found["effects"].get(name)) for name, label in _EFFECTS]
    said = tag("p", f"{found['days']:,} days from {found['opens']}, linked so that the effects add up to the return. ",
               "Without currencies it would be ", traced(f"{path}.hedged", found["hedged"], reasons), ".",
               kind="quiet")  # fmt: skip
    return card("What made the return", tag("div", bars_of(path, rows, reasons), kind="signed"), said)


_EFFECTS = (
    ("local", "Prices, local"), ("fx", "Currencies"), ("interaction", "Both together"), ("income", "Income"),
    ("trading", "Trading"), ("costs", "Costs"), ("total", "Total"),
)  # fmt: skip


def effects_by_currency(answer: Body) -> Html:
    """Return the effects of each currency as a table."""
    found = answer["result"].get("currency_attr") or {}
    return _effects_table(answer, "by_currency", "Effects by currency") if found.get("by_currency") else Html("")


def effects_by_position(answer: Body) -> Html:
    """Return the effects of each position as a table."""
    found = answer["result"].get("currency_attr") or {}
    return _effects_table(answer, "by_position", "Effects by position") if found.get("by_position") else Html("")


def _effects_table(answer: Body, key: str, title: str) -> Html:
    rows, reasons = answer["result"]["currency_attr"][key], Reasons(answer["undefined"])
    cells = [
        [row["symbol"] or row["currency"], *(
            traced(f"currency_attr.{key}.{at}.effects.{name}", row["effects"][name], reasons) for name, _ in _EFFECTS
        )]
        for at, row in zip(row_keys(rows), rows, strict=True)
    ]  # fmt: skip
    return card(title, table(["", *(label for _, label in _EFFECTS)], cells, range(1, len(_EFFECTS) + 1)))


def _absent(answer: Body, key: str, title: str) -> Html:
    refused = next((one for one in answer["refusals"] if one["step"] == key), None)
    if refused is not None:
        return card(title, refused_of(refused))
    return (
        card(title, tag("p", traced(key, None, Reasons(answer["undefined"])))) if key in answer["result"] else Html("")
    )


def holdings(answer: Body, deep: str | None = None) -> Html:
    """Return what is held, each row with its value, weight and gain; its name leads below ``deep``."""
    valued = answer["result"].get("valued") or {}
    reasons = Reasons(answer["undefined"])
    if not valued.get("positions"):
        return card("Holdings", tag("p", "Nothing is held on this day."))
    rows = valued["positions"]
    cells = [
        [_holding(row, deep), *(traced(f"valued.positions.{key}.{name}", row[name], reasons) for name, _ in _COLUMNS)]
        for key, row in zip(row_keys(rows), rows, strict=True)
    ]
    return card("Holdings", table(["", *(label for _, label in _COLUMNS)], cells, range(1, len(_COLUMNS) + 1)))


def _holding(row: Body, deep: str | None) -> Html:
    side = tag("span", " on margin", kind="quiet") if row["margin"] else ""
    name = tag("b", row["symbol"]) if deep is None else link(f"{deep}/{row['security_id']}", row["symbol"], "row")
    return Html(name + side)


_COLUMNS = (
    ("units", "Units"), ("price", "Close"), ("value", "Value"), ("value_base", "Value in base"), ("weight", "Weight"),
    ("cost_base", "Cost in base"), ("unrealized", "Gain, not realised"),
)  # fmt: skip


def ratings(answer: Body) -> Html:
    """Return the ratings as badges; a null with its reason."""
    found = answer["result"].get("rating_badges")
    if found is None:
        return _absent(answer, "rating_badges", "Ratings")
    rows: Sequence[Body] = next((one for one in found.values() if isinstance(one, list)), [])
    if not rows:
        return card("Ratings", tiles_of("rating_badges", found, Reasons(answer["undefined"])))
    path = next(f"rating_badges.{key}" for key, one in found.items() if isinstance(one, list))
    return card("Ratings", rows_of(path, rows, Reasons(answer["undefined"])))


def measures(answer: Body) -> Html:
    """Return every measure of return and risk, windows side by side."""
    found = answer["result"].get("perf_strip")
    if not isinstance(found, Mapping):
        return _absent(answer, "perf_strip", "Return and risk")
    reasons = Reasons(answer["undefined"])
    flat = {key: one for key, one in found.items() if is_figure(one)}
    parts = [tiles_of("perf_strip", flat, reasons)] if flat else []
    for key, one in found.items():
        if isinstance(one, Mapping) and not is_figure(one) and one:
            parts += [tag("h3", answer_label(key)), _windows(f"perf_strip.{key}", one, reasons)]
        elif isinstance(one, list) and one and isinstance(one[0], Mapping):
            parts += [tag("h3", answer_label(key)), rows_of(f"perf_strip.{key}", one, reasons)]
    return card("Return and risk", *parts)


def _windows(path: str, values: Body, reasons: Reasons) -> Html:
    """Return figures by window, or by their names; a window that is null as a whole keeps its row."""
    values = dict(sorted(values.items(), key=lambda item: _place(item[0])))
    groups = [one for one in values.values() if isinstance(one, Mapping) and not is_figure(one)]
    if not groups:
        keys = [key for key, one in values.items() if is_figure(one)]
        cells = [traced(f"{path}.{key}", values[key], reasons) for key in keys]
        return table([answer_label(key) for key in keys], [cells], range(len(cells)))
    keys = sorted({key for one in groups for key in one}, key=_place)
    rows = [
        [answer_label(window), *(traced(f"{path}.{window}.{key}", (one or {}).get(key), reasons) for key in keys)]
        for window, one in values.items()
    ]
    return table(["", *(answer_label(key) for key in keys)], rows, range(1, len(keys) + 1))


_ORDER = ("1d", "mtd", "qtd", "ytd", "1y", "3y", "5y", "inception", "twr", "annual", "period", "opens", "days")


def _place(name: str) -> tuple[int, int, str]:
    """Return where a window or a column stands: bodies come with their keys in the order of the alphabet."""
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), int(name) if name.isdigit() else 0, name)
