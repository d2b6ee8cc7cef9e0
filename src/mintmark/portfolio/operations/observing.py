"""See what alerts ask about, on one pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from mintmark.data import PackState, Reads, Valuation
from mintmark.domain import MintmarkError, Money, Refused
from mintmark.portfolio.alerts import Condition, Observed
from mintmark.portfolio.context import Actor, Role
from mintmark.portfolio.operations.alert_rows import Alert
from mintmark.portfolio.playbooks import DRAWDOWN, DRAWDOWN_AT_RISK, REGIME
from mintmark.portfolio.question import Question

OVERVIEW: Final = "portfolio_overview"
MACRO: Final = "portfolio_macro_overview"
NEWS: Final = "news_impact_analysis"
MOST_INSTRUMENTS: Final = 5
METRICS: Final[Mapping[str, tuple[str, str]]] = {
    "nav": (OVERVIEW, "valued.nav"),
    "twr": (OVERVIEW, "perf_strip.twr.{window}.twr"),
    "annual_volatility": (OVERVIEW, "perf_strip.annual_volatility.{window}"),
    "sharpe_ratio": (OVERVIEW, "perf_strip.sharpe_ratio"),
    "sortino_ratio": (OVERVIEW, "perf_strip.sortino_ratio"),
    DRAWDOWN: (OVERVIEW, "perf_strip.max_drawdown.depth"),
    "beta": (OVERVIEW, "perf_strip.beta"),
    "tracking_error": (OVERVIEW, "perf_strip.tracking_error"),
    "information_ratio": (OVERVIEW, "perf_strip.information_ratio"),
    DRAWDOWN_AT_RISK: (MACRO, "dar_widget.at_risk"),
}
"""The metrics an alert may watch: the pattern that answers them, and where in its answer they stand."""
WINDOWS: Final[Mapping[str, Mapping[int | None, str]]] = {
    "twr": {None: "ytd", 1: "1d", 252: "1y", 756: "3y", 1260: "5y"},
    "annual_volatility": {None: "252", 30: "30", 90: "90", 252: "252"},
}


class Asks(Protocol):
    """The executor, as far as alerts need it."""

    def __call__(self, actor: Actor, question: Question, request_id: str) -> Mapping[str, Any]: ...


class Observer:
    """Looks at one pack for all alerts of one evaluation; each pattern is asked once for each portfolio."""

    def __init__(self, state: PackState, view: Callable[[Reads], Valuation], ask: Asks) -> None:
        self._state = state
        self._pack = view(Reads())
        self._ask = ask
        self._answers: dict[tuple[str, str], Mapping[str, Any] | str] = {}

    def see(self, alert: Alert) -> tuple[Observed, str | None]:
        """Return what ``alert`` asks about and None, or None and the reason why it is not known."""
        condition = alert.condition
        try:
            return _SEEN[condition.type](self, alert, condition)
        except MintmarkError as error:
            return None, error.code

    def nav(self, alert: Alert) -> Money | None:
        """Return the value of the portfolio of ``alert``, or None where it is not known."""
        found = _at(self._answer(alert, OVERVIEW), "valued.nav")
        return found if isinstance(found, Money) else _money(found)

    def heaviest(self, alert: Alert) -> tuple[str, ...]:
        """Return the symbols that weigh most in the portfolio of ``alert``."""
        held = _at(self._answer(alert, OVERVIEW), "valued.positions")
        if not isinstance(held, Sequence):
            return ()
        sized = [(abs(worth.amount), one["symbol"]) for one in held if (worth := _money(one["value_base"])) is not None]
        return tuple(symbol for _, symbol in sorted(sized, key=lambda one: (-one[0], one[1]))[:MOST_INSTRUMENTS])

    def _metric(self, alert: Alert, condition: Condition) -> tuple[Observed, str | None]:
        if condition.metric not in METRICS:
            return None, "metric_unknown"
        pattern, path = METRICS[condition.metric]
        windows = WINDOWS.get(condition.metric)
        if windows is not None and condition.window not in windows:
            return None, "window_unknown"
        window = "" if windows is None else windows[condition.window]
        return self._number(alert, pattern, path.format(window=window))

    def _rating(self, alert: Alert, condition: Condition) -> tuple[Observed, str | None]:
        answer = self._answer(alert, OVERVIEW)
        badges = _at(answer, "rating_badges.badges")
        for badge in badges if isinstance(badges, Sequence) and not isinstance(badges, str) else ():
            if badge["symbol"] == condition.entity:
                found = badge.get("grade" if condition.metric == "grade" else "rating")
                return (found, None) if isinstance(found, str) and condition.metric == "grade" else _exactly(found)
        return None, answer if isinstance(answer, str) else "rating_missing"

    def _macro(self, alert: Alert, condition: Condition) -> tuple[Observed, str | None]:
        if condition.metric == REGIME:
            answer = self._answer(alert, MACRO)
            found = _at(answer, "regime_card.regime")
            return (
                (found, None)
                if isinstance(found, str)
                else (None, answer if isinstance(answer, str) else "regime_missing")
            )
        values = self._pack.macro(condition.entity).values
        if condition.metric == "level":
            return _exactly(float(values[-1])) if len(values) else (None, "value_missing")
        if condition.metric == "change":
            back = condition.window or 1
            return (
                _exactly(float(values[-1] - values[-1 - back])) if len(values) > back else (None, "history_too_short")
            )
        return None, "metric_unknown"

    def _price(self, _alert: Alert, condition: Condition) -> tuple[Observed, str | None]:
        if condition.metric == "close":
            return self._pack.close(condition.entity).amount, None
        if condition.metric == "return":
            back = condition.window or 1
            days = self._days(back)
            returns = self._pack.total_returns(condition.entity, days)[1:] if len(days) > back else np.array([np.nan])
            grown = float(np.prod(1.0 + returns) - 1.0)
            return (None, "history_too_short") if np.isnan(grown) else _exactly(grown)
        return None, "metric_unknown"

    def _news(self, alert: Alert, condition: Condition) -> tuple[Observed, str | None]:
        if condition.metric == "impact_bps":
            return self._impact(alert, condition.entity)
        if condition.metric != "count":
            return None, "metric_unknown"
        since = self._state.as_of - timedelta(days=condition.window or 1)
        items = self._pack.news([condition.entity])
        return Decimal(sum(one.released > since for one in items)), None

    def _impact(self, alert: Alert, symbol: str) -> tuple[Observed, str | None]:
        """Return the largest effect of a headline about ``symbol``, in basis points of the value."""
        answer = self._answer(alert, NEWS, "trader")
        if isinstance(answer, str):
            return None, answer
        effects = _at(answer, "impact.effects") or ()
        known = [one["impact_bps"] for one in effects if one["symbol"] == symbol and one["impact_bps"] is not None]
        return _exactly(max(known, key=lambda one: abs(Decimal(one)))) if known else (None, "no_news")

    def _days(self, back: int) -> list[date]:
        end = self._state.as_of
        return self._pack.trading_days(end - timedelta(days=2 * back + 10), end)[-back - 1 :]

    def _number(self, alert: Alert, pattern: str, path: str) -> tuple[Observed, str | None]:
        answer = self._answer(alert, pattern)
        if isinstance(answer, str):
            return None, answer
        found = _at(answer, path)
        money = _money(found)
        return _exactly(found if money is None else money.amount)

    def _answer(self, alert: Alert, pattern: str, role: Role = "viewer") -> Mapping[str, Any] | str:
        """Return the result of ``pattern`` over the portfolio of ``alert``, or the code of its refusal."""
        if alert.portfolio_id is None:
            return "portfolio_not_named"
        key = (str(alert.portfolio_id), pattern)
        if key not in self._answers:
            question = Question(
                pattern, portfolio_id=alert.portfolio_id, pack_id=self._state.pack_id, require_fresh=False
            )
            request = str(uuid5(NAMESPACE_URL, f"alerts:{self._state.pack_id}:{alert.portfolio_id}:{pattern}"))
            try:
                self._answers[key] = self._ask(Actor(alert.owner, role), question, request)["result"]
            except Refused as refused:
                self._answers[key] = refused.code
        return self._answers[key]


_SEEN: Mapping[str, Callable[[Observer, Alert, Condition], tuple[Observed, str | None]]] = {
    "macro": Observer._macro,
    "metric": Observer._metric,
    "rating": Observer._rating,
    "price": Observer._price,
    "news": Observer._news,
}


def _at(answer: Any, path: str) -> Any:
    """Return what stands at ``path``, or None."""
    for name in path.split("."):
        if not isinstance(answer, Mapping) or name not in answer:
            return None
        answer = answer[name]
    return answer


def _money(found: Any) -> Money | None:
    if isinstance(found, Money):
        return found
    if isinstance(found, Mapping) and set(found) == {"amount", "currency"}:
        return Money(Decimal(found["amount"]), found["currency"])
    return None


def _exactly(found: Any) -> tuple[Observed, str | None]:
    """Return a number as the shortest Decimal that gives it back."""
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal | str):
        return None, "value_missing"
    try:
        number = Decimal(repr(found) if isinstance(found, float) else str(found))
    except ArithmeticError:
        return None, "value_missing"
    return (number, None) if number.is_finite() else (None, "value_missing")
