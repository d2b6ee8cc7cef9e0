"""What stands above an answer: what it warns of, and what a pack that is not ready means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from mintmark.domain import Html, from_iso, plain, tag, words
from mintmark.ui.client import ApiRefused

_TITLES = {
    "pack_restated": "This day was restated",
    "pack_superseded": "These are the old numbers",
    "pack_not_fresh": "This pack is not fresh",
    "negative_cash": "Cash is below zero",
    "pay_date_assumed": "Pay dates are assumed",
    "revised_macro": "Macro figures are as revised later",
    "scenario_partial": "Not every leg of the scenario is covered",
    "turnover_capped": "Turnover was capped",
}


def warnings_banner(warnings: Sequence[Mapping[str, str]]) -> Html:
    """Return the warnings of an answer, one line each."""
    said = [
        tag("p", tag("b", f"▲ {_TITLES.get(one['code'], words(one['code']).capitalize())}. "), one["message"], " ",
            tag("code", one["code"]))
        for one in warnings
    ]  # fmt: skip
    return tag("div", *said, kind="banner", role="status") if said else Html("")


def minutes_left(until: str | None, now: datetime) -> int | None:
    """Return the whole minutes from ``now`` to ``until``, at least 1; None when nobody can tell.

    >>> minutes_left("2025-10-22T04:20:00Z", datetime.fromisoformat("2025-10-22T04:06:00Z"))
    14
    """
    if not until:
        return None
    return max(1, math.ceil((from_iso(until) - now).total_seconds() / 60))


def warming_banner(error: ApiRefused, now: datetime) -> Html:
    """Return what a pack that is not fresh yet means, with the minutes left and what it waits for."""
    details = error.details
    left = minutes_left(details.get("estimated_ready"), now)
    wait = f"about {left} minute{'s' if left != 1 else ''} left" if left else "no estimate yet"
    pack = details.get("pack_id", "The pack")
    left_told = tag("span", wait, **{"data-live": "warming"})
    unasked = ". An older pack is never shown in its place unasked."
    said = [tag("p", tag("b", f"▲ {pack} is warming: "), left_told, unasked)]
    missing = details.get("missing") or ()
    if missing:
        said.append(tag("p", "It waits for ", tag("b", plain(list(missing))), "."))
    said.append(tag("p", f"State {details.get('status', 'warming')} · code ", tag("code", error.code),
                    f" · request {error.request_id}", kind="quiet"))  # fmt: skip
    return tag("div", *said, kind="banner", role="status")
