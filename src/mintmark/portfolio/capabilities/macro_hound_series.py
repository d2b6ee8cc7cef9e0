"""The macro series of a pack as regimes and cycles read them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mintmark.domain import Refusal, Refused
from mintmark.portfolio.capability import Arguments, Reading
from mintmark.portfolio.macro import Frequency, MacroSeries
from mintmark.portfolio.macro_sources import Find, period_ends


class LookBackWeeks(Arguments):
    """How far back, in weeks."""

    lookback_weeks: int = 52


def wrong_weeks(given: LookBackWeeks) -> Refusal | None:
    """Return the refusal of a time that is too short or too long to look back on."""
    if 4 <= given.lookback_weeks <= 2_600:
        return None
    message = f"lookback_weeks: expected 4 to 2600, found {given.lookback_weeks}"
    return Refusal("input_invalid", message, observed=given.lookback_weeks, limit=2_600)


def finder(reading: Reading) -> Find:
    """Return what finds a macro series of the pack by name, and warns once where its values may have been revised."""
    declared: Mapping[str, Frequency] = {one["name"]: one["frequency"] for one in reading.pack.pack.manifest["macro"]}

    def find(name: str) -> MacroSeries | None:
        if name not in declared:
            return None
        try:
            found = reading.pack.macro(name)
        except Refused:
            return None
        if reading.pack.revised(name):
            reading.notes.warn("revised_macro", "macro series hold later revisions; their vintages are unknown")
        ends = period_ends(found.stamps, declared[name])
        known = found.known_at.astype("datetime64[ns]").astype("datetime64[D]")
        kept = np.isfinite(found.values)
        return MacroSeries(name, declared[name], ends[kept], found.values[kept], known[kept])

    return find


def day_of(reading: Reading) -> np.datetime64:
    """Return the day of the question."""
    return np.datetime64(reading.ctx.asof_date, "D")
