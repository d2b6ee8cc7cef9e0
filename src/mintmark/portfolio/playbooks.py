"""What to do when an alert speaks; every one carries its playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final, Literal

from mintmark.domain import Money, plain_decimal
from mintmark.portfolio.alerts import Condition

Severity = Literal["low", "medium", "high", "critical"]
DRAWDOWN_AT_RISK: Final = "drawdown_at_risk"
DRAWDOWN: Final = "max_drawdown"
REGIME: Final = "regime"
_WIDE: Final = Context(prec=50, rounding=ROUND_HALF_EVEN)
_PLACES: Final = Decimal(1).scaleb(-10)
_MOST_REDUCED: Final = Decimal("0.10")
_LIMIT_REDUCED: Final = Decimal("0.15")
_REDUCE_OTHERS: Final = (
    "Hedge with an instrument of the list that falls least with the portfolio",
    "Keep the positions and raise the limit, with the reason written down",
)


@dataclass(frozen=True)
class Playbook:
    """What to do, with what, and how urgent.

    ``notional`` in base; None where nothing is to be traded, or the NAV is not known.
    """

    action: str
    instruments: tuple[str, ...]
    notional: Money | None
    rationale: str
    alternatives: tuple[str, ...]
    severity: Severity

    def as_json(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "instruments": list(self.instruments),
            "notional": None if self.notional is None else _plain(self.notional),
            "rationale": self.rationale,
            "alternatives": list(self.alternatives),
            "severity": self.severity,
        }


def playbook_of(
    condition: Condition,
    observed: Decimal | str,
    *,
    nav: Money | None = None,
    instruments: Sequence[str] = (),
    text: str = "",
) -> Playbook:
    """Return the playbook of ``condition`` that holds of ``observed``.

    ``nav`` of the portfolio and the ``instruments`` that weigh most; ``text`` is what the user wrote.
    """
    named, value = tuple(instruments), condition.value
    is_metric = condition.type == "metric" and isinstance(observed, Decimal) and isinstance(value, Decimal)
    if is_metric and condition.metric == DRAWDOWN_AT_RISK and observed > value:  # type: ignore[operator]
        return _at_risk(Decimal(observed), Decimal(value), nav, named)
    if is_metric and condition.metric == DRAWDOWN:
        return _at_limit(Decimal(observed), Decimal(value), nav, named)
    if condition.type == "macro" and condition.metric == REGIME:
        return _review(f"the regime is {told(observed)}; the alert was set on {condition.told()}", named)
    if condition.type == "rating":
        return _review(f"{condition.entity} is rated {told(observed)}; the alert was set on {condition.told()}", named)
    rationale = f"{condition.told()}: observed {told(observed)}"
    return Playbook(text or "No action was written down", named, None, rationale, (), "low")


def blocked_playbook(step: str, code: str, message: str) -> Playbook:
    """Return what an admin is to do when a night stopped at ``step``."""
    rationale = f"the night stopped at {step} ({code}): {message}"
    again = "Mend what is named, then run `mintmark portfolio nightly` again: it goes on at this step"
    return Playbook(again, (), None, rationale, ("Answer with --allow-warming until then",), "high")


def dead_playbook(queue: str, count: int) -> Playbook:
    """Return what an admin is to do about requests of ``queue`` that were given up."""
    rationale = f"{count} of {queue} failed five times and are tried no more"
    return Playbook("Look at their last error, mend it, then replay them", (), None, rationale, (), "medium")


def suspense_playbook(portfolio: str, entry_id: str, code: str) -> Playbook:
    """Return what an admin is to do about a trade that went against Suspense."""
    rationale = f"booking refused a trade of {portfolio} ({code}); its cash stands against Equity:Suspense"
    action = f"Mend what {code} names, then `mintmark ledger reverse {entry_id}` and post the trade right"
    return Playbook(action, (), None, rationale, (), "critical")


def told(observed: Decimal | str) -> str:
    """Return an observed value as text."""
    return observed if isinstance(observed, str) else plain_decimal(observed)


def _at_risk(observed: Decimal, limit: Decimal, nav: Money | None, instruments: tuple[str, ...]) -> Playbook:
    """Reduce NAV x min(.10, (d - l) / d)."""
    over = _WIDE.divide(_WIDE.subtract(observed, limit), observed)
    rationale = f"drawdown at risk is {plain_decimal(observed)}, the limit is {plain_decimal(limit)}"
    return Playbook("reduce", instruments, _part(nav, min(_MOST_REDUCED, over)), rationale, _REDUCE_OTHERS, "high")


def _at_limit(observed: Decimal, limit: Decimal, nav: Money | None, instruments: tuple[str, ...]) -> Playbook:
    """Reduce 15 % of NAV."""
    rationale = f"the drawdown is {plain_decimal(observed)}, the limit is {plain_decimal(limit)}"
    return Playbook("reduce", instruments, _part(nav, _LIMIT_REDUCED), rationale, _REDUCE_OTHERS, "critical")


def _review(rationale: str, instruments: tuple[str, ...]) -> Playbook:
    others = ("Run policy_rebalance and read what it proposes", "Leave the portfolio as it is")
    return Playbook("review", instruments, None, rationale, others, "medium")


def _part(nav: Money | None, fraction: Decimal) -> Money | None:
    if nav is None or nav.amount <= 0:
        return None
    return Money(_WIDE.multiply(nav.amount, fraction).quantize(_PLACES, context=_WIDE), nav.currency)


def _plain(money: Money) -> dict[str, str]:
    return {"amount": plain_decimal(money.amount), "currency": money.currency}


def title_of(name: str, playbook: Mapping[str, Any]) -> str:
    """Return the one line a notification is known by."""
    return f"[{playbook['severity']}] {name}"
