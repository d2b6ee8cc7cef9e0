"""What rows a series may hold. Nothing is repaired: a row is taken, dropped when asked, or stops the import."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from mintmark.data.layouts import PRICES
from mintmark.domain import Refused, Timeframe, iso

DROPPABLE = ("duplicate_bar", "ohlc_inconsistent", "price_not_positive", "not_finite", "clock_ambiguous")
HOLE_DAYS = 60
LISTED_ROWS = 20

_SPEECH = {
    "clock_ambiguous": "stamps a change of the clock makes ambiguous or impossible",
    "not_finite": "prices or volumes that are empty, NaN or infinite",
    "price_not_positive": "prices at or below zero",
    "ohlc_inconsistent": "highs below or lows above the bar's other prices",
    "volume_negative": "volumes below zero",
    "not_monotonic": "stamps before the row above",
    "duplicate_bar": "stamps that stood in an earlier row",
    "off_grid": "steps smaller than the timeframe",
    "hole_splits_series": f"holes over {HOLE_DAYS} days: two instruments under one name? --from imports the part after",
    "from_the_future": "stamps later than now",
}


@dataclass(frozen=True)
class Problem:
    """One rule and the rows that break it; ``rows`` lists the first of ``count``."""

    code: str
    message: str
    count: int
    rows: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "count": self.count, "rows": list(self.rows)}


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with its prices, volume and spread as numbers; an empty cell is null.

    Raises:
        Refused: ``wrong_type`` naming the first row whose text is no number.
    """
    for name in frame.columns:
        if name in ("line", "stamp", "timestamp"):
            continue
        numbers = _numbers(frame[name])
        wrong = numbers.is_null() & frame[name].is_not_null()
        if frame[name].dtype == pl.String:
            wrong = wrong & (frame[name].str.strip_chars() != "")
        if wrong.any():
            line, value = int(frame["line"].filter(wrong)[0]), str(frame[name].filter(wrong)[0])
            raise Refused(
                f"expected numbers in column {name}, found {value!r} in line {line}",
                code="wrong_type",
                column=name,
                line=line,
                value=value[:100],
            )
        frame = frame.with_columns(numbers.alias(name))
    return frame


def _numbers(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String:
        return column.str.strip_chars().cast(pl.Float64, strict=False)
    if not column.dtype.is_numeric():
        return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)
    return column.cast(pl.Float64)


def dropped(frame: pl.DataFrame, codes: Sequence[str]) -> tuple[pl.DataFrame, list[Problem]]:
    """Return ``frame`` without the rows that break the rules in ``codes``, and each row that went.

    Of duplicates the first stays.
    """
    gone = []
    for code in [code for code in DROPPABLE[::-1] if code in codes]:
        breaks = _broken(frame, code)
        if breaks.any():
            rows = frame.filter(breaks)
            gone.append(Problem(code, _SPEECH[code], len(rows), _listed(rows, len(rows))))
            frame = frame.filter(~breaks)
    return frame, gone


def judge(frame: pl.DataFrame, timeframe: Timeframe, now: datetime) -> list[Problem]:
    """Return every rule ``frame`` breaks, in the order of severity; empty means it may be stored."""
    found = [_problem(frame, code, _broken(frame, code)) for code in ("clock_ambiguous", "not_finite")]
    found += [_problem(frame, code, _broken(frame, code)) for code in ("price_not_positive", "ohlc_inconsistent")]
    if "volume" in frame.columns:
        found.append(_problem(frame, "volume_negative", frame["volume"] < 0))
    steps = frame["timestamp"].diff().dt.total_microseconds()
    length = timeframe.seconds * 1_000_000
    found.append(_problem(frame, "not_monotonic", steps < 0))
    found.append(_problem(frame, "duplicate_bar", _broken(frame, "duplicate_bar")))
    usual = _usual_steps(steps)
    if usual and length not in usual:
        found.append(_mismatch(timeframe, usual[0]))
    else:
        found.append(_problem(frame, "off_grid", (steps > 0) & (steps < length)))
    found.append(_problem(frame, "hole_splits_series", steps > HOLE_DAYS * 86_400_000_000))
    found.append(_problem(frame, "from_the_future", frame["timestamp"] > now))
    return [problem for problem in found if problem is not None]


def _broken(frame: pl.DataFrame, code: str) -> pl.Series:
    high, low = pl.col("high"), pl.col("low")
    inner_high = pl.max_horizontal("open", "close", "low")
    inner_low = pl.min_horizontal("open", "close")
    numbers = [name for name in (*PRICES, "volume") if name in frame.columns]
    rule = {
        "clock_ambiguous": pl.col("timestamp").is_null(),
        "not_finite": pl.any_horizontal([~pl.col(name).is_finite() | pl.col(name).is_null() for name in numbers]),
        "price_not_positive": pl.any_horizontal([pl.col(name) <= 0 for name in PRICES]),
        "ohlc_inconsistent": (high < inner_high) | (low > inner_low),
        "duplicate_bar": pl.col("timestamp").is_not_null() & ~pl.col("timestamp").is_first_distinct(),
    }[code]
    return frame.select(rule.fill_null(code == "not_finite").alias("broken"))["broken"]


def _usual_steps(steps: pl.Series) -> list[int]:
    return steps.filter(steps > 0).mode().sort().to_list()


def _mismatch(timeframe: Timeframe, usual: int) -> Problem:
    named = next((frame.value for frame in Timeframe if frame.seconds * 1_000_000 == usual), f"{usual / 1e6:g} s")
    message = f"the most frequent step is {named}, not {timeframe.value}"
    return Problem("timeframe_mismatch", message, 1, ({"observed": named, "declared": timeframe.value},))


def _problem(frame: pl.DataFrame, code: str, breaks: pl.Series) -> Problem | None:
    breaks = breaks.fill_null(False)
    count = int(breaks.sum())
    if count == 0:
        return None
    return Problem(code, _SPEECH[code], count, _listed(frame.filter(breaks).head(LISTED_ROWS), LISTED_ROWS))


def _listed(frame: pl.DataFrame, limit: int) -> tuple[dict[str, Any], ...]:
    return tuple(
        {name: _plain(value) for name, value in row.items()} for row in frame.head(limit).iter_rows(named=True)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value) if value.tzinfo else value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float | str | None) else str(value)


def refused(problems: Sequence[Problem], symbol: str, timeframe: Timeframe) -> Refused:
    """Return the refusal of a file that breaks rules: the first gives the code, all are listed."""
    said = "; ".join(f"{problem.code}: {problem.count} ({problem.message})" for problem in problems)
    lines = next((f", first in line {p.rows[0]['line']}" for p in problems if p.rows and "line" in p.rows[0]), "")
    return Refused(
        f"{symbol} {timeframe.value} is not stored: {said}{lines}",
        code=problems[0].code,
        symbol=symbol,
        timeframe=timeframe.value,
        problems=[problem.as_json() for problem in problems],
    )
