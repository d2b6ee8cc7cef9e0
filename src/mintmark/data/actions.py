"""Splits and dividends, and prices adjusted by them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.data.quality import JUMP
from mintmark.domain import Bars, Refused, Timeframe, stamp_of

_NEW_YORK = ZoneInfo("America/New_York")
_TOLD_APART = 0.2

FloatArray = NDArray[np.float64]
StampArray = NDArray[np.int64]


@dataclass(frozen=True)
class Action:
    """One split or cash dividend. ``value``: new shares per old, or money per share as paid on ``ex_date``.

    ``announced`` is the day it became known; ``lead_days`` says that this day was assumed, so long before the ex day.
    """

    symbol: str
    ex_date: date
    kind: Literal["split", "dividend"]
    value: Decimal
    source: str
    pay_date: date | None = None
    announced: date | None = None
    lead_days: int | None = None

    @property
    def known_on(self) -> date:
        """The day it became known: that of its announcement, else its ex day."""
        return self.ex_date if self.announced is None else self.announced

    def as_json(self) -> dict[str, Any]:
        dated = {"pay_date": self.pay_date, "announced": self.announced}
        return {
            "symbol": self.symbol,
            "ex_date": self.ex_date.isoformat(),
            "kind": self.kind,
            "value": format(self.value, "f"),
            "source": self.source,
            **{name: day.isoformat() for name, day in dated.items() if day is not None},
            **({} if self.lead_days is None else {"lead_days": self.lead_days}),
        }


def action_from(given: dict[str, Any]) -> Action:
    """Return the action ``as_json`` wrote."""
    day, value = date.fromisoformat(given["ex_date"]), Decimal(given["value"])
    pay_date, announced = (_day(given.get(name)) for name in ("pay_date", "announced"))
    return Action(
        given["symbol"], day, given["kind"], value, given["source"], pay_date, announced, given.get("lead_days")
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def read_actions(content: bytes, source: str, lead_days: int | None = None) -> list[Action]:
    """Return the actions of a CSV: symbol, ex_date, kind, split_ratio, dividend, perhaps pay_date and announced.

    More columns are passed over. Without an announced day an action counts as known on its ex day, or ``lead_days``
    before it where that is given.

    Raises:
        Refused: ``layout_unknown`` for missing columns, ``wrong_type`` naming the first bad line,
            ``duplicate_action`` for a symbol, day and kind that stand twice.
    """
    try:
        frame = pl.read_csv(content, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise Refused(f"the actions cannot be read: {str(error).splitlines()[0]}", code="file_unreadable") from error
    wanted = ("symbol", "ex_date", "kind", "split_ratio", "dividend")
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise Refused(f"expected columns {', '.join(wanted)}; missing {', '.join(missing)}", code="layout_unknown")
    found = [_action(row, line, source, lead_days) for line, row in enumerate(frame.iter_rows(named=True), 2)]
    keys = set()
    for line, action in enumerate(found, 2):
        key = (action.symbol, action.ex_date, action.kind)
        if key in keys:
            raise Refused(f"{key[0]} has two {key[2]}s on {key[1]} (line {line})", code="duplicate_action", line=line)
        keys.add(key)
    return found


def _action(row: dict[str, Any], line: int, source: str, lead_days: int | None) -> Action:
    kind = row["kind"]
    if kind not in ("split", "dividend"):
        raise Refused(f"expected split or dividend, found {kind!r} in line {line}", code="wrong_type", line=line)
    text = row["split_ratio" if kind == "split" else "dividend"]
    try:
        day, value = date.fromisoformat(row["ex_date"] or ""), Decimal(text or "")
    except (ValueError, InvalidOperation) as error:
        message = f"expected a date and a number, found {row['ex_date']!r} and {text!r} in line {line}"
        raise Refused(message, code="wrong_type", line=line) from error
    if not value.is_finite() or value <= 0:
        raise Refused(f"expected a {kind} above zero, found {text!r} in line {line}", code="wrong_type", line=line)
    return _dated(Action(row["symbol"], day, kind, value, source), row, line, lead_days)


def _dated(action: Action, row: dict[str, Any], line: int, lead_days: int | None) -> Action:
    try:
        pay_date, announced = (_day(row.get(name)) for name in ("pay_date", "announced"))
    except ValueError as error:
        message = f"expected days, found {row.get('pay_date')!r} and {row.get('announced')!r} in line {line}"
        raise Refused(message, code="wrong_type", line=line) from error
    if (announced or action.ex_date) > action.ex_date or (pay_date or action.ex_date) < action.ex_date:
        message = f"expected announced, ex and pay day in this order, found another in line {line}"
        raise Refused(message, code="wrong_type", line=line)
    if announced is None and lead_days is not None:
        lead = timedelta(days=lead_days)
        return replace(action, pay_date=pay_date, announced=action.ex_date - lead, lead_days=lead_days)
    return replace(action, pay_date=pay_date, announced=announced)


def ex_stamp(action: Action, calendar: str, timeframe: Timeframe) -> int:
    """Return the first moment (ns) at which prices trade without what ``action`` gives.

    Bars of a day or longer carry the exchange's date at 00:00; shorter ones turn at midnight of the exchange.
    """
    local = calendar == "XNYS" and timeframe.seconds < Timeframe.D1.seconds
    return stamp_of(datetime.combine(action.ex_date, time(), _NEW_YORK if local else UTC))


def adjusted(bars: Bars, actions: Iterable[Action], calendar: str) -> Bars:
    """Return ``bars`` as if every split had always been and every dividend were kept in the price.

    Prices before an ex day are multiplied by 1 / ratio, or by 1 - dividend / the last close before it;
    volume by the ratio. The bars from the last ex day on stay as they are.

    Raises:
        Refused: ``action_inconsistent`` for a dividend that is not below the price it was paid from.
    Source:
        CRSP Data Descriptions Guide, "Adjusted data": the cumulative factor to adjust price.
    """
    price, shares = factors(bars.stamps, bars.close, bars.timeframe, actions, calendar)
    if price is None:
        return bars
    return replace(
        bars,
        open=bars.open * price,
        high=bars.high * price,
        low=bars.low * price,
        close=bars.close * price,
        volume=None if bars.volume is None else bars.volume * shares,
    )


def factors(
    stamps: StampArray, close: FloatArray, timeframe: Timeframe, actions: Iterable[Action], calendar: str
) -> tuple[FloatArray | None, FloatArray]:
    """Return what each bar's prices and volume are multiplied by; None where no action lies inside the series."""
    placed = [(action, int(np.searchsorted(stamps, ex_stamp(action, calendar, timeframe)))) for action in actions]
    inside = [(action, place) for action, place in placed if 0 < place < len(stamps)]
    if not inside:
        return None, np.ones(0)
    price, shares = np.ones(len(stamps)), np.ones(len(stamps))
    for action, place in inside:
        if action.kind == "split":
            price[place - 1] /= float(action.value)
            shares[place - 1] *= float(action.value)
        else:
            price[place - 1] *= _kept(action, float(close[place - 1]))
    return _backwards(price), _backwards(shares)


def _kept(action: Action, close: float) -> float:
    share = 1.0 - float(action.value) / close
    if share <= 0.0:
        message = f"{action.symbol} paid {action.value} on {action.ex_date}, its last close before was {close:g}"
        raise Refused(message, code="action_inconsistent", symbol=action.symbol)
    return share


def _backwards(steps: FloatArray) -> FloatArray:
    return np.asarray(np.cumprod(steps[::-1])[::-1], dtype=np.float64)


def require_adjusted(bars: Bars, actions: Iterable[Action], calendar: str) -> None:
    """Raise where ``bars`` still move by one of the splits in ``actions`` on its ex day.

    They do where the move to the open of that day is nearer to the split's than to none. A split that moves prices by
    less than 0.2 (log) cannot be told from a day's move and is passed over.

    Raises:
        Refused: ``unadjusted_split`` with symbol, ex day, ratio and the move found.
    """
    for action in actions:
        if action.kind != "split" or abs(math.log(action.value)) < _TOLD_APART:
            continue
        place = int(np.searchsorted(bars.stamps, ex_stamp(action, calendar, bars.timeframe)))
        if not 0 < place < len(bars):
            continue
        ratio = float(bars.close[place - 1] / bars.open[place])
        if abs(math.log(ratio) - math.log(action.value)) < abs(math.log(ratio)):
            message = (
                f"{bars.symbol} was split {action.value.normalize():f} for 1 on {action.ex_date}, and its prices still "
                f"fall to 1/{ratio:.4g} there: adjust them (raw bars sealed with their actions open adjusted)"
            )
            raise Refused(
                message, code="unadjusted_split", symbol=bars.symbol, ex_date=action.ex_date.isoformat(),
                split=format(action.value, "f"), found=ratio,
            )  # fmt: skip


def unexplained_jumps(
    stamps: StampArray, close: FloatArray, timeframe: Timeframe, actions: Sequence[Action], calendar: str
) -> tuple[int, ...]:
    """Return the stamps whose close moved by more than 0.5 (log) once the actions are taken out."""
    price, _ = factors(stamps, close, timeframe, actions, calendar)
    moves = np.abs(np.diff(np.log(close if price is None else close * price)))
    return tuple(int(stamp) for stamp in stamps[1:][moves > JUMP])
