"""What a series is worth: its gaps, its jumps, its completeness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.data.calendars import Expected, expected
from mintmark.data.rules import Problem
from mintmark.domain import NANOSECONDS, Timeframe, iso, moment_of

GAP_KINDS = ("weekend", "holiday", "daily_break", "unexpected")
LOW_COMPLETENESS = 0.95
MANY_FLAT = 0.01
JUMP = 0.5
_SHORT_GAP = 30 * 3_600 * NANOSECONDS
_LISTED = 20

StampArray = NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """What the report says beside the bars: how they were declared, cut and adjusted."""

    symbol: str
    timeframe: Timeframe
    calendar: str
    volume_kind: str
    sha256: str
    dropped: Sequence[Problem] = ()
    jumps: Sequence[int] = ()


def quality_report(frame: pl.DataFrame, measured: Measured) -> dict[str, Any]:
    """Return the quality report of one series as JSON values.

    ``frame`` holds ``timestamp`` and the numbers of at least one bar, as stored.
    """
    stamps = stamps_of(frame)
    hours = expected(measured.calendar, measured.timeframe, int(stamps[0]), int(stamps[-1]))
    gaps = _gaps(stamps, hours)
    report = {
        "symbol": measured.symbol,
        "rows": len(stamps),
        "first": iso(moment_of(int(stamps[0]))),
        "last": iso(moment_of(int(stamps[-1]))),
        "timeframe": measured.timeframe.value,
        "calendar": measured.calendar,
        **completeness(stamps, hours),
        **{key: value for key, value in gaps.items() if key != "unexpected"},
        **_columns(frame),
        **_largest_move(frame["close"].to_numpy(), stamps),
        "dropped": [problem.as_json() for problem in measured.dropped],
    }
    return {**report, "warnings": _warnings(report, gaps["unexpected"], measured), "sha256": measured.sha256}


def stamps_of(frame: pl.DataFrame) -> StampArray:
    """Return the stamps of ``frame`` as int64 ns."""
    return np.asarray(frame["timestamp"].to_physical().to_numpy(), dtype=np.int64) * 1_000


def completeness(stamps: StampArray, hours: Expected) -> dict[str, Any]:
    """Return how many bars the calendar expects and the share of them that is there; null where it expects none."""
    due = int(hours.count(int(stamps[0]), int(stamps[-1]) + 1))
    there = int(hours.holds(stamps).sum())
    return {"expected_bars": due, "completeness": min(there / due, 1.0) if due else None}


def _gaps(stamps: StampArray, hours: Expected) -> dict[str, Any]:
    steps = np.diff(stamps)
    places = np.flatnonzero(steps > hours.step)
    wide = steps[places]
    short = wide < _SHORT_GAP
    missing = wide // hours.step - 1
    kinds = hours.gap_kinds(stamps[places], stamps[places + 1])
    counted = Counter(kinds.tolist())
    return {
        "gaps_total": len(places),
        "missing_bars_total": int(missing.sum()),
        "gaps_under_30h": int(short.sum()),
        "missing_bars_under_30h": int(missing[short].sum()),
        "longest_gap_hours": float(wide.max() / (3_600 * NANOSECONDS)) if len(wide) else 0.0,
        "gaps_by_kind": {kind: counted.get(kind, 0) for kind in GAP_KINDS},
        "unexpected": [(int(stamps[p]), int(stamps[p + 1])) for p in places[kinds == "unexpected"]],
    }


def _columns(frame: pl.DataFrame) -> dict[str, Any]:
    high, low = pl.col("high"), pl.col("low")
    broken = (high < pl.max_horizontal("open", "close", "low")) | (low > pl.min_horizontal("open", "close"))
    numbers = [pl.col(name) for name in frame.columns if name != "timestamp"]
    counts = frame.select(
        ohlc_violations=broken.sum(),
        zero_volume=(pl.col("volume") == 0).sum() if "volume" in frame.columns else pl.lit(len(frame)),
        flat_bars=(high == low).sum(),
        not_finite=pl.any_horizontal([~number.is_finite() for number in numbers]).sum(),
    )
    return {name: int(value) for name, value in counts.row(0, named=True).items()}


def _largest_move(close: NDArray[np.float64], stamps: StampArray) -> dict[str, Any]:
    if len(close) < 2:
        return {"max_abs_log_return": None, "max_abs_log_return_at": None}
    moves = np.abs(np.diff(np.log(close)))
    at = int(np.argmax(moves))
    return {"max_abs_log_return": float(moves[at]), "max_abs_log_return_at": iso(moment_of(int(stamps[at + 1])))}


def _warnings(
    report: dict[str, Any], unexpected: Sequence[tuple[int, int]], measured: Measured
) -> list[dict[str, Any]]:
    warnings = []
    if unexpected:
        spans = [{"after": iso(moment_of(a)), "before": iso(moment_of(b))} for a, b in unexpected[:_LISTED]]
        message = f"{len(unexpected)} gaps the calendar {measured.calendar} does not explain"
        warnings.append({"code": "gap_unexpected", "message": message, "count": len(unexpected), "gaps": spans})
    share = report["completeness"]
    if share is not None and share < LOW_COMPLETENESS:
        message = f"{share:.1%} of the expected bars are there, {LOW_COMPLETENESS:.0%} wanted"
        warnings.append({"code": "completeness_low", "message": message, "observed": share, "limit": LOW_COMPLETENESS})
    if report["flat_bars"] > MANY_FLAT * report["rows"]:
        message = f"{report['flat_bars']} of {report['rows']} bars are flat"
        warnings.append({"code": "flat_bars", "message": message, "count": report["flat_bars"]})
    if measured.jumps:
        at = [iso(moment_of(stamp)) for stamp in measured.jumps[:_LISTED]]
        message = f"{len(measured.jumps)} moves beyond {JUMP} (log) that no corporate action explains"
        warnings.append({"code": "jump_unexplained", "message": message, "count": len(measured.jumps), "at": at})
    if measured.volume_kind == "unknown":
        warnings.append({"code": "volume_unknown", "message": "the source supplies no volume"})
    return warnings
