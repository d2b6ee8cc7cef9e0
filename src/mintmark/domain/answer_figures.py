"""How a figure of an answer reads: its kind by its shape and name, its sign, its label."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from mintmark.domain.figures import DASH, FIGURES, as_kind, label_of, money_text, plain

AnswerKind = Literal["money", "share", "ratio", "exact", "text"]
_EXACT = re.compile(r"-?\d+(\.\d+)?")
_MOST_PLACES = 8
_SHARES = re.compile(
    r"(^|_)(twr|mwr|return|returns|weight|share|volatility|drawdown|alpha|contribution|tracking_error|turnover|"
    r"annual|period|depth|hedged|excess|allocation|selection|local|fx|interaction|income|trading|costs|effect|confidence|coverage|dar|at_risk|tail|fraction|loss|yield|"
    r"total|sum|mean|median|worst|portfolio|benchmark|active|shock)(_|$)"
)
_SIGNED = re.compile(
    r"(^|_)(twr|mwr|return|returns|alpha|contribution|gain|fraction|unrealized|realized|effect|local|fx|interaction|income|trading|costs|pnl|"
    r"annual|period|hedged|excess|change|impact|allocation|selection|active|delta|total|sum|portfolio|benchmark)(_|$)"
)
_NOT_SIGNED = re.compile(r"volatility|drawdown|counted")
_NOT_SHARES = re.compile(r"(^|_)(ratio|beta|score|days|count|counted|periods|z|t|n|number|factor|year)(_|$)")


def figure_kind(name: str, value: Any) -> AnswerKind:
    """Return how the figure ``name`` of an answer is written; its shape decides before its name.

    >>> figure_kind("nav", {"amount": "1", "currency": "EUR"}), figure_kind("fx", "1.34"), figure_kind("twr", 0.1)
    ('money', 'exact', 'share')
    """
    if isinstance(value, Mapping):
        return "money" if set(value) == {"amount", "currency"} else "text"
    if isinstance(value, bool) or value is None:
        return "text"
    if isinstance(value, str):
        weight = _EXACT.fullmatch(value) and re.search(r"(^|_)(weight|share)(_|$)", name)
        return "share" if weight else "exact" if _EXACT.fullmatch(value) else "text"
    if name in FIGURES:
        return "share" if FIGURES[name].kind == "share" else "ratio" if FIGURES[name].kind == "ratio" else "exact"
    if isinstance(value, int):
        return "exact"
    return "share" if _SHARES.search(name) and not _NOT_SHARES.search(name) else "ratio"


def is_signed(name: str) -> bool:
    """Return whether a gain of the figure ``name`` shows its plus."""
    return FIGURES[name].signed if name in FIGURES else bool(_SIGNED.search(name)) and not _NOT_SIGNED.search(name)


def read_figure(name: str, value: Any, kind: AnswerKind | None = None) -> str:
    """Return ``value`` as text.

    >>> read_figure("price", "645.57"), read_figure("weight", "0.25"), read_figure("twr", -0.1)
    ('645.57', '25.00%', '−10.00%')
    """
    if value is None:
        return DASH
    kind = kind or figure_kind(name, value)
    if kind == "money":
        return money_text(value, signed=is_signed(name))
    if kind == "share":
        return as_kind("share", float(value), signed=is_signed(name))
    if kind == "ratio":
        return as_kind("ratio", float(value), signed=is_signed(name))
    return exact_text(str(value)) if kind == "exact" else plain(value)


def exact_text(value: str) -> str:
    """Return a plain Decimal with its thousands separated, at most eight places shown.

    >>> exact_text("48253.4871402507"), exact_text("-700")
    ('48,253.48714025', '−700')
    """
    number = Decimal(value)
    places = min(_MOST_PLACES, max(0, -int(number.as_tuple().exponent)))
    return f"{number:,.{places}f}".replace("-", "−")


def figure_name(path: str) -> str:
    """Return the name that says what the figure at ``path`` is; a window goes with what it is a window of.

    >>> figure_name("perf_strip.annual_volatility.252"), figure_name("valued.nav")
    ('annual_volatility_252', 'nav')
    """
    above, _, last = path.rpartition(".")
    if re.search(r"return|contribution|attribution", above.rpartition(".")[2]):
        return f"{above.rpartition('.')[2]}_{last}"
    window = last.isdigit() or (last in _LABELS and last[:1].isdigit()) or last in ("mtd", "qtd", "ytd", "inception")
    return f"{above.rpartition('.')[2]}_{last}" if window else last


def answer_label(name: str) -> str:
    """Return the label of the figure or part ``name``."""
    return _LABELS.get(name) or label_of(name)


_LABELS = {
    "asof": "As of", "twr": "Time-weighted return", "annual": "A year", "opens": "Since", "depth": "Depth",
    "value_base": "Value in base", "cost_base": "Cost in base", "unrealized": "Gain, not realised",
    "local": "Prices, local",
    "returns_counted": "Returns counted", "mwr": "Money-weighted return", "nav": "Net asset value",
    "fx": "Exchange rates",
    "mtd": "Month to date", "qtd": "Quarter to date", "ytd": "Year to date", "1d": "Day", "1y": "1 year",
    "3y": "3 years", "5y": "5 years", "te": "Tracking error", "dar": "Drawdown at risk",
}  # fmt: skip
