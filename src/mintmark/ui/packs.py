"""What the data page says of packs and series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mintmark.domain import DASH, Html, as_kind, from_iso, plain, table, tag
from mintmark.ui.parts import age, card, empty, facts, link, stamp


def packs_part(held: Mapping[str, Any]) -> Html:
    """Return all packs with their state and what superseded them."""
    if not held["packs"]:
        would = "Packs would be here: sealed cuts of market data that research, tests and reports point to."
        return empty("No pack yet", would, "mintmark data sample")
    rows = [_pack_row(pack, held["chosen"]) for pack in held["packs"]]
    return card("Packs", table(("Pack", "State", "As of", "Superseded by", "Hash"), rows))


def _pack_row(pack: Mapping[str, Any], chosen: str) -> list[Any]:
    later = pack.get("superseded_by")
    state = tag("span", "superseded", kind="quiet") if later else tag("span", "● live", kind="yes")
    name = link(f"/data/{quote(pack['pack_id'])}", pack["pack_id"], "row")
    here = Html(name + tag("span", " shown", kind="quiet")) if pack["pack_id"] == chosen else name
    old = tag("span", f"{str(pack.get('as_of') or DASH)[:10]}, {age(pack.get('as_of'))}")
    chain = link(f"/data/{quote(later)}", later) if later else DASH
    return [
        here,
        state,
        old,
        chain,
        tag("span", str(pack.get("pack_sha256") or pack.get("sha256") or DASH)[:16], kind="id"),
    ]


def pack_part(held: Mapping[str, Any]) -> Html:
    """Return what a pack says of itself: sources, rights, macro series."""
    manifest = held["manifest"]
    rows = [
        (key.replace("_", " ").capitalize(), plain(value))
        for key, value in manifest.items()
        if isinstance(value, (str, int, float))
    ]
    sources, macro = manifest.get("sources"), manifest.get("macro")
    if sources:
        rows.append(("Sources and rights", plain(sources)))
    if macro:
        names = (
            macro
            if isinstance(macro, dict)
            else [one.get("name", one) if isinstance(one, dict) else one for one in macro]
        )
        rows.append(("Macro series", ", ".join(str(name) for name in names)))
    return tag("details", tag("summary", f"What {held['pack_id']} says of itself"), facts(rows), kind="card")


def series_part(report: Sequence[Mapping[str, Any]]) -> Html:
    """Return the series of a pack with their quality."""
    heads = (
        "Series",
        "Bars",
        "First",
        "Last",
        "Completeness",
        "Gaps",
        "Unexpected",
        "Longest gap, h",
        "Flat",
        "Largest move",
        "Warnings",
    )
    return (
        card("Series and their quality", table(heads, [_series_row(one) for one in report], range(4, 10)))
        if report
        else Html("")
    )


def _series_row(one: Mapping[str, Any]) -> list[Any]:
    warnings = [tag("div", tag("span", "▲ ", kind="wait"), warning["message"]) for warning in one.get("warnings") or ()]
    unexpected = (one.get("gaps_by_kind") or {}).get("unexpected")
    return [
        tag("b", f"{one['symbol']} {one['timeframe']}", kind="nowrap"),
        f"{one['rows']:,}",
        stamp(one["first"]),
        stamp(one["last"]),
        as_kind("share", one["completeness"]),
        f"{one['gaps_total']:,}",
        as_kind("count", unexpected),
        as_kind("ratio", one["longest_gap_hours"]),
        f"{one['flat_bars']:,}",
        as_kind("share", one.get("max_abs_log_return")),
        Html("".join(warnings)) if warnings else tag("span", "✓ none", kind="yes"),
    ]


def gaps_part(report: Sequence[Mapping[str, Any]]) -> Html:
    """Return the unexpected gaps of each series on one common line of time."""
    if not report:
        return Html("")
    first, last = min(_seconds(one["first"]) for one in report), max(_seconds(one["last"]) for one in report)
    rows = [_gap_row(one, first, (last - first) or 1.0) for one in report]
    starts, ends = min(one["first"] for one in report)[:10], max(one["last"] for one in report)[:10]
    axis = tag("span") + tag("div", tag("span", starts), tag("span", ends), kind="axis") + tag("span")
    said = tag("p", "Gaps the calendar does not explain; at most the first 20 of a series are drawn.", kind="quiet")
    return card(
        "Gaps on a line of time", said, tag("div", tag("div", Html("".join(rows) + axis), kind="gaps"), kind="scroll")
    )


def _gap_row(one: Mapping[str, Any], first: float, span: float) -> Html:
    known = [gap for warning in one.get("warnings") or () for gap in warning.get("gaps") or ()]
    start, end = _seconds(one["first"]), _seconds(one["last"])
    drawn = [
        tag(
            "i",
            title=f"{gap['after']} to {gap['before']}",
            style=_place("left", gap["after"], gap["before"], start, end),
        )
        for gap in known
    ]
    line = tag(
        "div", *drawn, kind="timeline", style=_place("margin-left", one["first"], one["last"], first, first + span)
    )
    count = (one.get("gaps_by_kind") or {}).get("unexpected", 0)
    shown = tag("span", f"▲ {count:,}", kind="wait num") if count else tag("span", "✓ none", kind="yes num")
    return Html(tag("span", f"{one['symbol']} {one['timeframe']}") + line + shown)


def _place(side: str, start: str, end: str, first: float, last: float) -> str:
    """Return the style that puts a stretch of time on a line from ``first`` to ``last``."""
    whole = (last - first) or 1.0
    offset, width = (_seconds(start) - first) / whole, (_seconds(end) - _seconds(start)) / whole
    return f"{side}:{100 * offset:.3f}%;width:{100 * width:.3f}%"


def _seconds(moment: str) -> float:
    return from_iso(moment).timestamp()
