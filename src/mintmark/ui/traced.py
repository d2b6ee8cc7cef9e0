"""Figures of an answer as buttons: each opens its mark by its path."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mintmark.domain import DASH, AnswerKind, Html, figure_kind, figure_name, is_signed, read_figure, tag, words


def sign_of(value: Any) -> str:
    """Return the class that colours a figure by its sign; its sign is written as well."""
    amount = value.get("amount") if isinstance(value, Mapping) else value
    try:
        number = Decimal(str(amount))
    except ArithmeticError:
        return ""
    return "gain" if number > 0 else "fall" if number < 0 else ""


class Reasons:
    """Why a figure is null: the reason of its path, or of what it lies in."""

    def __init__(self, undefined: Mapping[str, str]) -> None:
        self._undefined = undefined

    def of(self, path: str) -> str:
        """Return the reason for the null at ``path`` in words; a reason may hold for all rows of a list."""
        while path:
            keys = path.split(".")
            for told in (path, *(".".join(keys[:at] + keys[at + 1 :]) for at in range(1, len(keys) - 1))):
                if told in self._undefined:
                    return words(self._undefined[told])
            path = path.rpartition(".")[0]
        return "no value"


def traced(path: str, value: Any, reasons: Reasons, *, kind: AnswerKind | None = None, name: str = "") -> Html:
    """Return the figure at ``path`` of an answer as a button that opens its mark; a null is a dash with its reason."""
    name = name or figure_name(path)
    opens = {"type": "button", "data-opens": "mark", "data-path": path}
    if value is None:
        reason = reasons.of(path)
        return tag("button", DASH, kind="fig quiet", title=reason, **opens, **{"aria-label": f"no value: {reason}"})
    colour = sign_of(value) if is_signed(name) and (kind or figure_kind(name, value)) != "exact" else ""
    return tag(
        "button", read_figure(name, value, kind), kind=f"fig {colour}".strip(), title="Where it comes from", **opens
    )
