"""When an alert speaks: its condition, the change from false to true, the cooldown, once a day."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, cast
from uuid import UUID

from mintmark.domain import Refused

Kind = Literal["macro", "metric", "rating", "price", "news"]
Op = Literal[">", ">=", "<", "<=", "==", "!="]
Outcome = Literal["fired", "cooling", "clear", "not_evaluated"]
Observed = Decimal | str | None

KINDS: Final[tuple[Kind, ...]] = ("macro", "metric", "rating", "price", "news")
OPS: Final[tuple[Op, ...]] = (">", ">=", "<", "<=", "==", "!=")
DEFAULT_COOLDOWN_MINUTES: Final = 1440
LEAST_COOLDOWN_MINUTES: Final = 15
MOST_COOLDOWN_MINUTES: Final = 525_600
MOST_WINDOW: Final = 2_520
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Condition:
    """What must hold: ``metric`` of ``entity`` compared with ``value``, a number, or a word for == and !=.

    ``window`` is a number of points, trading days or days, as the metric has it.
    """

    type: Kind
    entity: str
    metric: str
    op: Op
    value: Decimal | str
    window: int | None = None

    def holds(self, observed: Decimal | str) -> bool | None:
        """Return whether it holds of ``observed``; None where a word meets a number, which nobody can compare."""
        if isinstance(observed, str) != isinstance(self.value, str):
            return None
        return _COMPARED[self.op](observed, self.value)

    def as_json(self) -> dict[str, Any]:
        value = self.value if isinstance(self.value, str) else format(self.value, "f")
        same = {name: getattr(self, name) for name in ("type", "entity", "metric", "op", "window")}
        return {**same, "value": value, "value_is": "word" if isinstance(self.value, str) else "number"}

    def told(self) -> str:
        """Return the condition as a line of text."""
        over = "" if self.window is None else f" over {self.window}"
        value = self.value if isinstance(self.value, str) else format(self.value, "f")
        return f"{self.metric} of {self.entity}{over} {self.op} {value}"


def condition_from(stored: Mapping[str, Any]) -> Condition:
    """Return the condition ``as_json`` wrote."""
    value = stored["value"] if stored["value_is"] == "word" else Decimal(stored["value"])
    return Condition(stored["type"], stored["entity"], stored["metric"], stored["op"], value, stored["window"])


def checked_condition(given: Mapping[str, Any]) -> Condition:
    """Return the condition of ``{type, entity, metric, op, value, window}``.

    A value that reads as a number is one.

    Raises:
        Refused: ``alert_invalid`` with field, expected, found.
    """
    _one_of(given, "type", KINDS)
    _one_of(given, "op", OPS)
    entity, metric = _word(given, "entity", 64), _word(given, "metric", 64)
    value = _value(given.get("value"))
    if isinstance(value, str) and given["op"] not in ("==", "!="):
        raise _wrong("op", "== or != beside a word", given["op"])
    window = given.get("window")
    if window is not None and (
        isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= MOST_WINDOW
    ):
        raise _wrong("window", f"a whole number from 1 to {MOST_WINDOW}", window)
    return Condition(cast("Kind", given["type"]), entity, metric, cast("Op", given["op"]), value, window)


def checked_cooldown(minutes: int) -> int:
    """Return ``minutes``; refuses ``alert_invalid`` under 15 and over a year."""
    if not LEAST_COOLDOWN_MINUTES <= minutes <= MOST_COOLDOWN_MINUTES:
        raise _wrong("cooldown_minutes", f"{LEAST_COOLDOWN_MINUTES} to {MOST_COOLDOWN_MINUTES}", minutes)
    return minutes


@dataclass(frozen=True)
class Standing:
    """What an alert remembers: whether it held when last seen, up to which moment it was seen, when it last spoke."""

    held: bool | None = None
    seen: datetime | None = None
    fired: datetime | None = None


@dataclass(frozen=True)
class Judgement:
    """What one look came to; ``reason`` says why there was none."""

    outcome: Outcome
    standing: Standing
    reason: str | None = None


def judge(
    condition: Condition, cooldown_minutes: int, standing: Standing, observed: Observed, moment: datetime
) -> Judgement:
    """Return what comes of seeing ``observed`` at ``moment``.

    Fires when it holds now and did not when last seen, or was never seen; and where it goes on to hold, once the
    cooldown since it last fired is over. A value that is missing, and one of a moment before the last that was
    seen, change nothing.
    """
    if observed is None:
        return Judgement("not_evaluated", standing, "value_missing")
    if standing.seen is not None and moment < standing.seen:
        return Judgement("not_evaluated", standing, "older_than_last")
    holds = condition.holds(observed)
    if holds is None:
        return Judgement("not_evaluated", standing, "word_and_number")
    now = replace(standing, held=holds, seen=moment)
    if not holds:
        return Judgement("clear", now)
    cooled = standing.fired is None or moment - standing.fired >= timedelta(minutes=cooldown_minutes)
    if standing.held is not True or cooled:
        return Judgement("fired", replace(now, fired=moment))
    return Judgement("cooling", now)


def moment_of(day: date) -> datetime:
    """Return the moment a pack of ``day`` is evaluated at: the end of that day in UTC, whenever the work is done."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def notification_key(alert_id: str, user: UUID, day: date) -> str:
    """Return the one key a notification of an alert to a user on a day can have."""
    return hashlib.sha256(f"mintmark.alert.v1\n{alert_id}\n{user}\n{day.isoformat()}".encode()).hexdigest()


def _value(given: Any) -> Decimal | str:
    if isinstance(given, bool | float) or given is None:
        raise _wrong("value", "a number as text, or a word", given)
    if isinstance(given, int | Decimal):
        number = Decimal(given)
    else:
        text = str(given).strip()
        if not text or len(text) > 64 or not text.isprintable():
            raise _wrong("value", "a number as text, or a word of 1 to 64 letters", given)
        try:
            number = Decimal(text)
        except ArithmeticError:
            return text
    if not number.is_finite() or abs(number) >= Decimal(10) ** 20:
        raise _wrong("value", "a finite number", given)
    return number


def _word(given: Mapping[str, Any], name: str, most: int) -> str:
    text = str(given.get(name) or "").strip()
    if not text or len(text) > most or not text.isprintable():
        raise _wrong(name, f"1 to {most} letters", given.get(name))
    return text


def _one_of(given: Mapping[str, Any], name: str, known: tuple[str, ...]) -> None:
    if given.get(name) not in known:
        raise _wrong(name, " ".join(known), given.get(name))


def _wrong(field: str, expected: str, found: Any) -> Refused:
    text = str(found)[:80]
    return Refused(
        f"{field}: expected {expected}, found {text!r}",
        code="alert_invalid",
        field=field,
        expected=expected,
        found=text,
    )
