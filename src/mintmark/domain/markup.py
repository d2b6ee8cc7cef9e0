"""Small pieces of HTML that reports and pages are put together from. Text is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from mintmark.domain.figures import CHECKS, DASH, as_kind, label_of, written


class Html(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


def text(value: Any) -> Html:
    """Return ``value`` as HTML, escaped unless it is HTML already."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def tag(name: str, *inside: Any, kind: str = "", **attributes: str) -> Html:
    """Return one element with class ``kind`` around ``inside``."""
    given = {"class": kind, **attributes} if kind else attributes
    head = "".join(f' {key}="{escape(value)}"' for key, value in given.items())
    return Html(f"<{name}{head}>{''.join(text(part) for part in inside)}</{name}>")


def section(title: str, *inside: Any) -> Html:
    return tag("section", tag("h2", title), *inside)


def listing(items: Iterable[Any]) -> Html:
    return tag("ul", *(tag("li", item) for item in items))


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Iterable[int] = ()) -> Html:
    """Return a table; the columns in ``numbers`` are set right."""
    right = set(numbers)

    def cells(name: str, row: Sequence[Any]) -> Html:
        return tag("tr", *(tag(name, cell, kind="num" if at in right else "") for at, cell in enumerate(row)))

    head = tag("thead", cells("th", heads)) if any(heads) else ""
    return tag("div", tag("table", head, tag("tbody", *(cells("td", row) for row in rows))), kind="scroll")


def typed_table(heads: Sequence[str], kinds: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """Return a table of text whose columns are ``text``, ``number``, ``name`` or ``quiet``."""
    cells = [[_typed(kind, cell) for kind, cell in zip(kinds, row, strict=True)] for row in rows]
    return table(heads, cells, [at for at, kind in enumerate(kinds) if kind == "number"])


def _typed(kind: str, cell: str) -> Html:
    if kind in ("name", "quiet"):
        return tag("span", cell, kind="id" if kind == "name" else "quiet")
    return spoken(cell)


def spoken(value: str) -> Html:
    """Return a written value, set back where there is none."""
    return tag("span", value, kind="quiet") if value.startswith(DASH) else text(value)


def metrics(source: Mapping[str, Any], names: Iterable[str]) -> Html:
    """Return the metrics ``names`` of ``source``; a null says why where the source knows."""
    return table(("", ""), [(label_of(name), figure(source, name)) for name in names if name in source], (1,))


def figure(source: Mapping[str, Any], name: str) -> Html:
    """Return one metric as text, its reason beside it when it is undefined."""
    value = source.get(name)
    reason = (source.get("undefined") or {}).get(name)
    if value is None and reason:
        return tag("span", f"{DASH} ({words(reason)})", kind="quiet")
    return text(written(name, value))


def words(code: Any) -> str:
    """Return a code as words.

    >>> words("no_trades")
    'no trades'
    """
    return str(code).replace("_", " ")


def records(rows: Sequence[Mapping[str, Any]]) -> Html:
    """Return equal-shaped records as a table, one column a key, numbers set right."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    flat = [key for key in keys if not any(isinstance(row.get(key), (dict, list)) for row in rows)]
    numeric = [at for at, key in enumerate(flat) if any(isinstance(row.get(key), (int, float)) for row in rows)]
    return table([label_of(key) for key in flat], [[figure(row, key) for key in flat] for row in rows], numeric)


def gate_table(answers: Sequence[Mapping[str, Any]]) -> Html:
    """Return the checks of one gate: observed against limit, its answer in sign and word."""
    return table(("Check", "Observed", "", "Limit", "Answer"), [_gate_row(answer) for answer in answers], (1, 3))


def _gate_row(answer: Mapping[str, Any]) -> list[Any]:
    label, sign, kind = CHECKS.get(answer["code"], (words(answer["code"]), "", "ratio"))
    passed, observed, limit = bool(answer["passed"]), answer.get("observed"), answer["limit"]
    verdict = tag("span", "✓ passed" if passed else "✗ refused", kind="yes" if passed else "no")
    reason = "" if passed else tag("div", answer.get("reason") or answer["code"], kind="id quiet")
    decided = tag("div", "decided the gate", kind="quiet") if answer.get("decisive") else ""
    shown = "missing" if observed is None else as_kind(kind, observed)
    return [
        label,
        shown,
        dial(observed, limit, passed),
        f"{sign} {as_kind(kind, limit)}",
        Html(verdict + reason + decided),
    ]


def dial(observed: float | None, limit: float, passed: bool) -> Html:
    """Return a bar of ``observed`` with a tick at ``limit``, both on one scale."""
    if observed is None:
        return Html("")
    share, tick = dial_shares(observed, limit)
    bar = tag("i", style=f"width:{share:.1f}%")
    return tag("div", bar, tag("u", style=f"left:{tick:.1f}%"), kind="dial" if passed else "dial no")


def dial_shares(observed: float, limit: float) -> tuple[float, float]:
    """Return where ``observed`` and ``limit`` lie on a bar from 0 to 100.

    The scale runs from the lower of zero and both to a quarter beyond the higher.

    >>> dial_shares(0.4, 0.5)
    (64.0, 80.0)
    """
    low = min(0.0, observed, limit) * 1.25
    span = (max(0.0, observed, limit) * 1.25 - low) or 1.0
    return 100.0 * (observed - low) / span, 100.0 * (limit - low) / span
